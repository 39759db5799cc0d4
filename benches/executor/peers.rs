//! The runtimes behind a few traits, so that each workload is written once.

#[path = "peers/coroutines.rs"]
mod coroutines;
#[path = "peers/one_thread.rs"]
mod one_thread;
#[path = "peers/subject.rs"]
mod subject;
#[path = "peers/workers.rs"]
mod workers;

use std::future::Future;
use std::time::Duration;

use windlass_benches::{Batch, Group, Role, Sample, Window};

use crate::latch::Latch;

pub(crate) use coroutines::May;
pub(crate) use one_thread::{Compio, Glommio, Monoio, TokioOneThread};
pub(crate) use subject::{Defaults, Setting, Windlass};
pub(crate) use workers::{AsyncExecutor, FuturesPool, Plain, Static, Tokio};

/// Worker threads of each runtime that has any.
pub(crate) const WORKERS: usize = 2;

/// The names that claims are made against.
pub(crate) const TOKIO: &str = <Tokio as Executor>::NAME;
pub(crate) const ASYNC_EXECUTOR: &str = <AsyncExecutor<Static> as Executor>::NAME;
pub(crate) const FUTURES: &str = <FuturesPool as Executor>::NAME;
pub(crate) const MAY: &str = <May as Executor>::NAME;
pub(crate) const MONOIO: &str = <Monoio as Executor>::NAME;
pub(crate) const GLOMMIO: &str = <Glommio as Executor>::NAME;
/// The blocking way.
pub(crate) const THREADS: &str = "OS threads";

/// A running runtime.
pub(crate) trait Executor: Sized + 'static {
    const NAME: &'static str;
    const ROLE: Role = Role::Peer;
    /// Tasks run on the thread that waits for them, and start others there only.
    const ONE_THREAD: bool = true;
    /// What a task starts others with.
    type Spawner: Spawner;
    /// What a thread outside starts tasks with; where there is one thread, as a task does.
    type Starter: Spawner;

    /// With so many workers, where it has any.
    fn start(workers: usize) -> Result<Self, String>;

    fn spawner(&self) -> Self::Spawner;

    fn starter(&self) -> Self::Starter;

    /// Waits for `future` on the calling thread.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Runs `start` on a thread outside (the only one, where there is no other), and returns what
    /// `latch` measured.
    fn started(
        &self,
        start: impl FnOnce(&Self::Starter),
        latch: &'static Latch,
    ) -> Result<Duration, String> {
        let starter = self.starter();
        if Self::ONE_THREAD {
            return self.block_on(async {
                start(&starter);
                latch.ended().await
            });
        }
        start(&starter);
        latch.wait()
    }

    /// Runs `root` as a task on a worker (on the only thread, where there is no other), and returns
    /// what `latch` measured.
    fn inside(
        &self,
        root: impl Future<Output = ()> + Send + 'static,
        latch: &'static Latch,
    ) -> Result<Duration, String> {
        if Self::ONE_THREAD {
            return self.block_on(async move {
                root.await;
                latch.ended().await
            });
        }
        self.starter().detach(root);
        latch.wait()
    }
}

/// A runtime with threads of its own, which take tasks from others.
pub(crate) trait Workers: Executor {}

/// A runtime with timers.
pub(crate) trait Clocked: Executor {
    /// As [`Executor::start`], with timers at work.
    fn start_clocked(workers: usize) -> Result<Self, String> {
        Self::start(workers)
    }

    /// The runtime's own; called in a task.
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send;
}

/// Starts tasks.
pub(crate) trait Spawner: Clone + Send + 'static {
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static);

    /// The output; the task is started at once.
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send;

    /// The runtime's own, where it has one.
    fn yield_now() -> impl Future<Output = ()> + Send {
        futures_lite::future::yield_now()
    }
}

/// A workload whose tasks are started by tasks, for all runtimes.
pub(crate) trait Workload: Copy + 'static {
    /// Does `ops` operations and checks that they were done.
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String>;
}

/// A workload that a thread outside brings in.
pub(crate) trait FromOutside: Copy + 'static {
    /// Does `ops` operations and checks that they were done.
    fn run<E: Workers>(self, executor: &E, ops: u64) -> Result<Batch, String>;
}

