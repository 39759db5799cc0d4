//! The places where cells live, and lists of those where nobody lives.

use std::{alloc::Layout, ptr::NonNull, task::Waker};

use super::state::State;
use crate::sync::{UnsafeCell, shrunk};

/// Slots are multiples of this, and so aligned: one cache line.
pub(super) const STEP: usize = shrunk(64, 512);

/// How many sizes of slots there are.
pub(super) const CLASSES: usize = shrunk(8, 1);

/// What a cell of this layout takes; `None` when it is too large, or aligned too strictly.
pub(super) const fn class_of(cell: Layout) -> Option<usize> {
    let class = (cell.size() - 1) / STEP;
    if cell.align() <= STEP && class < CLASSES { Some(class) } else { None }
}

/// How many bytes a slot of the class has.
pub(super) const fn bytes(class: usize) -> usize {
    (class + 1) * STEP
}

/// The front of a slot: made with it and gone with it, whoever lives there meanwhile.
#[repr(C)]
pub(super) struct Front {
    pub(super) state: State,
    /// Who waits for the join handle. Empty while nobody lives here.
    pub(super) join_waker: UnsafeCell<Option<Waker>>,
}

/// A slot where nobody lives.
#[repr(C)]
pub(super) struct Free {
    front: Front,
    next: Option<Slot>,
}

/// A place for a cell. Whoever holds it and finds nobody living there may move in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(pub(super) NonNull<Free>);

// SAFETY: what is reached through a slot is `Sync` (the state word) or belongs to one holder at a
// time, which queues and lists hand on.
unsafe impl Send for Slot {}

impl Slot {
    /// Makes a slot of plain memory.
    ///
    /// # Safety
    /// Some class's bytes at `place` are the caller's, aligned by [`STEP`].
    pub(super) unsafe fn carve(place: NonNull<u8>) -> Self {
        let slot = place.cast::<Free>();
        let front = Front { state: State::new(), join_waker: UnsafeCell::new(None) };
        // SAFETY: the caller states that there is room.
        unsafe { slot.write(Free { front, next: None }) };
        Self(slot)
    }
}

/// A stack of slots, linked through themselves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    first: Option<Slot>,
    pub(super) len: usize,
}

impl List {
    #[inline]
    pub(super) fn push(&mut self, slot: Slot) {
        // SAFETY: nobody lives in a slot that is given to a list.
        unsafe { (*slot.0.as_ptr()).next = self.first };
        self.first = Some(slot);
        self.len += 1;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Slot> {
        let slot = self.first?;
        // SAFETY: nobody lives in a slot that a list holds.
        self.first = unsafe { (*slot.0.as_ptr()).next };
        self.len -= 1;
        Some(slot)
    }
}
