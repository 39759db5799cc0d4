//! A snapshot of what a runtime does.

use super::handle::Handle;
use crate::executor::WorkerCounts;

/// A runtime's figures at one moment. Each is right by itself; together they may be moments apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Tasks that take a place of `tasks_max`: from spawn until they have completed and their
    /// handles and wakers are gone.
    pub tasks_alive: usize,
    /// Workers that wait on their drivers with nothing to do.
    pub workers_asleep: usize,
    /// What each worker has done.
    pub workers: Vec<WorkerCounts>,
}

impl Handle {
    /// The runtime's figures.
    pub fn metrics(&self) -> Metrics {
        let spawner = &self.inside().spawner;
        Metrics {
            tasks_alive: spawner.slab().tasks_alive(),
            workers_asleep: spawner.workers_asleep(),
            workers: spawner.worker_counts(),
        }
    }
}
