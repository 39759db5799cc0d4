//! Polls on the calling thread, which sleeps in between.

use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::park::Parker;
use crate::sync::Backoff;

/// Polls until it is ready.
pub(super) fn block<R>(mut poll: impl FnMut(&Waker) -> Poll<R>) -> R {
    let mut parker = Parker::new();
    let waker = parker.waker();
    let mut in_vain = Backoff::new();
    loop {
        if let Poll::Ready(found) = poll(&waker) {
            return found;
        }
        parker.park();
        // The first time costs a pause. Who is woken in vain again and again gives the core to
        // whoever woke it, which may not be quite done.
        in_vain.snooze();
    }
}

/// As [`block`], at most for `timeout`: polls a last time when that is over.
pub(super) fn block_timeout<R>(
    timeout: Duration,
    mut poll: impl FnMut(&Waker) -> Poll<R>,
) -> Option<R> {
    let begun = Instant::now();
    let mut parker = Parker::new();
    let waker = parker.waker();
    let mut last = false;
    loop {
        match poll(&waker) {
            Poll::Ready(found) => return Some(found),
            Poll::Pending if last => return None,
            Poll::Pending => {}
        }
        last = !parker.park_timeout(timeout.saturating_sub(begun.elapsed()));
    }
}
