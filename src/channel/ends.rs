//! How many ends of one kind there are, and which of them goes last.

use crate::sync::{AtomicUsize, Ordering};

/// The number of ends of one kind.
#[derive(Debug)]
pub(super) struct Ends(AtomicUsize);

impl Ends {
    /// One end.
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// One more, made from one that is there.
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less. Whether it was the last.
    #[must_use]
    pub(super) fn leave(&self) -> bool {
        // [channel.left] pairs with [channel.left]: what the others did before they went comes
        // before what the last one does now.
        self.0.fetch_sub(1, Ordering::AcqRel) == 1
    }
}
