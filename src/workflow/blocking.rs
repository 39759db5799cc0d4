//! Futures on a thread of no runtime, which sleeps in between.

use std::pin::pin;
use std::task::{Context, Poll};

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
