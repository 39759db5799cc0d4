//! What only the worker's own thread touches: the LIFO slot, and the way by which pushes made on it
//! stay on it.

use std::cell::Cell;
use std::ptr;

use super::queues::Queues;
use crate::task::{Readied, TaskRef};

/// How many tasks in a row may come from the LIFO slot, so that two tasks that wake each other do
/// not starve the ring.
const LIFO_RUN_MAX: u32 = 16;

thread_local! {
    static CURRENT: Cell<*const Local> = const { Cell::new(ptr::null()) };
}

/// The thread-bound part of one worker.
pub(super) struct Local {
    queues: *const Queues,
    worker: usize,
    lifo: Cell<Option<TaskRef>>,
    lifo_run: Cell<u32>,
    dispatching: Cell<bool>,
}

impl Local {
    pub(super) fn new(queues: &Queues, worker: usize) -> Self {
        Self {
            queues,
            worker,
            lifo: Cell::new(None),
            lifo_run: Cell::new(0),
            dispatching: Cell::new(false),
        }
    }

    /// Runs `work` with this as the thread's worker.
    pub(super) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.set(ptr::null());
            }
        }
        CURRENT.set(self);
        let _leave = Leave;
        work()
    }

    /// The calling thread's worker, if it is one of `queues`'s. Valid for the length of a call made
    /// by a task or a driver on this thread, since `enter` outlives both.
    #[inline]
    pub(super) fn of(queues: &Queues) -> Option<&Self> {
        let local = CURRENT.get();
        // SAFETY: the pointer is set for the length of `enter`, on this thread, and `Local` is not
        // `Sync`, so that the reference stays on the thread.
        let local = unsafe { local.as_ref() }?;
        ptr::eq(local.queues, queues).then_some(local)
    }

    /// Takes a task that became ready on this worker. No other is woken for it: see `monitor`.
    #[inline]
    pub(super) fn accept(&self, queues: &Queues, task: TaskRef, readied: Readied) {
        match readied {
            Readied::Woken if !self.dispatching.get() => {
                if let Some(displaced) = self.lifo.replace(Some(task)) {
                    queues.push_worker(self.worker, displaced);
                }
            }
            Readied::Woken | Readied::Spawned | Readied::Yielded => {
                queues.push_worker(self.worker, task);
            }
        }
    }

    /// Runs `dispatch`, whose wakes all land in the ring, in the order of the events.
    pub(super) fn dispatch(&self, dispatch: impl FnOnce()) {
        self.dispatching.set(true);
        dispatch();
        self.dispatching.set(false);
    }

    /// The next task of this worker's own: the LIFO slot first, within its bound.
    pub(super) fn next(&self, queues: &Queues) -> Option<TaskRef> {
        let remote = &queues.workers[self.worker];
        if self.lifo_run.get() < LIFO_RUN_MAX
            && let Some(task) = self.lifo.take()
        {
            self.lifo_run.set(self.lifo_run.get() + 1);
            remote.counters.lifo_hits.add(1);
            return Some(task);
        }
        self.lifo_run.set(0);
        remote.ring.pop().or_else(|| self.lifo.take())
    }
}
