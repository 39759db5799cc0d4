//! Why a queue did not do as asked; messages come back.

use std::sync::Arc;

use super::message::{Message, MessageId};

/// Why a store failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Its disk is full.
    Full,
    /// It does not answer now: locked, or out of reach. Later it may.
    Unavailable,
    /// It is closed.
    Closed,
    /// Anything else.
    Other,
}

/// A store failed: what was asked for was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    said: Arc<str>,
}

impl StoreError {
    /// For those who write stores.
    pub fn new(kind: StoreErrorKind, said: impl Into<Arc<str>>) -> Self {
        Self { kind, said: said.into() }
    }

    /// What kind it is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

says!([] StoreError: |own, f| write!(f, "the queue's store failed: {}", own.said));

/// Why a message was not taken in; it comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnqueueError {
    /// The queue holds as many messages as it may.
    Full(Message),
    /// The message has more bytes than `message_bytes_max`.
    TooLarge(Message, usize),
    /// The queue is closed.
    Closed(Message),
    /// The store failed.
    Store(Message, StoreError),
}

impl EnqueueError {
    /// The message.
    pub fn into_message(self) -> Message {
        match self {
            Self::Full(message)
            | Self::TooLarge(message, _)
            | Self::Closed(message)
            | Self::Store(message, _) => message,
        }
    }
}

says!([] EnqueueError: |own, f| match own {
    EnqueueError::Full(_) => f.write_str("the queue is full: try again later"),
    EnqueueError::TooLarge(message, max) => {
        write!(f, "the message has {} bytes; at most {max} are allowed", message.bytes())
    }
    EnqueueError::Closed(_) => f.write_str("the queue is closed"),
    EnqueueError::Store(_, error) => write!(f, "{error}"),
});

/// Why nothing was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiveError {
    /// The queue is closed, and nothing is ready in it.
    Closed,
    /// The store failed.
    Store(StoreError),
}

says!([] ReceiveError: |own, f| match own {
    ReceiveError::Closed => f.write_str("the queue is closed and nothing is ready in it"),
    ReceiveError::Store(error) => write!(f, "{error}"),
});

/// Why a delivery was not settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettleError {
    /// The lease is over: the message was delivered again, or will be.
    Lost(MessageId),
    /// The store failed; the lease runs out by itself.
    Store(StoreError),
}

says!([] SettleError: |own, f| match own {
    SettleError::Lost(id) => write!(
        f,
        "the lease of message {} is over: ask for a longer one, or extend it in time",
        id.0
    ),
    SettleError::Store(error) => write!(f, "{error}"),
});

/// Why a dead letter was not brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedriveError {
    /// It is not among the dead letters.
    Unknown(MessageId),
    /// The queue holds as many messages as it may.
    Full,
    /// The store failed.
    Store(StoreError),
}

says!([] RedriveError: |own, f| match own {
    RedriveError::Unknown(id) => write!(f, "message {} is not among the dead letters", id.0),
    RedriveError::Full => f.write_str("the queue is full: try again later"),
    RedriveError::Store(error) => write!(f, "{error}"),
});

/// Why a store did not take a message in, which its sender has still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It holds as many messages as it may.
    Full,
    /// The message has more bytes than this.
    TooLarge(usize),
    /// It failed.
    Store(StoreError),
}

says!([] Refused: |own, f| match own {
    Refused::Full => f.write_str("the queue is full: try again later"),
    Refused::TooLarge(max) => write!(f, "the message has more than {max} bytes"),
    Refused::Store(error) => write!(f, "{error}"),
});

macro_rules! from_store {
    ($($error:ident),*) => {
        $(impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Self::Store(error)
            }
        })*
    };
}

from_store!(ReceiveError, SettleError, RedriveError, Refused);
