//! A thread's own stock of free places and permits, by which most cells come and go without a
//! shared line. (The scheme is that of J. Bonwick's slab allocator with magazines, 2001.)
//!
//! Places wander: a cell's place goes to the stock of the thread that frees the cell. What is too
//! much goes to the others in batches, as does what is missing.

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::chunk::{CLASSES, Place};
use super::free_list::FreeList;
use super::slab::Slab;
use crate::sync::PLACES_MOVED;

thread_local! {
    static CURRENT: Cell<*const Magazine> = const { Cell::new(ptr::null()) };
}

/// The stock of one thread for one slab; an owner of the slab.
pub(crate) struct Magazine {
    slab: NonNull<Slab>,
    permits: Cell<usize>,
    lists: [UnsafeCell<FreeList>; CLASSES],
}

// SAFETY: it may go to another thread between two stays on one: `enter` borrows it exclusively.
unsafe impl Send for Magazine {}

/// While it lives, the thread uses the magazine.
/// It is to be dropped, not forgotten, by the crate's own code.
pub(crate) struct Entered<'a>(*const Magazine, PhantomData<&'a Magazine>);

impl Slab {
    /// An empty stock for one thread.
    pub(crate) fn magazine(&self) -> Magazine {
        self.add_owner();
        Magazine {
            slab: self.root(),
            permits: Cell::new(0),
            lists: [const { UnsafeCell::new(FreeList::new()) }; CLASSES],
        }
    }

    /// A place for a cell; `None` at `tasks_max` cells.
    #[inline]
    pub(super) fn allocate(&self, class: usize) -> Option<Place> {
        match Magazine::current(self.root()) {
            Some(magazine) => magazine.allocate(class),
            None => self.take_place(class),
        }
    }

    /// Takes the place of a cell back that is no more. The last use of the slab.
    ///
    /// # Safety
    /// The place came from [`Slab::allocate`] of this slab and class, and no cell is in it.
    #[inline]
    pub(super) unsafe fn release(slab: NonNull<Self>, class: usize, place: Place) {
        match Magazine::current(slab) {
            Some(magazine) => magazine.release(class, place),
            // SAFETY: as the caller states.
            None => unsafe { Self::give_place(slab, class, place) },
        }
    }
}

impl Magazine {
    /// Makes this the thread's stock for as long as the guard lives.
    pub(crate) fn enter(&self) -> Entered<'_> {
        Entered(CURRENT.replace(self), PhantomData)
    }

    /// The thread's stock, if it is for this slab. Valid for the length of a call.
    #[inline]
    fn current<'a>(slab: NonNull<Slab>) -> Option<&'a Self> {
        // SAFETY: the pointer is null, or set on this thread while the magazine is there.
        let current = unsafe { CURRENT.get().as_ref() }?;
        (current.slab == slab).then_some(current)
    }

    fn slab(&self) -> &Slab {
        // SAFETY: the magazine is an owner.
        unsafe { self.slab.as_ref() }
    }

    #[inline]
    fn allocate(&self, class: usize) -> Option<Place> {
        let mut permits = self.permits.get();
        if permits == 0 {
            permits = self.slab().take_permits(self.slab().hoard().max(1));
            if permits == 0 {
                return None;
            }
        }
        let place = self.with(class, FreeList::pop).or_else(|| {
            self.slab()
                .take_places(class, |place| self.add(class, place));
            self.with(class, FreeList::pop)
        });
        self.permits.set(permits - 1);
        place
    }

    #[inline]
    fn release(&self, class: usize, place: Place) {
        self.add(class, place);
        if self.with(class, |list| list.len()) > 2 * PLACES_MOVED {
            self.give_places(class);
        }
        let permits = self.permits.get() + 1;
        self.permits.set(permits);
        if permits > 2 * self.slab().hoard() {
            self.give_permits(permits - self.slab().hoard());
        }
    }

    #[inline]
    fn add(&self, class: usize, place: Place) {
        // SAFETY: the place is free, and the caller gives it.
        self.with(class, |list| unsafe { list.push(place) });
    }

    #[inline]
    fn with<R>(&self, class: usize, change: impl FnOnce(&mut FreeList) -> R) -> R {
        // SAFETY: the magazine is not `Sync`, and `change` is code of this room that does not come
        // back here.
        change(unsafe { &mut *self.lists[class].get() })
    }

    #[cold]
    fn give_places(&self, class: usize) {
        let Some(first) = self.with(class, FreeList::pop) else {
            return;
        };
        let mut places = [first; PLACES_MOVED];
        let mut taken = 1;
        while taken < PLACES_MOVED
            && let Some(place) = self.with(class, FreeList::pop)
        {
            places[taken] = place;
            taken += 1;
        }
        self.slab().give_places(class, &places[..taken]);
    }

    #[cold]
    fn give_permits(&self, permits: usize) {
        self.permits.set(self.permits.get() - permits);
        // SAFETY: the permits were this magazine's, which is an owner.
        unsafe { Slab::give_permits(self.slab, permits) };
    }

    /// Gives all permits back, before the thread sleeps.
    pub(crate) fn flush(&self) {
        if self.permits.get() > 0 {
            self.give_permits(self.permits.get());
        }
    }
}

impl Drop for Magazine {
    fn drop(&mut self) {
        self.flush();
        for class in 0..CLASSES {
            while self.with(class, |list| list.len()) > 0 {
                self.give_places(class);
            }
        }
        // SAFETY: it was added as an owner.
        unsafe { Slab::drop_owner(self.slab) };
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
