//! The runtimes behind one trait, so that each workload is written once.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};

use async_executor::StaticExecutor;
use futures_lite::future;
use windlass_benches::{Batch, Group, Role};

/// Worker threads of each runtime.
pub(crate) const WORKERS: usize = 2;

/// The names the claims are made against.
pub(crate) const TOKIO: &str = "tokio multi-thread";
/// The blocking way.
pub(crate) const THREADS: &str = "OS threads";

/// A running runtime.
pub(crate) trait Executor: Sized + 'static {
    const NAME: &'static str;
    const ROLE: Role;
    type Spawner: Spawner;

    /// With two workers.
    fn start() -> Result<Self, String>;

    fn spawner(&self) -> Self::Spawner;

    /// Waits for `future` on the calling thread; the workers run what it spawns.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

/// Starts tasks, from outside and from tasks.
pub(crate) trait Spawner: Clone + Send + Sync + 'static {
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static);

    /// The output; the task is started at once.
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>>;

    /// The runtime's own.
    fn yield_now() -> impl Future<Output = ()> + Send;
}

/// One workload for all runtimes.
pub(crate) trait Workload: Copy + 'static {
    /// Does `ops` operations and checks that they were done.
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String>;
}

/// Adds windlass and its peers, each on a runtime of its own that lives as long as the group.
pub(crate) fn contenders(group: &mut Group<'_>, workload: impl Workload) {
    contender::<Windlass>(group, workload);
    contender::<Tokio>(group, workload);
    contender::<AsyncExecutor>(group, workload);
}

fn contender<E: Executor>(group: &mut Group<'_>, workload: impl Workload) {
    match E::start() {
        Ok(executor) => {
            group.checked(E::NAME, E::ROLE, move |ops| workload.run(&executor, ops));
        }
        Err(message) => {
            group.broken(E::NAME, E::ROLE, &message);
        }
    }
}

/// windlass with its defaults: workers pinned to cores, a reactor each.
pub(crate) struct Windlass(windlass::Runtime);

impl Executor for Windlass {
    const NAME: &'static str = "windlass";
    const ROLE: Role = Role::Subject;
    type Spawner = windlass::Handle;

    fn start() -> Result<Self, String> {
        let built = windlass::Runtime::builder().workers(WORKERS).build();
        built.map(Self).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> Self::Spawner {
        self.0.handle().clone()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Spawner for windlass::Handle {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.spawn(future));
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> {
        let task = self.spawn(future);
        async { task.await.map_err(|error| error.to_string()) }
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        windlass::yield_now()
    }
}

/// tokio's multi-thread runtime, without I/O and timers.
pub(crate) struct Tokio(tokio::runtime::Runtime);

impl Executor for Tokio {
    const NAME: &'static str = TOKIO;
    const ROLE: Role = Role::Peer;
    type Spawner = tokio::runtime::Handle;

    fn start() -> Result<Self, String> {
        let built = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .build();
        built.map(Self).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> Self::Spawner {
        self.0.handle().clone()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Spawner for tokio::runtime::Handle {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.spawn(future));
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> {
        let task = self.spawn(future);
        async { task.await.map_err(|error| error.to_string()) }
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}

/// async-executor in its fastest form, driven by threads that do nothing else.
pub(crate) struct AsyncExecutor {
    executor: &'static StaticExecutor,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

/// Ends the threads: it never ends of itself.
#[derive(Default)]
struct Stop(Mutex<Stopping>);

#[derive(Default)]
struct Stopping {
    now: bool,
    wakers: Vec<Waker>,
}

impl Stop {
    fn asked(&self) -> impl Future<Output = ()> {
        poll_fn(|cx| {
            let mut stopping = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if stopping.now {
                return Poll::Ready(());
            }
            stopping.wakers.push(cx.waker().clone());
            Poll::Pending
        })
    }

    fn ask(&self) {
        let mut stopping = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stopping.now = true;
        stopping.wakers.drain(..).for_each(Waker::wake);
    }
}

impl Executor for AsyncExecutor {
    const NAME: &'static str = "async-executor static";
    const ROLE: Role = Role::Peer;
    type Spawner = &'static StaticExecutor;

    fn start() -> Result<Self, String> {
        let executor: &'static StaticExecutor = Box::leak(Box::new(StaticExecutor::new()));
        let mut started = Self {
            executor,
            stop: Arc::default(),
            threads: Vec::new(),
        };
        for _ in 0..WORKERS {
            let stop = started.stop.clone();
            let work = move || future::block_on(executor.run(stop.asked()));
            let thread = thread::Builder::new().spawn(work);
            started
                .threads
                .push(thread.map_err(|error| error.to_string())?);
        }
        Ok(started)
    }

    fn spawner(&self) -> Self::Spawner {
        self.executor
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        future::block_on(future)
    }
}

impl Drop for AsyncExecutor {
    fn drop(&mut self) {
        self.stop.ask();
        for thread in self.threads.drain(..) {
            // A task's panic is reported by the latch that waits for it.
            let _ = thread.join();
        }
    }
}

impl Spawner for &'static StaticExecutor {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawn(future).detach();
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> {
        let task = self.spawn(future);
        async { Ok(task.await) }
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }
}
