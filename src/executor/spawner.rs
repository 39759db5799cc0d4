//! The ways into one executor, whatever its policy and queues: spawn, wake, be a guest, and its
//! end.

use std::{fmt, time::Duration};

use super::end::{drop_tasks, end};
use super::{
    counters::Metrics, guest, guest::Stay, hooks::PanicPolicy, local::Local, policy::Policy,
    run_queue::RunQueue, run_queue::RunQueues, scheduler::Remote, scheduler::Scheduler,
};
use crate::task::{Colony, JoinError, JoinHandle, Panic, Readied, Schedule, Slab, TaskRef};
use crate::{park::Parker, sync::Ordering};

/// One executor, apart from its threads, with policy and queues out of sight: kept alive by its
/// workers, its handles and its tasks.
pub(crate) trait Spawner: Send + Sync {
    fn slab(&self) -> &Slab;

    fn metrics(&self) -> Metrics;

    fn is_closing(&self) -> bool;

    /// Lets nobody spawn any more, and tells who runs tasks to end after the one each is running.
    fn close(&self);

    /// Drops the tasks that a spawn from outside added after the others were dropped.
    fn drop_late_tasks(&self);

    /// After [`Spawner::close`]: waits until all tasks have ended, at most for `timeout`. Whether
    /// they have. A thread that runs tasks of this executor does not wait.
    fn wait_ended(&self, timeout: Option<Duration>) -> bool;

    /// Polls `root`, and again whenever the parker was unparked, until it is ready (`true`); runs
    /// the tasks that become ready on this thread meanwhile, until there is nothing to do.
    fn lodge(&self, root: &mut dyn FnMut() -> bool, parker: &mut Parker) -> Stay;
}

/// Why [`Handle::try_spawn`](crate::runtime::Handle::try_spawn) started no task; with the future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySpawnError<F> {
    /// `tasks_max` tasks are alive.
    Full(F),
    /// The runtime is shutting down, or has shut down.
    Shutdown(F),
}

impl<F> TrySpawnError<F> {
    /// The future that was not started.
    pub fn into_inner(self) -> F {
        match self {
            Self::Full(future) | Self::Shutdown(future) => future,
        }
    }

    fn why(&self) -> JoinError {
        match self {
            Self::Full(_) => JoinError::Full,
            Self::Shutdown(_) => JoinError::Shutdown,
        }
    }

    /// A handle that resolves to the error. Drops the future, which may come back here.
    pub(crate) fn into_handle<T>(self) -> JoinHandle<T> {
        JoinHandle::failed(self.why())
    }
}

impl<F> fmt::Debug for TrySpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why().fmt(f)
    }
}

impl<F> fmt::Display for TrySpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.why(), f)
    }
}

impl<F> std::error::Error for TrySpawnError<F> {}

/// Starts a task, from any thread; refused at `tasks_max` tasks, and while shutting down.
#[inline]
pub(crate) fn spawn<F>(
    executor: &dyn Spawner,
    future: F,
) -> Result<JoinHandle<F::Output>, TrySpawnError<F>>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let slab = executor.slab();
    if executor.is_closing() {
        return Err(TrySpawnError::Shutdown(future));
    }
    let (task, handle) = slab.spawn(future).map_err(TrySpawnError::Full)?;
    slab.schedule(task, Readied::Spawned);
    // From outside, `schedule` has fenced: [idle.pushed]. Either the closing thread's walk, which
    // comes after its fence, sees the task, or this thread sees that the executor is closed.
    if executor.is_closing() {
        executor.drop_late_tasks();
    }
    Ok(handle)
}

impl<P: Policy, Q: RunQueues> Spawner for Colony<Scheduler<P, Q>> {
    fn slab(&self) -> &Slab {
        self.slab()
    }

    fn metrics(&self) -> Metrics {
        let queued = |remote: &Remote<Q>| remote.queue.len() + usize::from(!remote.lifo.is_empty());
        let workers = self.remotes[..self.workers()].iter();
        Metrics {
            tasks_alive: self.slab().tasks_alive(),
            tasks_injected: self.injectors.iter().map(RunQueue::len).sum(),
            workers_asleep: self.idle.sleeping(),
            workers: workers.map(|remote| remote.counters.read(queued(remote))).collect(),
        }
    }

    fn is_closing(&self) -> bool {
        self.presence.is_closed()
    }

    fn close(&self) {
        if Scheduler::close(self) {
            end(self);
        }
    }

    fn drop_late_tasks(&self) {
        if self.drained.load(Ordering::Relaxed) {
            drop_tasks(self);
        }
    }

    fn wait_ended(&self, timeout: Option<Duration>) -> bool {
        if Local::<P, Q>::of(self).is_some() {
            return false;
        }
        let (ending, timeout) = (self.ending(), timeout.unwrap_or(Duration::MAX));
        let waited = self.ended.wait_timeout_while(ending, timeout, |ending| !ending.ended);
        waited.is_ok_and(|(ending, _)| ending.ended)
    }

    fn lodge(&self, root: &mut dyn FnMut() -> bool, parker: &mut Parker) -> Stay {
        guest::stay(self, root, parker)
    }
}

impl<P: Policy, Q: RunQueues> Schedule for Scheduler<P, Q> {
    #[inline]
    fn schedule(&self, task: TaskRef, readied: Readied) {
        match Local::of(self) {
            Some(local) => local.accept(task, readied),
            None => self.inject(task, readied == Readied::Spawned),
        }
    }

    fn panicked(&self, panic: &Panic) {
        if self.hooks.panic_policy == PanicPolicy::ShutDown {
            // Whoever ran the task is in, and ends the others when it leaves.
            let _nobody_is_in = self.close();
        }
        if let Some(on_panic) = &self.hooks.on_panic {
            on_panic(panic);
        }
    }
}
