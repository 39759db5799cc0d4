//! The sending end of a bounded channel.

use std::time::Duration;

use super::error::{SendError, TrySendError};
use super::sleep::{block, block_timeout};
use super::{end::End, place::Waiting, shared::Room};
use crate::ring::{Push, PushError};

/// The sending end of a channel made by [`bounded`](fn@super::bounded): clone it, share it.
///
/// The channel closes when the last sender is dropped.
pub type Sender<T> = End<T, Push>;

/// The future of [`Sender::send`](End::send).
pub type Sending<'a, T> = Waiting<Room<'a, T>, Option<T>>;

/// The future of [`Sender::send_many`](End::send_many).
pub type SendMany<'a, T> = Waiting<Room<'a, T>, &'a mut Vec<T>>;

impl<T> Sender<T> {
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
        Waiting::new(Room(&self.shared), Some(value))
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
        Waiting::new(Room(&self.shared), values)
    }

    /// As [`End::send`], blocking the thread while there is no room.
    ///
    /// # Errors
    /// [`SendError`] with the value when the channel is closed.
    pub fn send_blocking(&self, value: T) -> Result<(), SendError<T>> {
        block(self.send(value))
    }

    /// As [`End::send_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// With the value: [`TrySendError::Full`] when there was no room in time,
    /// [`TrySendError::Closed`] when the channel is closed.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), TrySendError<T>> {
        let mut value = Some(value);
        let sending = Waiting::new(Room(&self.shared), &mut value);
        match (block_timeout(timeout, sending), value) {
            (Some(sent), _) => Ok(sent?),
            (None, Some(value)) => Err(TrySendError::Full(value)),
            (None, None) => unreachable!("a value that was not sent is there"),
        }
    }

    /// As [`End::send_many`], blocking the thread while there is no room.
    ///
    /// # Errors
    /// [`SendError`] when the channel is closed; what was not sent is left in `values`.
    pub fn send_many_blocking(&self, values: &mut Vec<T>) -> Result<(), SendError<()>> {
        block(self.send_many(values))
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
}
