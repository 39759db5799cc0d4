//! Why a push gave its value back.

use std::fmt;

/// Why a push gave its value back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError<T> {
    /// The queue held `capacity` items.
    Full(T),
    /// The queue is closed: it takes nothing any more.
    Closed(T),
}

impl<T> PushError<T> {
    /// The value that was not pushed.
    pub fn into_value(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }

    /// Whether the queue was full: a later push may succeed.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_full() { "the queue is full" } else { "the queue is closed" })
    }
}

impl<T: fmt::Debug> std::error::Error for PushError<T> {}

/// A batch of which not all went in: how many did, and an iterator over all the others.
pub struct PushManyError<T, I> {
    pub(super) pushed: usize,
    pub(super) rest: std::iter::Chain<std::vec::IntoIter<T>, I>,
}

impl<T, I> PushManyError<T, I> {
    /// How many were pushed: the first so many.
    pub fn pushed(&self) -> usize {
        self.pushed
    }

    /// All that were not pushed, in their order.
    pub fn into_rest(self) -> std::iter::Chain<std::vec::IntoIter<T>, I> {
        self.rest
    }
}

shows!([T, I] PushManyError<T, I>: |own| PushManyError { pushed: own.pushed });

says!([T, I] PushManyError<T, I>: |own, f| {
    write!(f, "only {} went in: the queue is full or closed", own.pushed)
});
