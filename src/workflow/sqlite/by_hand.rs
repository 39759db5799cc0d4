//! Without threads: whoever waits for an answer does the jobs that wait, its own among them.

use std::fs::File;
use std::sync::{Arc, Mutex, TryLockError};

use rusqlite::Connection;

use super::gate::Gate;
use super::open::Opened;
use super::options::Options;
use super::threads::{Ended, Jobs, Told, Writer, read};
use crate::runtime::yield_now;
use crate::sync::lock;

/// The connections, for whoever needs them next.
pub(super) struct ByHand(Mutex<Option<Inside>>);

struct Inside {
    writer: Writer,
    reader: Option<Connection>,
    reads: Jobs,
    gate: Arc<Gate>,
    claim: File,
    ended: Ended,
}

impl ByHand {
    pub(super) fn new(
        mut opened: Opened,
        options: Options,
        (jobs, reads): (Jobs, Jobs),
        told: Told,
        ended: Ended,
    ) -> Self {
        let (gate, reader) = (Arc::<Gate>::default(), opened.readers.pop());
        let writer = Writer::new(opened.writer, jobs, options, gate.clone(), told);
        let claim = opened.claim;
        Self(Mutex::new(Some(Inside { writer, reader, reads, gate, claim, ended })))
    }

    /// Does all that waits. Jobs must not wait for others: they would wait for themselves.
    fn work(&self) {
        Self::work_in(&mut lock(&self.0));
    }

    fn work_in(inside: &mut Option<Inside>) {
        if let Some(inside) = inside {
            while inside.writer.write_waiting() | inside.read_waiting() {}
        }
    }

    /// The same a last time, and closes the file.
    pub(super) fn end(&self) {
        self.work();
        if let Some(Inside { writer, reader, claim, ended, .. }) = lock(&self.0).take() {
            drop(reader);
            writer.end(Vec::new(), claim);
            drop(ended);
        }
    }
}

/// A job that was sent: it is done at the latest when this is dropped, answered or not. (A job that
/// was left waiting might hold the database, and that the job.)
pub(super) struct Sent(pub(super) Option<Arc<ByHand>>);

impl Sent {
    /// Lets others come first, who may have something for the same group; does what waits; and lets
    /// others come between that and the answer, as they may where threads do it.
    pub(super) async fn turn(&self) {
        if let Some(by_hand) = &self.0 {
            yield_now().await;
            by_hand.work();
            yield_now().await;
        }
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let Some(by_hand) = &self.0 else { return };
        match by_hand.0.try_lock() {
            Ok(mut inside) => ByHand::work_in(&mut inside),
            Err(TryLockError::Poisoned(inside)) => ByHand::work_in(&mut inside.into_inner()),
            // Who works looks once more before it ends: mostly it is this thread, within a job.
            Err(TryLockError::WouldBlock) => {}
        }
    }
}

impl Inside {
    fn read_waiting(&self) -> bool {
        let Some(reader) = &self.reader else { return false };
        let mut any = false;
        while let Ok(job) = self.reads.try_recv() {
            read(reader, job, &self.gate);
            any = true;
        }
        any
    }
}
