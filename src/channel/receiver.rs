//! The receiving end of a bounded channel.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::error::{RecvError, TryRecvError};
use super::place::{Errand, Look, Place, wait, wait_timeout};
use super::shared::{Items, Many, One, Shared};
use crate::sync::Arc;

/// The receiving end of a channel made by [`bounded`](fn@super::bounded): clone it, share it.
///
/// Each value goes to one receiver.
///
/// When the last receiver is dropped, the channel closes, and what is left in it is dropped.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

/// The future of [`Receiver::recv`].
#[must_use = "nothing is received before it is polled"]
pub struct Recv<'a, T> {
    place: Place<Items<'a, T>>,
}

/// The future of [`Receiver::recv_many`].
#[must_use = "nothing is received before it is polled"]
pub struct RecvMany<'a, T> {
    place: Place<Items<'a, T>>,
    batch: Many<'a, T>,
}

impl<T> Receiver<T> {
    /// The one receiver of a new channel.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// Receives a value, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing. What it was
    /// called for passes to the next receiver in line.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Recv {
            place: Place::new(Items(&self.shared)),
        }
    }

    /// Receives at least one value and at most `max`, appends them to `into` and says how many:
    /// all that are there at once, waiting only while there is none. With `max` 0, 0 at once.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_many<'a>(&'a self, into: &'a mut Vec<T>, max: usize) -> RecvMany<'a, T> {
        RecvMany {
            place: Place::new(Items(&self.shared)),
            batch: Many { into, max },
        }
    }

    /// As [`Receiver::recv`], blocking the thread while there is no value.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        wait(Items(&self.shared), &mut One)
    }

    /// As [`Receiver::recv_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when no value came in time, [`TryRecvError::Closed`] when the
    /// channel is closed and nothing is left in it.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, TryRecvError> {
        match wait_timeout(Items(&self.shared), timeout, &mut One) {
            Some(received) => Ok(received?),
            None => Err(TryRecvError::Empty),
        }
    }

    /// As [`Receiver::recv_many`], blocking the thread while there is no value.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_many_blocking(&self, into: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        wait(Items(&self.shared), &mut Many { into, max })
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] or [`TryRecvError::Closed`].
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        at_once(One.look(&Items(&self.shared)))
    }

    /// Receives up to `max` values that are there, appends them to `into` and says how many.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] or [`TryRecvError::Closed`]: there was none.
    pub fn try_recv_many(&self, into: &mut Vec<T>, max: usize) -> Result<usize, TryRecvError> {
        at_once(Many { into, max }.look(&Items(&self.shared)))
    }

    /// Closes the channel: nothing more is sent, what was sent can be received. Whether it was
    /// open.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether the channel is closed; values may be left in it.
    pub fn is_closed(&self) -> bool {
        self.shared.ring.is_closed()
    }

    /// How many values are in the channel.
    pub fn len(&self) -> usize {
        self.shared.ring.len()
    }

    /// Whether no value is in the channel.
    pub fn is_empty(&self) -> bool {
        self.shared.ring.is_empty()
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.shared.ring.is_full()
    }

    /// How many values the channel holds at most.
    pub fn capacity(&self) -> usize {
        self.shared.ring.capacity()
    }

    /// Whether both are ends of one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

#[inline]
fn at_once<R>(found: Look<Result<R, RecvError>>) -> Result<R, TryRecvError> {
    match found {
        Look::Done(received) => Ok(received?),
        Look::Part | Look::Nothing => Err(TryRecvError::Empty),
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.shared.receivers.add();
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if self.shared.receivers.leave() {
            self.shared.close();
            self.shared.drain();
        }
    }
}

impl<T> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `place` is not moved.
        let Self { place } = unsafe { self.get_unchecked_mut() };
        // SAFETY: `place` is pinned with the future.
        unsafe { place.poll(cx.waker(), &mut One) }
    }
}

impl<T> Future for RecvMany<'_, T> {
    type Output = Result<usize, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `place` is not moved.
        let Self { place, batch } = unsafe { self.get_unchecked_mut() };
        // SAFETY: `place` is pinned with the future.
        unsafe { place.poll(cx.waker(), batch) }
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.shared.ring).finish()
    }
}

impl<T> fmt::Debug for Recv<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for RecvMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvMany")
            .field("max", &self.batch.max)
            .finish_non_exhaustive()
    }
}
