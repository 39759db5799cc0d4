//! The present moment, and waiting on a thread that is no task.

use std::pin::pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::{park::Parker, reactor::Handle};

/// The time by the clock of the runtime that the caller is in; outside one, by the system's.
pub(super) fn now() -> Instant {
    Handle::current_now().unwrap_or_else(Instant::now)
}

/// Blocks the thread until the future is ready.
pub(super) fn block<F: Future>(future: F) -> F::Output {
    block_until(None, future).unwrap_or_else(|| unreachable!("it waits without end"))
}

/// As [`block`], at most for `timeout` of real time: polls a last time when that is over.
pub(super) fn block_timeout<F: Future>(timeout: Duration, future: F) -> Option<F::Output> {
    block_until(Some(timeout), future)
}

fn block_until<F: Future>(timeout: Option<Duration>, future: F) -> Option<F::Output> {
    let begun = Instant::now();
    let mut future = pin!(future);
    let mut parker = Parker::new();
    let waker = parker.waker();
    let mut last = false;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let Some(timeout) = timeout else {
            parker.park();
            continue;
        };
        if last {
            return None;
        }
        last = !parker.park_timeout(timeout.saturating_sub(begun.elapsed()));
    }
}
