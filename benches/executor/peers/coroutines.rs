//! may, whose tasks have stacks of their own: each future here is run by one coroutine, which parks
//! where the future waits. That costs it an allocation for the waker, about a twentieth of its
//! spawn.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use may::coroutine::{self, Coroutine, JoinHandle};

use super::{Executor, Spawner, WORKERS, Workers};

/// may's one and only scheduler: it is there from the first use until the program ends.
#[derive(Clone, Copy)]
pub(crate) struct May;

impl Executor for May {
    const NAME: &'static str = "may (coroutines)";
    const ONE_THREAD: bool = false;
    type Spawner = Self;
    type Starter = Self;

    fn start(workers: usize) -> Result<Self, String> {
        if workers != WORKERS {
            return Err(format!("may is started once, with {WORKERS} workers"));
        }
        may::config().set_workers(WORKERS);
        Ok(Self)
    }

    fn spawner(&self) -> Self {
        Self
    }

    fn starter(&self) -> Self {
        Self
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        futures_lite::future::block_on(future)
    }
}

impl Workers for May {}

impl Spawner for May {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(start(future));
    }

    /// Waiting for it blocks the waiting coroutine (or thread), as may's users do.
    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = start(future);
        async { task.join().map_err(|_| "the coroutine panicked".to_owned()) }
    }

    #[inline]
    async fn yield_now() {
        coroutine::yield_now();
    }
}

fn start<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    // SAFETY: what the coroutine runs are the futures of this bench: none keeps a reference to a
    // thread-local across the point where it waits, and their frames are far below the stack size.
    unsafe { coroutine::spawn(move || run(future)) }
}

struct Unpark(Coroutine);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

fn run<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(coroutine::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => coroutine::park(),
        }
    }
}
