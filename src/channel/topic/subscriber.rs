//! A receiving end of a topic.

use std::task::{Context, Poll, ready};
use std::{pin::Pin, sync::TryLockError, time::Duration};

use super::error::{RecvError, TryRecvError};
use super::shared::{Numbered, Shared, Subscription};
use crate::channel::sleep::{Ask, block, block_timeout};
use crate::{budget, sync::Arc};

/// A receiving end, made by [`Topic::subscribe`](super::Topic::subscribe): receives what is
/// published from then on.
pub struct Subscriber<T> {
    pub(super) shared: Arc<Shared<T>>,
    pub(super) own: Arc<Subscription<T>>,
    pub(super) expected: u64,
    /// The value behind a gap that was just reported.
    pub(super) held: Option<T>,
}

/// The future of [`Subscriber::recv`].
#[must_use = "nothing is received before it is polled"]
pub struct Recv<'a, T>(&'a mut Subscriber<T>);

impl<T> Subscriber<T> {
    /// Receives the next value, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] once for each gap, then the next call goes on behind it;
    /// [`RecvError::Closed`] when the topic is closed and everything was received.
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv(self)
    }

    /// As [`Subscriber::recv`], blocking the thread while there is no value.
    ///
    /// # Errors
    /// As [`Subscriber::recv`].
    pub fn recv_blocking(&mut self) -> Result<T, RecvError> {
        block(self.recv())
    }

    /// As [`Subscriber::recv_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// As [`Subscriber::recv`], and [`TryRecvError::Empty`] when no value came in time.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, TryRecvError> {
        Ok(block_timeout(timeout, self.recv()).ok_or(TryRecvError::Empty)??)
    }

    /// Receives the next value if there is one.
    ///
    /// # Errors
    /// As [`Subscriber::recv`], and [`TryRecvError::Empty`] when there is none.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        Ok(self.look().ok_or(TryRecvError::Empty)??)
    }

    /// How many values are there to be received.
    pub fn len(&self) -> usize {
        self.own.ring.len() + usize::from(self.held.is_some())
    }

    /// Whether no value is there.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn look(&mut self) -> Option<Result<T, RecvError>> {
        if let Some(value) = self.held.take() {
            return Some(Ok(value));
        }
        let ring = &self.own.ring;
        let found = match ring.pop() {
            // Nothing comes after a close that was seen before the pop.
            None if ring.is_closed() => ring.pop().ok_or(RecvError::Closed),
            found => Ok(found?),
        };
        Some(found.and_then(|Numbered { number, value }| {
            let missed = number - self.expected;
            self.expected = number + 1;
            if missed == 0 {
                return Ok(value);
            }
            self.held = Some(value);
            Err(RecvError::Lagged(missed))
        }))
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let found = self.0.look().or_else(|| {
            self.0.own.wake.register(cx.waker());
            self.0.look()
        });
        let Some(found) = found else { return Poll::Pending };
        budget::spend();
        Poll::Ready(found)
    }
}

impl<T> Ask for Recv<'_, T> {
    fn ask(mut self: Pin<&mut Self>) -> Option<Self::Output> {
        self.0.look()
    }
}

impl<T> Drop for Subscriber<T> {
    fn drop(&mut self) {
        let Self { shared, own, .. } = self;
        own.ring.close();
        // A publisher at work may be the very thread that drops this (a waker or a value may hold
        // a subscriber), so its lock is not waited for: the next publisher removes the closed ring.
        let mut desk = match shared.desk.try_lock() {
            Ok(desk) => Some(desk),
            Err(TryLockError::Poisoned(desk)) => Some(desk.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(desk) = &mut desk {
            desk.subscriptions.retain(|other| !Arc::ptr_eq(other, own));
        }
        drop(desk);
        drop(own.wake.take());
        own.ring.drain().for_each(drop);
    }
}

shows!([T] Subscriber<T>: |own| Subscriber { len: own.len() });
shows!([T] Recv<'_, T>: |_| Recv {});
