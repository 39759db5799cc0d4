//! Polls on the calling thread, which sleeps in between.

use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::park::Parker;

/// Polls until it is ready.
pub(super) fn block<R>(mut poll: impl FnMut(&Waker) -> Poll<R>) -> R {
    let (mut parker, waker) = bed();
    loop {
        if let Poll::Ready(found) = poll(&waker) {
            return found;
        }
        parker.park();
    }
}

/// As [`block`], at most for `timeout`: polls a last time when that is over.
pub(super) fn block_timeout<R>(
    timeout: Duration,
    mut poll: impl FnMut(&Waker) -> Poll<R>,
) -> Option<R> {
    let begun = Instant::now();
    let (mut parker, waker) = bed();
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

fn bed() -> (Parker, Waker) {
    let parker = Parker::new();
    let unparker = parker.unparker();
    (parker, Waker::from(std::sync::Arc::new(unparker)))
}
