//! The runtimes behind one trait: two workers, tasks that can be ended from outside, and a sleep.

use std::future::{Future, pending};
use std::thread;
use std::time::Instant;

use async_executor::Executor;
use async_io::Timer;
use windlass_benches::Role;

const WORKERS: usize = 2;

/// A runtime with timers.
pub(crate) trait Clocked: Sized + 'static {
    /// What it is called.
    const NAME: &'static str;
    /// Why it is there.
    const ROLE: Role;
    /// A task that can be ended.
    type Task: Send + 'static;

    /// On two workers.
    fn start() -> Result<Self, String>;

    /// Spawns a task from outside, to run by itself.
    fn begin(&self, future: impl Future<Output = ()> + Send + 'static);

    /// Spawns a task from inside another one.
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task;

    /// Ends a task.
    fn end(task: Self::Task);

    /// Lets a task run by itself.
    fn detach(task: Self::Task);

    /// Sleeps, inside a task.
    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static;
}

/// windlass, with its defaults.
pub(crate) struct Windlass(windlass::Runtime);

impl Clocked for Windlass {
    const NAME: &'static str = "windlass";
    const ROLE: Role = Role::Subject;
    type Task = windlass::JoinHandle<()>;

    fn start() -> Result<Self, String> {
        let built = windlass::Runtime::builder().workers(WORKERS).build();
        built.map(Windlass).map_err(|error| error.to_string())
    }

    fn begin(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(future));
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task {
        windlass::spawn(future)
    }

    fn end(task: Self::Task) {
        task.abort();
    }

    fn detach(task: Self::Task) {
        drop(task);
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        windlass::time::sleep_until(deadline)
    }
}

/// tokio's multi-thread runtime.
pub(crate) struct Tokio(tokio::runtime::Runtime);

impl Clocked for Tokio {
    const NAME: &'static str = "tokio";
    const ROLE: Role = Role::Peer;
    type Task = tokio::task::JoinHandle<()>;

    fn start() -> Result<Self, String> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let built = builder.worker_threads(WORKERS).enable_all().build();
        built.map(Tokio).map_err(|error| error.to_string())
    }

    fn begin(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(future));
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task {
        tokio::spawn(future)
    }

    fn end(task: Self::Task) {
        task.abort();
    }

    fn detach(task: Self::Task) {
        drop(task);
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep_until(deadline.into())
    }
}

/// async-io's timers under async-executor, on threads that run tasks inside `async_io::block_on`,
/// as smol's own do.
pub(crate) struct AsyncIo;

static EXECUTOR: Executor<'static> = Executor::new();

impl Clocked for AsyncIo {
    const NAME: &'static str = "async-io";
    const ROLE: Role = Role::Peer;
    type Task = async_executor::Task<()>;

    fn start() -> Result<Self, String> {
        for _ in 0..WORKERS {
            let work = || async_io::block_on(EXECUTOR.run(pending::<()>()));
            let spawned = thread::Builder::new().name("smol".into()).spawn(work);
            spawned.map_err(|error| error.to_string())?;
        }
        Ok(AsyncIo)
    }

    fn begin(&self, future: impl Future<Output = ()> + Send + 'static) {
        EXECUTOR.spawn(future).detach();
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task {
        EXECUTOR.spawn(future)
    }

    fn end(task: Self::Task) {
        drop(task);
    }

    fn detach(task: Self::Task) {
        task.detach();
    }

    async fn sleep_until(deadline: Instant) {
        Timer::at(deadline).await;
    }
}
