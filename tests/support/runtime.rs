//! What the tests of the runtime share: a bound on every wait, a runtime, counted drops.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use windlass::{CorePlan, Runtime};

/// No wait in a test lasts longer.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) fn runtime(workers: usize) -> Runtime {
    Runtime::builder()
        .workers(workers)
        .cores(CorePlan::None)
        .build()
        .expect("a runtime")
}

/// Counts its drops.
pub(crate) struct Counted(pub(crate) Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
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
