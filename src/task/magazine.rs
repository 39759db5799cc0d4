//! What a worker has at hand: free slots and permits, taken and given without a shared step. (The
//! scheme is J. Bonwick's and J. Adams's, *Magazines and vmem*, USENIX 2001.)
//!
//! A slot goes to the magazine of the thread that frees its cell: slots wander. What is too much
//! goes to the depot in batches, and what is missing comes from there.

use std::{cell::Cell, ptr, ptr::NonNull};

use super::slot::{CLASSES, List, Slot};
use super::{depot::BATCH, housing::Housing, permits::Hoard, permits::Permits};
use crate::sync::{Ordering, thread_local, within};

/// How many slots of a class a magazine holds at most, and keeps when it is flushed.
const SLOTS_MAX: usize = 2 * BATCH;
const SLOTS_KEPT: usize = BATCH / 2;

thread_local! {
    /// The magazine that the calling thread is in.
    static CURRENT: Cell<*const Magazine> = const { Cell::new(ptr::null()) };
}

/// The slots and permits of one thread at a time; an owner of their slab.
pub(crate) struct Magazine {
    housing: NonNull<Housing>,
    lists: [Cell<List>; CLASSES],
    hoard: Option<(usize, NonNull<Hoard>)>,
}

// SAFETY: it may go to another thread between two stays: `enter` borrows it.
unsafe impl Send for Magazine {}

impl Housing {
    /// A slot of the class and a permit; `None` when there is no permit.
    #[inline]
    pub(super) fn take(&self, class: usize) -> Option<Slot> {
        match Magazine::current(self) {
            Some(magazine) if magazine.take_permit() => Some(magazine.take_slot(class)),
            None if self.permits.take(1) == 1 => Some(self.depot.take(class)),
            _ => None,
        }
    }

    /// Gives a slot and its permit back. The caller's last use of the housing, unless it is an
    /// owner.
    ///
    /// # Safety
    /// Both were taken from this housing.
    #[inline]
    pub(super) unsafe fn give(housing: NonNull<Self>, class: usize, slot: Slot) {
        // SAFETY: the permit keeps it alive until it is given.
        match Magazine::current(unsafe { housing.as_ref() }) {
            Some(magazine) => {
                magazine.give_slot(class, slot);
                magazine.give_permit();
            }
            // SAFETY: as above.
            None => unsafe {
                housing.as_ref().depot.give(class, slot);
                Self::give_permits(housing, 1);
            },
        }
    }
}

impl Magazine {
    /// An empty one.
    pub(super) fn new(housing: NonNull<Housing>) -> Self {
        // SAFETY: the caller lends a housing that is alive; from here on the magazine owns a part.
        let alive = unsafe { housing.as_ref() };
        alive.add_owner();
        let hoard = alive.permits.borrow_hoard();
        Self {
            housing,
            lists: Default::default(),
            hoard: hoard.map(|(number, hoard)| (number, NonNull::from(hoard))),
        }
    }

    /// Runs `work` with this as the thread's magazine.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        let own = ptr::from_ref(self);
        within(|magazine| CURRENT.with(|current| current.replace(magazine)), own, work)
    }

    /// Gives back what is more than a little: before the thread sleeps.
    pub(crate) fn flush(&self) {
        self.keep(SLOTS_KEPT, self.permits().hoard_max / 4);
    }

    /// The calling thread's magazine, if it is one of this housing's. Valid for the length of a
    /// call.
    #[inline]
    fn current<'a>(housing: &Housing) -> Option<&'a Self> {
        // SAFETY: the pointer is null, or set on this thread while the magazine is there.
        let magazine = unsafe { CURRENT.with(Cell::get).as_ref() }?;
        ptr::eq(magazine.housing.as_ptr(), housing).then_some(magazine)
    }

    #[inline]
    fn housing(&self) -> &Housing {
        // SAFETY: the magazine is an owner.
        unsafe { self.housing.as_ref() }
    }

    #[inline]
    fn permits(&self) -> &Permits {
        &self.housing().permits
    }

    #[inline]
    fn hoard(&self) -> Option<&Hoard> {
        // SAFETY: a hoard is there as long as its housing.
        self.hoard.map(|(_, hoard)| unsafe { hoard.as_ref() })
    }

    #[inline]
    fn change<R>(&self, class: usize, change: impl FnOnce(&mut List) -> R) -> R {
        let mut list = self.lists[class].get();
        let result = change(&mut list);
        self.lists[class].set(list);
        result
    }

    #[inline]
    fn take_slot(&self, class: usize) -> Slot {
        self.change(class, |list| {
            loop {
                match list.pop() {
                    Some(slot) => return slot,
                    None => self.housing().depot.refill(class, list),
                }
            }
        })
    }

    #[inline]
    fn give_slot(&self, class: usize, slot: Slot) {
        self.change(class, |list| {
            list.push(slot);
            if list.len > SLOTS_MAX {
                self.housing().depot.spill(class, list);
            }
        });
    }

    #[inline]
    fn take_permit(&self) -> bool {
        let Some(hoard) = self.hoard() else {
            return self.permits().take(1) == 1;
        };
        let held = match hoard.load(Ordering::Relaxed) {
            0 => self.permits().take_many(),
            held => held,
        };
        hoard.store(held.saturating_sub(1), Ordering::Relaxed);
        held > 0
    }

    #[inline]
    fn give_permit(&self) {
        let Some(hoard) = self.hoard() else {
            return self.give_permits(1);
        };
        let (held, most) = (hoard.load(Ordering::Relaxed) + 1, self.permits().hoard_max);
        hoard.store(held, Ordering::Relaxed);
        if held > most {
            self.keep_permits(most / 2);
        } else if self.permits().is_scarce() {
            self.keep_permits(0);
        }
    }

    fn keep(&self, slots: usize, permits: usize) {
        for (class, list) in self.lists.iter().enumerate() {
            while list.get().len > slots {
                self.change(class, |list| self.housing().depot.spill(class, list));
            }
        }
        self.keep_permits(permits);
    }

    #[cold]
    fn keep_permits(&self, most: usize) {
        if let Some(hoard) = self.hoard()
            && let Some(more @ 1..) = hoard.load(Ordering::Relaxed).checked_sub(most)
        {
            hoard.store(most, Ordering::Relaxed);
            self.give_permits(more);
        }
    }

    fn give_permits(&self, permits: usize) {
        // SAFETY: they were taken; the magazine is an owner.
        unsafe { Housing::give_permits(self.housing, permits) };
        self.permits().judge();
    }
}

impl Drop for Magazine {
    fn drop(&mut self) {
        self.keep(0, 0);
        if let Some((number, _)) = self.hoard {
            self.permits().return_hoard(number);
        }
        // SAFETY: the magazine's part.
        unsafe { Housing::drop_owner(self.housing) };
    }
}
