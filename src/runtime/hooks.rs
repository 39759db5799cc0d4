//! What the embedder wants done at the beginning and the end of each worker thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use crate::sync::discard;

/// Called with a worker's number.
pub(super) type Hook = Arc<dyn Fn(usize) + Send + Sync>;

/// A worker whose start hook has returned, or panicked.
pub(super) type Started = Result<(), usize>;

#[derive(Clone, Default)]
pub(super) struct Hooks {
    pub(super) start: Option<Hook>,
    pub(super) stop: Option<Hook>,
}

impl Hooks {
    /// Runs `work` between the hooks; not at all when the first one panics.
    pub(super) fn around(&self, worker: usize, said: &Sender<Started>, work: &mut dyn FnMut()) {
        if let Some(start) = &self.start {
            // A hook that panicked is not called again, and the runtime ends.
            let started = if discard(|| start(worker)) { Ok(()) } else { Err(worker) };
            // Nobody listens when another worker could not be started.
            let _heard = said.send(started);
            if started.is_err() {
                return;
            }
        }
        work();
        if let Some(stop) = &self.stop {
            // Told by the panic hook; there is nothing left to stop.
            discard(|| stop(worker));
        }
    }

    /// Waits until each start hook has returned; the worker whose hook panicked, if one did.
    pub(super) fn wait_started(&self, workers: usize, said: &Receiver<Started>) -> Started {
        let hooked = if self.start.is_some() { workers } else { 0 };
        said.iter().take(hooked).collect()
    }
}
