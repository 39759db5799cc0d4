//! The queues of one executor, and whom a push wakes.

use std::sync::Arc;

use crossbeam_utils::CachePadded;

use super::counters::Counters;
use super::driver::Notify;
use super::idle::Idle;
use crate::ring::Ring;
use crate::task::TaskRef;

/// How many tasks a worker's own ring holds; more go to the injector.
const RUN_RING_CAPACITY: usize = 256;

/// What the others see of one worker.
pub(super) struct Remote {
    pub(super) ring: Ring<TaskRef>,
    pub(super) notifier: Arc<dyn Notify>,
    pub(super) counters: CachePadded<Counters>,
}

/// The injector, each worker's ring, and who sleeps.
pub(super) struct Queues {
    pub(super) injector: Ring<TaskRef>,
    pub(super) workers: Box<[Remote]>,
    pub(super) idle: Idle,
}

impl Queues {
    pub(super) fn new(tasks_max: usize, notifiers: Vec<Arc<dyn Notify>>) -> Self {
        let remote = |notifier| Remote {
            ring: Ring::new(RUN_RING_CAPACITY),
            notifier,
            counters: CachePadded::default(),
        };
        Self {
            injector: Ring::new(tasks_max),
            workers: notifiers.into_iter().map(remote).collect(),
            idle: Idle::new(),
        }
    }

    /// Puts a task where any worker takes it, and sees to it that one does.
    pub(super) fn inject(&self, task: TaskRef) {
        self.push_injector(task);
        self.wake_worker();
    }

    /// Into a worker's ring, or the injector when that is full.
    pub(super) fn push_worker(&self, worker: usize, task: TaskRef) {
        if let Err(full) = self.workers[worker].ring.push(task) {
            self.push_injector(full.into_value());
        }
    }

    /// Wakes a sleeping worker, unless one is searching already.
    pub(super) fn wake_worker(&self) {
        if let Some(worker) = self.idle.claim() {
            self.workers[worker].notifier.notify();
        }
    }

    /// The injector has room for every task there is.
    fn push_injector(&self, task: TaskRef) {
        let pushed = self.injector.push(task);
        assert!(
            pushed.is_ok(),
            "the injector holds {} tasks and is full",
            self.injector.capacity()
        );
    }
}
