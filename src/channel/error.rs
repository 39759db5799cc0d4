//! Why nothing was sent or received; what was to be sent comes back.

use std::fmt;

/// The channel is closed: the value comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SendError<T>(
    /// The value that was not sent.
    pub T,
);

/// Why a value was not sent at once, or within its time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// There was no room.
    Full(T),
    /// The channel is closed.
    Closed(T),
}

/// The channel is closed and nothing is left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecvError;

/// Why nothing was received at once, or within its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// Nothing was there.
    Empty,
    /// The channel is closed and nothing is left in it.
    Closed,
}

impl<T> SendError<T> {
    /// The value that was not sent.
    pub fn into_value(self) -> T {
        self.0
    }
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    pub fn into_value(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the channel is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed(_))
    }
}

impl<T> From<SendError<T>> for TrySendError<T> {
    fn from(error: SendError<T>) -> Self {
        Self::Closed(error.0)
    }
}

impl From<RecvError> for TryRecvError {
    fn from(RecvError: RecvError) -> Self {
        Self::Closed
    }
}

const CLOSED: &str = "the channel is closed";

says!([T] SendError<T>: |_, f| f.write_str(CLOSED));

says!([T] TrySendError<T>: |own, f| {
    f.write_str(if own.is_full() { "the channel is full" } else { CLOSED })
});

says!([] RecvError: |_, f| f.write_str("the channel is closed and empty"));

says!([] TryRecvError: |own, f| match own {
    Self::Empty => f.write_str("the channel is empty"),
    Self::Closed => RecvError.fmt(f),
});

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "Full(..)" } else { "Closed(..)" })
    }
}
