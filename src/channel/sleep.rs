//! Futures on the calling thread, which sleeps in between.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::{park::Parker, sync::Backoff};

/// A future that can be asked without a waker.
pub(super) trait Ask: Future {
    /// What it is ready with, if it need not wait.
    fn ask(self: Pin<&mut Self>) -> Option<Self::Output>;
}

/// Blocks until it is ready.
pub(super) fn block<F: Ask>(future: F) -> F::Output {
    block_until(None, future).unwrap_or_else(|| unreachable!("it waits without end"))
}

/// As [`block`], at most for `timeout`: polls a last time when that is over.
pub(super) fn block_timeout<F: Ask>(timeout: Duration, future: F) -> Option<F::Output> {
    block_until(Some(timeout), future)
}

fn block_until<F: Ask>(timeout: Option<Duration>, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    if let Some(found) = future.as_mut().ask() {
        return Some(found);
    }
    let limit = timeout.map(|timeout| (timeout, Instant::now()));
    let mut parker = Parker::new();
    let waker = parker.waker();
    let (mut in_vain, mut last) = (Backoff::new(), false);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(found) => return Some(found),
            Poll::Pending if last => return None,
            Poll::Pending => {}
        }
        let Some((timeout, begun)) = limit else {
            parker.park();
            // The first time costs a pause. Who is woken in vain again and again gives the core to
            // whoever woke it, which may not be quite done.
            in_vain.snooze();
            continue;
        };
        last = !parker.park_timeout(timeout.saturating_sub(begun.elapsed()));
    }
}
