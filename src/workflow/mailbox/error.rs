//! Why a letter was not posted, or no inbox opened.

use crate::workflow::queue::{EnqueueError, StoreError};

/// Why a letter was not posted; it comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostError {
    /// The mailbox holds as many letters as it may.
    Full(Vec<u8>),
    /// The letter has more bytes than so many.
    TooLarge(Vec<u8>, usize),
    /// The mailbox is closed.
    Closed(Vec<u8>),
    /// The store failed.
    Store(Vec<u8>, StoreError),
}

impl From<EnqueueError> for PostError {
    fn from(error: EnqueueError) -> Self {
        match error {
            EnqueueError::Full(message) => Self::Full(message.into_body()),
            EnqueueError::TooLarge(message, max) => Self::TooLarge(message.into_body(), max),
            EnqueueError::Closed(message) => Self::Closed(message.into_body()),
            EnqueueError::Store(message, error) => Self::Store(message.into_body(), error),
        }
    }
}

says!([] PostError: |own, f| match own {
    PostError::Full(_) => f.write_str("the mailbox is full: try again later"),
    PostError::TooLarge(letter, max) => {
        write!(f, "the letter has {} bytes; at most {max} are allowed", letter.len())
    }
    PostError::Closed(_) => f.write_str("the mailbox is closed"),
    PostError::Store(_, error) => write!(f, "{error}"),
});

/// Somebody has the inbox open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxTaken;

says!([] InboxTaken: |_, f| {
    f.write_str("the mailbox's inbox is open elsewhere: one receiver at a time keeps the order")
});
