//! One place of the ring: a stamp that says whose turn it is, and the value.

use std::mem::MaybeUninit;

use crate::sync::{AtomicUsize, Ordering, UnsafeCell};

/// What a stamp has above its lap: free to be written in that lap.
pub(super) const FREE: usize = 0;

/// Full, to be read in that lap. Laps are multiples of a word's step, so that even a single slot's
/// "full in this lap" and "free in the next" differ.
pub(super) const FULL: usize = 1;

pub(crate) struct Slot<T> {
    stamp: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    pub(super) fn new(lap: usize) -> Self {
        Self { stamp: AtomicUsize::new(lap), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Whether the slot's stamp is this one: then it may be claimed.
    #[inline(always)]
    pub(super) fn is_at(&self, stamp: usize) -> bool {
        // [ring.turn] pairs with [ring.publish], [ring.release]: the value was written, or moved
        // out.
        self.stamp.load(Ordering::Acquire) == stamp
    }

    /// Writes the value and hands the slot to the consumers.
    ///
    /// # Safety
    /// The caller claimed this slot for writing, and it was free in `lap`.
    #[inline(always)]
    pub(super) unsafe fn publish(&self, lap: usize, value: T) {
        // SAFETY: the claim makes this thread the only one to touch the value.
        self.value.with_mut(|place| unsafe { place.cast::<T>().write(value) });
        // [ring.publish] pairs with [ring.turn]: the value is seen whole.
        self.stamp.store(lap | FULL, Ordering::Release);
    }

    /// Moves the value out and hands the slot to the producers of the lap after.
    ///
    /// # Safety
    /// The caller claimed this slot for reading, and it was full in the lap before `next_lap`.
    #[inline(always)]
    pub(super) unsafe fn release(&self, next_lap: usize) -> T {
        // SAFETY: a full slot holds a value, and the claim makes this thread the only one to move
        // it out.
        let value = self.value.with_mut(|place| unsafe { (*place).assume_init_read() });
        // [ring.release] pairs with [ring.turn]: the value has left before the next one is written.
        self.stamp.store(next_lap, Ordering::Release);
        value
    }
}
