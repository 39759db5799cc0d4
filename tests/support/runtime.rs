//! What the tests of the runtime share: a bound on every wait, a runtime, counted drops.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Wake;
use std::thread;
use std::time::{Duration, Instant};

use windlass::{CorePlan, Runtime};

/// No wait in a test lasts longer.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).cores(CorePlan::None).build().expect("a runtime")
}

/// Counts its drops.
pub(crate) struct Counted(pub(crate) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Woken(pub(crate) AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Gives the core away until `done`, within the bound.
pub(crate) fn wait_until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < BOUND, "not done within {BOUND:?}");
        std::thread::yield_now();
    }
}

/// Runs `test` on a thread of its own, so that one that is stuck fails and does not hang.
pub(crate) fn bounded(test: impl FnOnce() + Send + 'static) {
    let (held, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        // Dropped at the end, also of a panic.
        let _held = held;
        test();
    });
    let end = ended.recv_timeout(BOUND);
    assert_eq!(end, Err(mpsc::RecvTimeoutError::Disconnected), "stuck");
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}
