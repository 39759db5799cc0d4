//! What each worker counts. One writer each, so that counting is a load and a store, not a
//! read-modify-write.

use crate::sync::{AtomicU64, Ordering};

/// One event's counter: written by its worker alone, read by anybody.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(super) fn add(&self, count: u64) {
        self.0
            .store(self.0.load(Ordering::Relaxed) + count, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) polls: Counter,
    pub(super) lifo_hits: Counter,
    pub(super) stolen: Counter,
    pub(super) sleeps: Counter,
}

/// What one worker has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerCounts {
    /// Tasks run (one poll each).
    pub polls: u64,
    /// Tasks run straight from the LIFO slot.
    pub lifo_hits: u64,
    /// Tasks taken from other workers.
    pub stolen: u64,
    /// Times the worker went to wait on its driver with nothing to do.
    pub sleeps: u64,
}

impl Counters {
    pub(super) fn read(&self) -> WorkerCounts {
        WorkerCounts {
            polls: self.polls.get(),
            lifo_hits: self.lifo_hits.get(),
            stolen: self.stolen.get(),
            sleeps: self.sleeps.get(),
        }
    }
}
