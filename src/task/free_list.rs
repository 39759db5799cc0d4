//! Free places, linked where their cells would be: no memory of its own.

use std::ptr::{self, NonNull, addr_of_mut};

use super::chunk::Place;
use super::header::Header;

/// Free places, last in, first out: what was used last is still in the cache.
#[derive(Debug)]
pub(super) struct FreeList {
    first: *mut Header,
    len: usize,
}

// SAFETY: the places are this list's alone.
unsafe impl Send for FreeList {}

impl FreeList {
    pub(super) const fn new() -> Self {
        Self {
            first: ptr::null_mut(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// # Safety
    /// No cell is in the place, and it is the caller's to give.
    #[inline]
    pub(super) unsafe fn push(&mut self, place: Place) {
        // SAFETY: the place is free, and the field, which stands for a cell's kind, is as large as a
        // pointer.
        unsafe { Self::link(place).write(self.first) };
        self.first = place.0.as_ptr();
        self.len += 1;
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Place> {
        let place = Place(NonNull::new(self.first)?);
        // SAFETY: `push` wrote the link of each place in the list.
        self.first = unsafe { Self::link(place).read() };
        self.len -= 1;
        Some(place)
    }

    fn link(place: Place) -> *mut *mut Header {
        // SAFETY: the place is memory for a header; no reference to it is made.
        unsafe { addr_of_mut!((*place.0.as_ptr()).kind) }.cast()
    }
}
