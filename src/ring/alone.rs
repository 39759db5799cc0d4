//! A ring on which one thread at a time pushes: for a worker's own run queue, popped by all.
//!
//! As with a sole [`Producer`](super::Producer), the tail moves by a plain store; but the ring is
//! reached by shared reference, and that nobody else pushes is for the caller to see to. The store
//! would wipe out a mark: such a ring is neither closed nor marked for those who wait.

use super::{queue::Ring, side::Sole};

impl<T> Ring<T> {
    /// As [`Ring::try_push`], without read-modify-write: the value comes back where the ring is
    /// full, or a consumer has claimed the next slot and not left it yet. Waits for nobody.
    ///
    /// # Safety
    /// Nobody else pushes meanwhile, and whoever pushed before, on another thread, did so before
    /// this in a way that orders. The ring is never closed, and its tail never marked.
    #[inline]
    pub(crate) unsafe fn try_push_alone(&self, value: T) -> Result<(), T> {
        self.try_push_at::<Sole>(&mut self.own_tail(), value)
    }
}
