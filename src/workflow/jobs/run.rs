//! One run of a job, whose panic ends nothing but itself.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use crate::sync::discard;

/// Makes the future and runs it to its end, or to its panic.
pub(super) async fn run<F: Future<Output = ()>>(begin: impl FnOnce() -> F) -> Result<(), String> {
    let begun = catch_unwind(AssertUnwindSafe(|| Box::pin(begin())));
    let mut future = Some(begun.map_err(said)?);
    let ended = poll_fn(|cx| {
        let Some(future) = &mut future else { return Poll::Ready(Ok(())) };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(said(panic))),
        }
    })
    .await;
    ended.and(put_down(future.take()))
}

/// Drops what a job has; what that panics with, as a run's panic.
pub(super) fn put_down<T>(what: T) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| drop(what))).map_err(said)
}

/// Waits for `moment`, but not when `stop` comes first. Whether to go on.
pub(super) async fn reached(moment: impl Future, mut stop: Pin<&mut impl Future>) -> bool {
    let mut moment = pin!(moment);
    poll_fn(|cx| {
        if stop.as_mut().poll(cx).is_ready() {
            return Poll::Ready(false);
        }
        moment.as_mut().poll(cx).map(|_| true)
    })
    .await
}

/// What a panic said.
fn said(panic: Box<dyn Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    discard(|| drop(panic));
    text.unwrap_or_default()
}
