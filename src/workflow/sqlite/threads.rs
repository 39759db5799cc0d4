//! The threads that own the connections: one writes, some read.

use std::fs::File;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{io, mem};

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::Fault;
use super::gate::Gate;
use super::group;
use super::job::Job;
use super::open::Opened;
use super::options::Options;
use super::stats::Stats;
use crate::channel::{Receiver, Sender};
use crate::sync::lock;

/// A write-ahead log of so many times `checkpoint_pages` keeps new readers out until it is copied.
const LONG: u64 = 4;

/// What tells that the threads have ended: it closes with its last sender.
pub(super) type Ended = Sender<()>;

pub(super) type Jobs = Receiver<Box<dyn Job>>;

/// Looks at the database after a transaction; whether it wants to go on looking.
pub(super) type Look = Box<dyn Fn(&Connection) -> bool + Send>;

pub(super) type Lookers = Arc<Mutex<Vec<Look>>>;

/// What the writer tells of what it does.
pub(super) struct Told {
    pub(super) stats: Arc<Mutex<Stats>>,
    pub(super) lookers: Lookers,
}

/// Starts the threads. They end when both channels are closed and what was accepted is done.
pub(super) fn start(
    opened: Opened,
    options: Options,
    (jobs, reads): (Jobs, Jobs),
    told: Told,
    ended: Ended,
) -> io::Result<()> {
    let gate = Arc::new(Gate::default());
    let mut readers = Vec::new();
    for conn in opened.readers {
        let (reads, gate) = (reads.clone(), gate.clone());
        let thread = thread::Builder::new().name("windlass-read".to_owned());
        readers.push(thread.spawn(move || read_all(&conn, &reads, &gate))?);
    }
    let (conn, claim) = (opened.writer, opened.claim);
    let mut writer = Writer::new(conn, jobs, options, gate, told);
    let thread = thread::Builder::new().name("windlass-write".to_owned());
    thread.spawn(move || {
        writer.write_all();
        writer.end(readers, claim);
        drop(ended);
    })?;
    Ok(())
}

/// Reads until the channel is closed and empty: each job on one state of the database.
fn read_all(conn: &Connection, reads: &Jobs, gate: &Gate) {
    while let Ok(job) = reads.recv_blocking() {
        read(conn, job, gate);
    }
}

/// Reads, and answers.
pub(super) fn read(conn: &Connection, mut job: Box<dyn Job>, gate: &Gate) {
    let fate: Result<(), Fault> = gate.reading(|| {
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)?;
        // There is nothing to keep.
        let _ = job.run(&tx);
        Ok(())
    });
    job.answer(fate.as_ref().copied());
}

/// Who has the connection that writes.
pub(super) struct Writer {
    conn: Connection,
    jobs: Jobs,
    options: Options,
    gate: Arc<Gate>,
    stats: Arc<Mutex<Stats>>,
    lookers: Lookers,
}

impl Writer {
    pub(super) fn new(
        mut conn: Connection,
        jobs: Jobs,
        options: Options,
        gate: Arc<Gate>,
        Told { stats, lookers }: Told,
    ) -> Self {
        let own = stats.clone();
        let pages = move |_: &mut Wal, pages: i32| {
            lock(&own).wal_pages = u64::try_from(pages).unwrap_or(0);
            Ok(())
        };
        // Without the hook no checkpoint would be due: then SQLite makes its own.
        if conn.wal_hook(Some(pages)).is_err() {
            let pages = options.checkpoint_pages as i64;
            let _ = conn.pragma_update(None, "wal_autocheckpoint", pages);
        }
        Self { conn, jobs, options, gate, stats, lookers }
    }

    /// Writes until the channel is closed and empty.
    fn write_all(&mut self) {
        let mut group = Vec::new();
        while self.gather(&mut group) {
            self.write(&mut group);
        }
    }

    /// Writes those that wait now, one group after the other. Whether there were any.
    pub(super) fn write_waiting(&mut self) -> bool {
        let (mut group, max) = (Vec::new(), self.options.group_max.max(1));
        let mut any = false;
        while self.jobs.try_recv_many(&mut group, max).is_ok() {
            self.write(&mut group);
            any = true;
        }
        any
    }

    /// Writes a group, and answers.
    fn write(&mut self, group: &mut Vec<Box<dyn Job>>) {
        let fate = group::commit(&self.conn, group);
        self.count(group.len() as u64, &fate);
        lock(&self.lookers).retain(|look| look(&self.conn));
        for job in mem::take(group) {
            job.answer(fate.as_ref().map(|_| ()));
        }
        self.checkpoint();
    }

    /// Takes the jobs of the next group. `false`: none will come.
    fn gather(&self, group: &mut Vec<Box<dyn Job>>) -> bool {
        let max = self.options.group_max.max(1);
        if self.jobs.recv_many_blocking(group, max).is_err() {
            return false;
        }
        let begun = Instant::now();
        while group.len() < max {
            let left = self.options.group_wait.saturating_sub(begun.elapsed());
            if left.is_zero() {
                break;
            }
            let Ok(job) = self.jobs.recv_timeout(left) else { break };
            group.push(job);
        }
        true
    }

    fn count(&self, jobs: u64, fate: &Result<u64, Fault>) {
        let mut stats = lock(&self.stats);
        stats.largest_group = stats.largest_group.max(jobs);
        let kept = fate.as_ref().copied().unwrap_or(0);
        stats.jobs += kept;
        stats.jobs_failed += jobs - kept;
        match fate {
            Ok(_) => stats.groups += 1,
            Err(_) => stats.groups_failed += 1,
        }
    }

    /// Keeps the log bounded. What was answered is in the log and synced already, so a checkpoint
    /// that fails loses nothing; the next commit brings the next try.
    fn checkpoint(&self) {
        let pages = lock(&self.stats).wal_pages;
        let due = self.options.checkpoint_pages.max(1) as u64;
        if pages < due {
            return;
        }
        let run = |mode| self.conn.wal_checkpoint_v2(None::<&str>, mode);
        let done = if pages < due.saturating_mul(LONG) {
            run(CheckpointMode::PASSIVE)
        } else {
            self.gate.alone(|| run(CheckpointMode::RESTART))
        };
        let is_whole = done.is_ok_and(|(log, copied)| log == copied);
        let mut stats = lock(&self.stats);
        stats.checkpoints += 1;
        stats.checkpoints_cut_short += u64::from(!is_whole);
    }

    /// Leaves one whole file behind.
    pub(super) fn end(self, readers: Vec<JoinHandle<()>>, claim: File) {
        for reader in readers {
            // One that panicked has ended, too.
            drop(reader.join());
        }
        let _ = self.conn.wal_checkpoint_v2(None::<&str>, CheckpointMode::TRUNCATE);
        drop(self.conn.close());
        drop(claim);
    }
}
