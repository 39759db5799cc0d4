//! windlass, in one setting or another.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use windlass_benches::Role;

use super::{Clocked, Executor, Spawner, Workers};

/// How a windlass runtime is built.
pub(crate) trait Setting: 'static {
    const NAME: &'static str;

    fn build(workers: usize) -> Result<windlass::Runtime, windlass::BuildError> {
        windlass::Runtime::builder().workers(workers).build()
    }
}

/// Nothing changed: workers pinned to cores, a reactor each.
pub(crate) struct Defaults;

impl Setting for Defaults {
    const NAME: &'static str = "windlass";
}

/// A windlass runtime.
pub(crate) struct Windlass<S = Defaults>(windlass::Runtime, PhantomData<S>);

impl<S: Setting> Executor for Windlass<S> {
    const NAME: &'static str = S::NAME;
    const ROLE: Role = Role::Subject;
    const ONE_THREAD: bool = false;
    type Spawner = Inside;
    type Starter = windlass::Handle;

    fn start(workers: usize) -> Result<Self, String> {
        let built = S::build(workers);
        built.map(|runtime| Self(runtime, PhantomData)).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> Inside {
        Inside
    }

    fn starter(&self) -> windlass::Handle {
        self.0.handle().clone()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl<S: Setting> Workers for Windlass<S> {}

impl<S> Windlass<S> {
    pub(crate) fn metrics(&self) -> windlass::executor::Metrics {
        self.0.metrics()
    }
}

impl<S: Setting> Clocked for Windlass<S> {
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        windlass::time::sleep(time)
    }
}

/// What tasks use: the runtime they run on.
#[derive(Clone, Copy)]
pub(crate) struct Inside;

impl Spawner for Inside {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(windlass::spawn(future));
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        output(windlass::spawn(future))
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        windlass::yield_now()
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
    ) -> impl Future<Output = Result<T, String>> + Send {
        output(self.spawn(future))
    }

    #[inline]
    fn yield_now() -> impl Future<Output = ()> + Send {
        windlass::yield_now()
    }
}

async fn output<T: Send>(task: windlass::JoinHandle<T>) -> Result<T, String> {
    task.await.map_err(|error| error.to_string())
}
