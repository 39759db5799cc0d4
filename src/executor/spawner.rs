//! The ways into one executor: spawn and wake; and its end.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use super::counters::WorkerCounts;
use super::driver::Notify;
use super::local::Local;
use super::queues::Queues;
use crate::sync::{AtomicBool, Ordering, fence};
use crate::task::{self, Index, JoinError, JoinHandle, Readied, Registry, Schedule, TaskRef};

/// One executor, apart from its threads: kept alive by its workers, its handles and its tasks.
pub(crate) struct Spawner {
    pub(super) queues: Queues,
    registry: Registry,
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
    pub(crate) fn new(tasks_max: usize, notifiers: Vec<Arc<dyn Notify>>) -> Self {
        Self {
            queues: Queues::new(tasks_max, notifiers),
            registry: Registry::new(tasks_max),
            closing: AtomicBool::new(false),
            drained: AtomicBool::new(false),
            walking: Mutex::new(()),
        }
    }

    /// Starts a task, from any thread; refused at `tasks_max` tasks, and while shutting down.
    pub(crate) fn spawn<F>(self: &Arc<Self>, future: F) -> Result<JoinHandle<F::Output>, Refused<F>>
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
        let Some(index) = self.registry.acquire() else {
            return Err(Refused {
                future,
                error: JoinError::Full,
            });
        };
        let (task, handle) = task::spawn(future, self.clone(), index);
        self.registry.publish(index, task);
        match Local::of(&self.queues) {
            Some(local) => local.accept(&self.queues, task, Readied::Spawned),
            None if self.is_drained() => self.drop_tasks(),
            None => self.queues.inject(task),
        }
        Ok(handle)
    }

    /// The number of tasks that are spawned and not completed; looks at every place of the registry
    /// that was ever used.
    pub(crate) fn tasks_alive(&self) -> usize {
        self.registry.len()
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
        self.registry.walk(|task| {
            // SAFETY: a task in the registry has not completed, so its executor's reference keeps
            // it alive. The workers have ended, and the lock keeps other walks away: nobody else
            // runs or ends tasks.
            unsafe { task.shut_down() };
        });
    }
}

impl Schedule for Spawner {
    fn schedule(&self, task: TaskRef, readied: Readied) {
        match Local::of(&self.queues) {
            Some(local) => local.accept(&self.queues, task, readied),
            None => self.queues.inject(task),
        }
    }

    fn release(&self, index: Index) {
        self.registry.release(index);
    }
}
