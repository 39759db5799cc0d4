//! Polling by hand, with a waker that counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// Counts.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future, and how often it was woken.
pub(crate) struct Polled<'a, R> {
    future: Pin<Box<dyn Future<Output = R> + 'a>>,
    wakes: Arc<Wakes>,
}

impl<'a, R> Polled<'a, R> {
    pub(crate) fn new(future: impl Future<Output = R> + 'a) -> Self {
        Self { future: Box::pin(future), wakes: Arc::default() }
    }

    /// A future that waits.
    pub(crate) fn waiting(future: impl Future<Output = R> + 'a) -> Self {
        let mut polled = Self::new(future);
        assert!(polled.poll().is_none(), "it was to wait");
        polled
    }

    pub(crate) fn poll(&mut self) -> Option<R> {
        let waker = Waker::from(self.wakes.clone());
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// Tells later who still holds the waker.
    pub(crate) fn watch(&self) -> Weak<Wakes> {
        Arc::downgrade(&self.wakes)
    }
}
