//! One place of the ring: a stamp that says whose turn it is, and the value.

use std::mem::MaybeUninit;

use crate::sync::{AtomicUsize, Ordering, UnsafeCell};

pub(super) struct Slot<T> {
    stamp: AtomicUsize,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    pub(super) fn new(stamp: usize) -> Self {
        Self {
            stamp: AtomicUsize::new(stamp),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    #[inline]
    pub(super) fn stamp(&self) -> usize {
        // [ring.turn] pairs with [ring.publish], [ring.release]: the value was written, or moved
        // out.
        self.stamp.load(Ordering::Acquire)
    }

    /// Writes the value and hands the slot to the consumers.
    ///
    /// # Safety
    /// The caller claimed this slot for writing, and its stamp said "free" in lap `lap`.
    #[inline]
    pub(super) unsafe fn publish(&self, lap: usize, value: T) {
        self.value.with_mut(|place| {
            // SAFETY: the claim makes this thread the only one to touch the value.
            unsafe { (*place).write(value) };
        });
        // [ring.publish] pairs with [ring.turn]: the value is seen whole.
        self.stamp.store(lap.wrapping_add(1), Ordering::Release);
    }

    /// Moves the value out and hands the slot to the producers of the lap after.
    ///
    /// # Safety
    /// The caller claimed this slot for reading, and its stamp said "full" in the lap before
    /// `next_lap`.
    #[inline]
    pub(super) unsafe fn release(&self, next_lap: usize) -> T {
        // SAFETY: a full slot holds a value, and the claim makes this thread the only one to move
        // it out.
        let value = self
            .value
            .with_mut(|place| unsafe { (*place).assume_init_read() });
        // [ring.release] pairs with [ring.turn]: the value has left before the next one is written.
        self.stamp.store(next_lap, Ordering::Release);
        value
    }
}
