//! Futures that a test polls by hand, and a clock that it holds in its hands.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use proptest::test_runner::{Config, FileFailurePersistence};
use windlass::sim::TestClock;
use windlass::{JoinHandle, Runtime};

/// `cases` cases; those that fail are kept beside the source, and committed.
pub(crate) fn cases(cases: u32) -> Config {
    let kept = FileFailurePersistence::WithSource("regressions");
    Config { cases, failure_persistence: Some(Box::new(kept)), ..Config::default() }
}

#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A future and whether it was woken since its last poll.
pub(crate) struct Polled<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
}

impl<F: Future> Polled<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Box::pin(future), bell: Arc::default() }
    }

    pub(crate) fn poll(&mut self) -> Poll<F::Output> {
        self.bell.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(self.bell.clone());
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    pub(crate) fn is_woken(&self) -> bool {
        self.bell.0.load(Ordering::SeqCst)
    }

    /// Its output; it must be ready.
    pub(crate) fn ready(&mut self) -> F::Output {
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("not ready"),
        }
    }
}

/// Polls a new future once.
pub(crate) fn now<F: Future>(future: F) -> Option<F::Output> {
    match Polled::new(future).poll() {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

pub(crate) fn stopped() -> (Arc<TestClock>, Runtime) {
    let clock = Arc::new(TestClock::new());
    let runtime = Runtime::builder().workers(2).clock(clock.clone()).build().unwrap();
    (clock, runtime)
}

/// Moves the clock on, step by step, until the task has ended.
pub(crate) fn move_on<T>(clock: &TestClock, step: Duration, task: JoinHandle<T>) -> T {
    let begun = std::time::Instant::now();
    while !task.is_finished() {
        assert!(begun.elapsed() < crate::support::BOUND, "it does not end");
        clock.advance(step);
        std::thread::yield_now();
    }
    match now(task) {
        Some(Ok(output)) => output,
        other => panic!("{:?}", other.map(|ended| ended.err())),
    }
}
