//! Why nothing was pushed; what was to be pushed comes back.

use crate::workflow::refusal::Refusal;

/// What was not taken into the queue, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PushError<T> {
    /// What was to be pushed.
    pub value: T,
    /// Why it was not.
    pub refusal: Refusal,
}

says!([T] PushError<T>: |own, f| write!(f, "{}", own.refusal));
shows!([T] PushError<T>: |own| PushError { refusal: own.refusal });