/// Measures a window of time, beside or from outside.
pub(crate) trait Probe: Copy + 'static {
    fn run<E: Workers>(self, executor: &E, window: &Window) -> Result<Sample, String>;
}

/// Adds windlass and all its peers, each on a runtime of its own that lives as long as the group.
pub(crate) fn everyone(group: &mut Group<'_>, workload: impl Workload) {
    futures(group, workload);
    one::<May>(group, workload);
}

/// Adds those of them whose tasks have no stacks.
pub(crate) fn futures(group: &mut Group<'_>, workload: impl Workload) {
    one::<Windlass>(group, workload);
    one::<Tokio>(group, workload);
    one::<AsyncExecutor<Static>>(group, workload);
    one::<AsyncExecutor<Plain>>(group, workload);
    one::<FuturesPool>(group, workload);
    one::<TokioOneThread>(group, workload);
    one::<Monoio>(group, workload);
    one::<Glommio>(group, workload);
    one::<Compio>(group, workload);
}

/// Adds one.
pub(crate) fn one<E: Executor>(group: &mut Group<'_>, workload: impl Workload) {
    named::<E>(group, E::NAME, WORKERS, workload);
}

/// Adds one under another name, with so many workers.
pub(crate) fn named<E: Executor>(
    group: &mut Group<'_>,
    name: &str,
    workers: usize,
    workload: impl Workload,
) {
    match E::start(workers) {
        Ok(executor) => group.checked(name, E::ROLE, move |ops| workload.run(&executor, ops)),
        Err(message) => group.broken(name, E::ROLE, &message),
    };
}

/// Adds those that take tasks from outside.
pub(crate) fn from_outside(group: &mut Group<'_>, workload: impl FromOutside) {
    outside_futures(group, workload);
    outside_one::<May>(group, workload);
}

/// Adds those of them whose tasks have no stacks.
pub(crate) fn outside_futures(group: &mut Group<'_>, workload: impl FromOutside) {
    outside_fair(group, workload);
    outside_one::<FuturesPool>(group, workload);
}

/// Adds those of them that give each task a turn: see [`UNFAIR`].
pub(crate) fn outside_fair(group: &mut Group<'_>, workload: impl FromOutside) {
    outside_one::<Windlass>(group, workload);
    outside_one::<Tokio>(group, workload);
    outside_one::<AsyncExecutor<Static>>(group, workload);
    outside_one::<AsyncExecutor<Plain>>(group, workload);
}

/// Who is left out beside tasks that are always ready, and why.
pub(crate) const UNFAIR: &str = "futures ThreadPool polls a task that woke itself again at once, \
                                 and may goes on with a coroutine that yields: a worker so kept \
                                 busy takes nothing else, and what waits for it waits for ever \
                                 (tried, for 30 s).";

/// Adds one of them.
pub(crate) fn outside_one<E: Workers>(group: &mut Group<'_>, workload: impl FromOutside) {
    match E::start(WORKERS) {
        Ok(executor) => group.checked(E::NAME, E::ROLE, move |ops| workload.run(&executor, ops)),
        Err(message) => group.broken(E::NAME, E::ROLE, &message),
    };
}

/// Adds those that take tasks from outside, to be probed.
pub(crate) fn probed(group: &mut Group<'_>, probe: impl Probe) {
    probed_futures(group, probe);
    probe_one::<May>(group, probe);
}

/// Adds those of them whose tasks have no stacks.
pub(crate) fn probed_futures(group: &mut Group<'_>, probe: impl Probe) {
    probed_fair(group, probe);
    probe_one::<FuturesPool>(group, probe);
}

/// Adds those of them that give each task a turn: see [`UNFAIR`].
pub(crate) fn probed_fair(group: &mut Group<'_>, probe: impl Probe) {
    probe_one::<Windlass>(group, probe);
    probe_one::<Tokio>(group, probe);
    probe_one::<AsyncExecutor<Static>>(group, probe);
    probe_one::<AsyncExecutor<Plain>>(group, probe);
}

fn probe_one<E: Workers>(group: &mut Group<'_>, probe: impl Probe) {
    match E::start(WORKERS) {
        Ok(executor) => group.window(E::NAME, E::ROLE, move |window| probe.run(&executor, window)),
        Err(message) => group.broken(E::NAME, E::ROLE, &message),
    };
}
