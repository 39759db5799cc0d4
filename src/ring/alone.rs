//! A ring on which one thread at a time pushes: for a worker's own run queue, popped by all.
//!
//! As with a sole [`Producer`](super::Producer), the tail moves by a plain store; but the ring is
//! reached by shared reference, and that nobody else pushes is for the caller to see to. The store
//! would wipe out a mark: such a ring is neither closed nor marked for those who wait.

use std::mem::MaybeUninit;

use super::side::{Shared, Sole};
use super::way::{Pop, Push};
use super::{error::PushError, queue::Ring, single::LOOK};

// The run queue of a worker is their user.
#[allow(dead_code, reason = "the executor that uses them comes next")]
impl<T> Ring<T> {
    /// As [`Ring::push`], without read-modify-write.
    ///
    /// # Errors
    /// [`PushError::Full`] with the value. May wait for a consumer that stalls in the next slot.
    ///
    /// # Safety
    /// Nobody else pushes meanwhile, and whoever pushed before, on another thread, did so before
    /// this in a way that orders. The ring is never closed, and its tail never marked.
    #[inline]
    pub(crate) unsafe fn push_alone(&self, value: T) -> Result<(), PushError<T>> {
        self.push_at::<Sole, Shared, LOOK>(&mut self.own_tail(), value).map(drop)
    }

    /// As [`Ring::push_alone`] at a glance: the value comes back, too, where a consumer has claimed
    /// the next slot and not left it yet. Waits for nobody.
    ///
    /// # Safety
    /// As [`Ring::push_alone`].
    #[inline]
    pub(crate) unsafe fn try_push_alone(&self, value: T) -> Result<(), T> {
        self.try_push_at::<Sole>(&mut self.own_tail(), value)
    }

    /// Moves the first of `count` values in, as many as there is room for, by one store of the
    /// tail. How many.
    ///
    /// # Safety
    /// As [`Ring::push_alone`]; `values` points to `count` values, and as many as are pushed are
    /// moved out.
    pub(crate) unsafe fn push_slice_alone(&self, values: *const T, count: usize) -> usize {
        // SAFETY: as the caller says.
        unsafe { self.pass::<Push, Sole>(&mut self.own_tail(), values.cast_mut(), count) }.0
    }

    /// Moves the oldest items to the first places of `to`, as many as it has room for, by one
    /// compare-exchange. How many: so many places are initialized. By any thread.
    #[inline]
    pub(crate) fn pop_to(&self, to: &mut [MaybeUninit<T>]) -> usize {
        let start = to.as_mut_ptr().cast();
        // SAFETY: there is room for so many.
        unsafe { self.pass::<Pop, Shared>(&mut self.head_seen(), start, to.len()) }.0
    }
}
