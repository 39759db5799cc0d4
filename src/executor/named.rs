//! A task that is known by a name while it is polled.

use std::{pin::Pin, sync::Arc, task::Context, task::Poll};

use super::local::replace_name;
use crate::sync::within;

/// A future with a name.
pub(crate) struct Named<F> {
    pub(crate) name: Arc<str>,
    pub(crate) future: F,
}

impl<F: Future> Future for Named<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is not moved: it is pinned with what it stands in, which has no `Drop`
        // and is `Unpin` only if the future is.
        let (name, future) = unsafe {
            let this = self.get_unchecked_mut();
            (&this.name, Pin::new_unchecked(&mut this.future))
        };
        within(replace_name, Some(name.clone()), || future.poll(cx))
    }
}
