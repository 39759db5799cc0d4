//! The ways into one executor: spawn and wake; and its end.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::counters::WorkerCounts;
use super::driver::Notify;
use super::local::Local;
use super::queues::Queues;
use crate::sync::{AtomicBool, Ordering, fence};
use crate::task::{Colony, JoinError, JoinHandle, Readied, Schedule, TaskRef};

/// One executor, apart from its threads: kept alive by its workers, its handles and its tasks.
pub(crate) type Executor = Colony<Spawner>;

/// What stands beside the executor's slab of tasks.
pub(crate) struct Spawner {
    pub(super) queues: Queues,
    closing: AtomicBool,
    drained: AtomicBool,
    walking: Mutex<()>,
}

/// A future that was not started. It is the caller's to drop, since its drop may come back here.
pub(crate) struct Refused<F> {
    future: F,
    error: JoinError,
}

impl<F: Future> Refused<F> {
    /// A handle that resolves to the error.
    pub(crate) fn into_handle(self) -> JoinHandle<F::Output> {
        drop(self.future);
        JoinHandle::failed(self.error)
    }
}

impl Spawner {
    /// An executor whose workers are notified by `notifiers`.
    pub(crate) fn executor(tasks_max: usize, notifiers: Vec<Arc<dyn Notify>>) -> Executor {
        let workers = notifiers.len();
        let spawner = Self {
            queues: Queues::new(tasks_max, notifiers),
            closing: AtomicBool::new(false),
            drained: AtomicBool::new(false),
            walking: Mutex::new(()),
        };
        Colony::new(tasks_max, workers, spawner)
    }

    /// What each worker has done so far.
    pub(crate) fn worker_counts(&self) -> Vec<WorkerCounts> {
        self.queues
            .workers
            .iter()
            .map(|worker| worker.counters.read())
            .collect()
    }

    /// How many workers wait on their drivers with nothing to do.
    pub(crate) fn workers_asleep(&self) -> usize {
        self.queues.idle.sleeping()
    }

    /// Whether the executor is shutting down or has shut down.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Tells the workers to end after the task each is running.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        for worker in &self.queues.workers {
            worker.notifier.notify();
        }
    }

    /// After a task was published: whether the workers are gone and it must be dropped here.
    fn is_drained(&self) -> bool {
        // [executor.spawned] pairs with [executor.drained]: either the walk sees the task, or this
        // thread sees that the walk has begun.
        fence(Ordering::SeqCst);
        self.drained.load(Ordering::Relaxed)
    }
}

impl Executor {
    /// Starts a task, from any thread; refused at `tasks_max` tasks, and while shutting down.
    pub(crate) fn spawn<F>(&self, future: F) -> Result<JoinHandle<F::Output>, Refused<F>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        if self.is_closing() {
            return Err(Refused {
                future,
                error: JoinError::Shutdown,
            });
        }
        let (task, handle) = self.slab().spawn(future).map_err(|future| Refused {
            future,
            error: JoinError::Full,
        })?;
        match Local::of(&self.queues) {
            Some(local) => local.accept(&self.queues, task, Readied::Spawned),
            None if self.is_drained() => self.drop_tasks(),
            None => self.queues.inject(task),
        }
        Ok(handle)
    }

    /// Ends the tasks that are left. The workers have ended.
    pub(super) fn drain(&self) {
        self.drained.store(true, Ordering::Relaxed);
        // [executor.drained] pairs with [executor.spawned]: either this walk sees a task that is
        // being spawned, or its spawner sees the flag and walks itself.
        fence(Ordering::SeqCst);
        self.drop_tasks();
    }

    fn drop_tasks(&self) {
        let _walking = self.walking.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the workers have ended, and the lock keeps other walks away.
        unsafe { self.slab().shut_down_all() };
    }
}

impl Schedule for Spawner {
    fn schedule(&self, task: TaskRef, readied: Readied) {
        match Local::of(&self.queues) {
            Some(local) => local.accept(&self.queues, task, readied),
            None => self.queues.inject(task),
        }
    }
}
