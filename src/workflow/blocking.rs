//! Futures on a thread of no runtime, which sleeps in between.

use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::park::Parker;

/// Blocks the thread until `future` is ready. It must wait for no timer of a runtime.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut parker = Parker::new();
    let waker = parker.waker();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        parker.park();
    }
}

/// As [`block_on`], at most for `timeout` of real time: polls a last time when that is over.
pub(super) fn block_timeout<F: Future>(timeout: Duration, future: F) -> Option<F::Output> {
    let begun = Instant::now();
    let mut future = pin!(future);
    let mut parker = Parker::new();
    let waker = parker.waker();
    let mut in_time = true;
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return Some(output),
            Poll::Pending if !in_time => return None,
            Poll::Pending => {}
        }
        in_time = parker.park_timeout(timeout.saturating_sub(begun.elapsed()));
    }
}
