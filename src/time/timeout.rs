//! A future with a deadline.

use std::pin::{Pin, pin};
use std::{future::poll_fn, task::Poll, time::Duration};

use super::sleep::sleep;

/// Waits for `future` at most for `duration` from now; then drops it. A future that is ready at its
/// first poll sets no timer.
///
/// # Errors
/// [`Elapsed`] when the time is over first.
///
/// # Panics
/// As [`sleep`].
pub fn timeout<F: Future>(
    duration: Duration,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    let mut sleep = sleep(duration);
    async move {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(output));
            }
            Pin::new(&mut sleep).poll(cx).map(|()| Err(Elapsed))
        })
        .await
    }
}

/// The time of a [`timeout`] was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

says!([] Elapsed: |_, f| f.write_str("the time was over before the future was ready"));
