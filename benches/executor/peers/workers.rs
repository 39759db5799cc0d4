//! The peers that have worker threads.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use async_executor::{StaticExecutor, Task};
use futures_executor::ThreadPool;
use futures_lite::future;
use futures_util::task::SpawnExt;

use super::{Clocked, Executor, Spawner, Workers};

/// tokio's multi-thread runtime, without I/O, and without timers unless clocked.
pub(crate) struct Tokio(tokio::runtime::Runtime);

impl Tokio {
    fn build(workers: usize, timers: bool) -> Result<Self, String> {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        if timers {
            builder.enable_time();
        }
        let built = builder.worker_threads(workers).build();
        built.map(Self).map_err(|error| error.to_string())
    }
}

impl Executor for Tokio {
    const NAME: &'static str = "tokio multi-thread";
    const ONE_THREAD: bool = false;
    type Spawner = InsideTokio;
    type Starter = tokio::runtime::Handle;

    fn start(workers: usize) -> Result<Self, String> {
        Self::build(workers, false)
    }

    fn spawner(&self) -> InsideTokio {
        InsideTokio
    }

    fn starter(&self) -> tokio::runtime::Handle {
        self.0.handle().clone()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Workers for Tokio {}

impl Clocked for Tokio {
    fn start_clocked(workers: usize) -> Result<Self, String> {
        Self::build(workers, true)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }
}

/// What tasks of either tokio runtime use.
#[derive(Clone, Copy)]
pub(crate) struct InsideTokio;

impl Spawner for InsideTokio {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(tokio::spawn(future));
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        output(tokio::spawn(future))
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
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
    ) -> impl Future<Output = Result<T, String>> + Send {
        output(self.spawn(future))
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}

async fn output<T: Send>(task: tokio::task::JoinHandle<T>) -> Result<T, String> {
    task.await.map_err(|error| error.to_string())
}

/// One of async-executor's two kinds.
pub(crate) trait Kind: Sync + 'static {
    const NAME: &'static str;

    fn leaked() -> &'static Self;

    fn task<T: Send + 'static>(
        &'static self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T>;

    fn work(&'static self, stop: impl Future<Output = ()> + Send) -> impl Future<Output = ()>;
}

/// The kind that frees its tasks when it ends, and keeps a list of them for that.
pub(crate) type Plain = async_executor::Executor<'static>;
/// The kind that lives for ever.
pub(crate) type Static = StaticExecutor;

impl Kind for Plain {
    const NAME: &'static str = "async-executor";

    fn leaked() -> &'static Self {
        Box::leak(Box::new(Self::new()))
    }

    #[inline]
    fn task<T: Send + 'static>(
        &'static self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.spawn(future)
    }

    fn work(&'static self, stop: impl Future<Output = ()> + Send) -> impl Future<Output = ()> {
        self.run(stop)
    }
}

impl Kind for Static {
    const NAME: &'static str = "async-executor static";

    fn leaked() -> &'static Self {
        Box::leak(Box::new(Self::new()))
    }

    #[inline]
    fn task<T: Send + 'static>(
        &'static self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Task<T> {
        self.spawn(future)
    }

    fn work(&'static self, stop: impl Future<Output = ()> + Send) -> impl Future<Output = ()> {
        self.run(stop)
    }
}

/// async-executor, driven by threads that do nothing else.
pub(crate) struct AsyncExecutor<K: Kind> {
    executor: &'static K,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

/// Ends the threads: they never end of themselves.
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

impl<K: Kind> Executor for AsyncExecutor<K> {
    const NAME: &'static str = K::NAME;
    const ONE_THREAD: bool = false;
    type Spawner = InKind<K>;
    type Starter = InKind<K>;

    fn start(workers: usize) -> Result<Self, String> {
        let executor = K::leaked();
        let mut started = Self { executor, stop: Arc::default(), threads: Vec::new() };
        for _ in 0..workers {
            let stop = started.stop.clone();
            let work = move || future::block_on(executor.work(stop.asked()));
            let thread = thread::Builder::new().spawn(work);
            started.threads.push(thread.map_err(|error| error.to_string())?);
        }
        Ok(started)
    }

    fn spawner(&self) -> InKind<K> {
        InKind(self.executor)
    }

    fn starter(&self) -> InKind<K> {
        InKind(self.executor)
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        future::block_on(future)
    }
}

impl<K: Kind> Workers for AsyncExecutor<K> {}

impl<K: Kind> Drop for AsyncExecutor<K> {
    fn drop(&mut self) {
        self.stop.ask();
        for thread in self.threads.drain(..) {
            // A task's panic is reported by the latch that waits for it.
            let _ = thread.join();
        }
    }
}

/// One executor for tasks and for threads outside.
pub(crate) struct InKind<K: Kind>(&'static K);

impl<K: Kind> Clone for InKind<K> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<K: Kind> Spawner for InKind<K> {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.task(future).detach();
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = self.0.task(future);
        async { Ok(task.await) }
    }
}

/// The pool of futures-executor.
pub(crate) struct FuturesPool(ThreadPool);

impl Executor for FuturesPool {
    const NAME: &'static str = "futures ThreadPool";
    const ONE_THREAD: bool = false;
    type Spawner = ThreadPool;
    type Starter = ThreadPool;

    fn start(workers: usize) -> Result<Self, String> {
        let built = ThreadPool::builder().pool_size(workers).create();
        built.map(Self).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> ThreadPool {
        self.0.clone()
    }

    fn starter(&self) -> ThreadPool {
        self.0.clone()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_executor::block_on(future)
    }
}

impl Workers for FuturesPool {}

impl Spawner for ThreadPool {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawn_ok(future);
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = self.spawn_with_handle(future);
        async { Ok(task.map_err(|error| error.to_string())?.await) }
    }
}
