//! The sending end of a bounded channel.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::error::{SendError, TrySendError};
use super::place::{Place, wait, wait_timeout};
use super::shared::{Room, Shared};
use crate::ring::PushError;
use crate::sync::Arc;

/// The sending end of a channel made by [`bounded`](fn@super::bounded): clone it, share it.
///
/// The channel closes when the last sender is dropped.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// The future of [`Sender::send`].
#[must_use = "nothing is sent before it is polled"]
pub struct Sending<'a, T> {
    place: Place<Room<'a, T>>,
    value: Option<T>,
}

/// The future of [`Sender::send_many`].
#[must_use = "nothing is sent before it is polled"]
pub struct SendMany<'a, T> {
    place: Place<Room<'a, T>>,
    values: &'a mut Vec<T>,
}

impl<T> Sender<T> {
    /// The one sender of a new channel.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self { shared }
    }

    /// Sends a value, waiting while there is no room.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has sent nothing, and drops the
    /// value. What it was called for passes to the next sender in line.
    ///
    /// # Errors
    /// [`SendError`] with the value when the channel is closed.
    ///
    /// # Panics
    /// When polled after it was ready.
    #[inline]
    pub fn send(&self, value: T) -> Sending<'_, T> {
        Sending {
            place: Place::new(Room(&self.shared)),
            value: Some(value),
        }
    }

    /// Sends all of `values`, from the front, waiting while there is no room. Values of other
    /// senders may come between.
    ///
    /// **Cancel safety.** What was sent is removed from `values` at once; what is left in it, also
    /// when the future is dropped, was not sent.
    ///
    /// # Errors
    /// [`SendError`] when the channel is closed; what was not sent is left in `values`.
    pub fn send_many<'a>(&'a self, values: &'a mut Vec<T>) -> SendMany<'a, T> {
        SendMany {
            place: Place::new(Room(&self.shared)),
            values,
        }
    }

    /// As [`Sender::send`], blocking the thread while there is no room.
    ///
    /// # Errors
    /// [`SendError`] with the value when the channel is closed.
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        let mut value = Some(value);
        wait(Room(&self.shared), &mut value)
    }

    /// As [`Sender::send_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// With the value: [`TrySendError::Full`] when there was no room in time,
    /// [`TrySendError::Closed`] when the channel is closed.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), TrySendError<T>> {
        let mut value = Some(value);
        let sent = wait_timeout(Room(&self.shared), timeout, &mut value);
        match (sent, value) {
            (Some(sent), _) => Ok(sent?),
            (None, Some(value)) => Err(TrySendError::Full(value)),
            (None, None) => unreachable!("a value that was not sent is there"),
        }
    }

    /// As [`Sender::send_many`], blocking the thread while there is no room.
    ///
    /// # Errors
    /// [`SendError`] when the channel is closed; what was not sent is left in `values`.
    pub fn send_many_blocking(&self, mut values: &mut Vec<T>) -> Result<(), SendError<()>> {
        wait(Room(&self.shared), &mut values)
    }

    /// Sends a value if there is room.
    ///
    /// # Errors
    /// With the value: [`TrySendError::Full`] or [`TrySendError::Closed`].
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.shared.push(value).map_err(|error| match error {
            PushError::Full(value) => TrySendError::Full(value),
            PushError::Closed(value) => TrySendError::Closed(value),
        })
    }

    /// Closes the channel: nothing more is sent, what was sent can be received. Whether it was
    /// open.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether the channel is closed.
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

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.add();
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.shared.senders.leave() {
            self.shared.close();
        }
    }
}

impl<T> Future for Sending<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `place` is not moved; `value` is never pinned.
        let Self { place, value } = unsafe { self.get_unchecked_mut() };
        // SAFETY: `place` is pinned with the future.
        unsafe { place.poll(cx.waker(), value) }
    }
}

impl<T> Future for SendMany<'_, T> {
    type Output = Result<(), SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: `place` is not moved.
        let Self { place, values } = unsafe { self.get_unchecked_mut() };
        // SAFETY: `place` is pinned with the future.
        unsafe { place.poll(cx.waker(), values) }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sender").field(&self.shared.ring).finish()
    }
}

impl<T> fmt::Debug for Sending<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendMany<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMany")
            .field("left", &self.values.len())
            .finish_non_exhaustive()
    }
}
