//! A snapshot of what a runtime does.

use super::handle::Handle;
use crate::executor::WorkerCounts;

/// A runtime's figures at one moment. Each is right by itself; together they may be moments apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Tasks whose cells are in use: spawned and not completed, or completed while handles or
    /// wakers of them are kept.
    pub tasks_alive: usize,
    /// Tasks that came from outside, or had no room on their worker, and wait for one.
    pub tasks_injected: usize,
    /// Workers that wait on their drivers with nothing to do.
    pub workers_asleep: usize,
    /// What each worker has done.
    pub workers: Vec<WorkerCounts>,
}

impl Handle {
    /// The runtime's figures: a few loads for each worker. Counting costs the workers a plain load
    /// and store an event.
    pub fn metrics(&self) -> Metrics {
        let executor = &self.inside().executor;
        Metrics {
            tasks_alive: executor.slab().tasks_alive(),
            tasks_injected: executor.tasks_injected(),
            workers_asleep: executor.workers_asleep(),
            workers: executor.worker_counts(),
        }
    }
}
