//! Gives the other tasks of the worker a turn.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::task::yield_running;

/// Goes to the end of the worker's queue once.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        if !yield_running(cx.waker()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}
