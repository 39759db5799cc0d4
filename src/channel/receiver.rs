//! The receiving end of a bounded channel.

use std::time::Duration;

use super::end::End;
use super::error::{RecvError, TryRecvError};
use super::place::{Errand, Look, Waiting};
use super::shared::{Items, Many, One};
use super::sleep::{block, block_timeout};
use crate::ring::Pop;

/// The receiving end of a channel made by [`bounded`](fn@super::bounded): clone it, share it.
///
/// Each value goes to one receiver.
///
/// When the last receiver is dropped, the channel closes, and what is left in it is dropped.
pub type Receiver<T> = End<T, Pop>;

/// The future of [`Receiver::recv`](End::recv).
pub type Recv<'a, T> = Waiting<Items<'a, T>, One>;

/// The future of [`Receiver::recv_many`](End::recv_many).
pub type RecvMany<'a, T> = Waiting<Items<'a, T>, Many<'a, T>>;

impl<T> Receiver<T> {
    /// Receives a value, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing. What it was
    /// called for passes to the next receiver in line.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    #[inline]
    pub fn recv(&self) -> Recv<'_, T> {
        Waiting::new(Items(&self.shared), One)
    }

    /// Receives at least one value and at most `max`, appends them to `into` and says how many:
    /// all that are there at once, waiting only while there is none. With `max` 0, 0 at once.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_many<'a>(&'a self, into: &'a mut Vec<T>, max: usize) -> RecvMany<'a, T> {
        Waiting::new(Items(&self.shared), Many { into, max })
    }

    /// As [`End::recv`], blocking the thread while there is no value.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_blocking(&self) -> Result<T, RecvError> {
        block(self.recv())
    }

    /// As [`End::recv_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when no value came in time, [`TryRecvError::Closed`] when the
    /// channel is closed and nothing is left in it.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, TryRecvError> {
        Ok(block_timeout(timeout, self.recv()).ok_or(TryRecvError::Empty)??)
    }

    /// As [`End::recv_many`], blocking the thread while there is no value.
    ///
    /// # Errors
    /// [`RecvError`] when the channel is closed and nothing is left in it.
    pub fn recv_many_blocking(&self, into: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        block(self.recv_many(into, max))
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
}

#[inline]
fn at_once<R>(found: Look<Result<R, RecvError>>) -> Result<R, TryRecvError> {
    match found {
        Look::Done(received) => Ok(received?),
        Look::Part | Look::Nothing => Err(TryRecvError::Empty),
    }
}
