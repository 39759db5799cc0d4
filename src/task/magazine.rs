//! What a worker has at hand: free slots and permits, taken and given without a shared step.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use super::depot::{BATCH, Depot};
use super::permits::{Hoard, Permits};
use super::slot::{CLASSES, List, Slot};
use crate::sync::{Ordering, thread_local};

/// How many slots of a class a magazine holds at most, and keeps when it is flushed.
const SLOTS_MAX: usize = 2 * BATCH;
const SLOTS_KEPT: usize = BATCH / 2;

thread_local! {
    /// The magazine that the calling thread is in.
    static CURRENT: Cell<*const Magazine<'static>> = const { Cell::new(ptr::null()) };
}

/// Where cells live, and how many may.
pub(super) struct Housing {
    pub(super) depot: Depot,
    pub(super) permits: Permits,
}

/// A worker's own slots and permits. Stays on its thread.
pub(crate) struct Magazine<'a> {
    housing: &'a Housing,
    lists: [Cell<List>; CLASSES],
    hoard: Option<(usize, &'a Hoard)>,
    thread: PhantomData<*const ()>,
}

impl Housing {
    pub(super) fn new(tasks_max: usize, workers: usize) -> Self {
        Self {
            depot: Depot::new(),
            permits: Permits::new(tasks_max, workers),
        }
    }

    /// A slot of the class and a permit; `None` when there is no permit.
    #[inline]
    pub(super) fn take(&self, class: usize) -> Option<Slot> {
        self.magazine(|magazine| match magazine {
            Some(magazine) => magazine.take_permit().then(|| magazine.take_slot(class)),
            None if self.permits.take(1) == 0 => None,
            None => Some(self.depot.take(class)),
        })
    }

    /// A slot of the class, without a permit.
    pub(super) fn take_slot(&self, class: usize) -> Slot {
        self.magazine(|magazine| match magazine {
            Some(magazine) => magazine.take_slot(class),
            None => self.depot.take(class),
        })
    }

    /// Gives a slot and its permit back. `true`: the caller frees the slab.
    #[inline]
    #[must_use]
    pub(super) fn give(&self, class: usize, slot: Slot) -> bool {
        self.magazine(|magazine| match magazine {
            Some(magazine) => {
                magazine.give_slot(class, slot);
                magazine.give_permit();
                false
            }
            None => {
                self.depot.give(class, slot);
                self.permits.give(1)
            }
        })
    }

    pub(super) fn give_slot(&self, class: usize, slot: Slot) {
        self.magazine(|magazine| match magazine {
            Some(magazine) => magazine.give_slot(class, slot),
            None => self.depot.give(class, slot),
        });
    }

    /// The calling thread's magazine, if it is one of this housing's.
    #[inline]
    fn magazine<R>(&self, work: impl FnOnce(Option<&Magazine<'_>>) -> R) -> R {
        let current = CURRENT.with(Cell::get);
        // SAFETY: the pointer is set for the length of `enter`, on this thread, and `Magazine` is
        // not `Sync`, so that the reference stays on the thread.
        let magazine = unsafe { current.as_ref() };
        work(magazine.filter(|magazine| ptr::eq(magazine.housing, self)))
    }
}

impl<'a> Magazine<'a> {
    pub(super) fn new(housing: &'a Housing) -> Self {
        Self {
            housing,
            lists: std::array::from_fn(|_| Cell::new(List::EMPTY)),
            hoard: housing.permits.borrow_hoard(),
            thread: PhantomData,
        }
    }

    /// Runs `work` with this as the thread's magazine.
    pub(crate) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Leave(*const Magazine<'static>);
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.with(|current| current.set(self.0));
            }
        }
        let own = ptr::from_ref(self).cast();
        let _leave = Leave(CURRENT.with(|current| current.replace(own)));
        work()
    }

    /// Gives back what is more than a little: before the worker sleeps.
    pub(crate) fn flush(&self) {
        self.keep(SLOTS_KEPT, self.housing.permits.hoard_max / 4);
    }

    fn keep(&self, slots: usize, permits: usize) {
        for (class, list) in self.lists.iter().enumerate() {
            while list.get().len > slots {
                self.change(class, |list| self.housing.depot.spill(class, list));
            }
        }
        self.keep_permits(permits);
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
                    None => self.housing.depot.refill(class, list),
                }
            }
        })
    }

    #[inline]
    fn give_slot(&self, class: usize, slot: Slot) {
        self.change(class, |list| {
            list.push(slot);
            if list.len > SLOTS_MAX {
                self.housing.depot.spill(class, list);
            }
        });
    }

    #[inline]
    fn take_permit(&self) -> bool {
        let permits = &self.housing.permits;
        let Some((_, hoard)) = self.hoard else {
            return permits.take(1) == 1;
        };
        let mut held = hoard.load(Ordering::Relaxed);
        if held == 0 {
            let most = if permits.is_scarce() {
                1
            } else {
                permits.hoard_max.div_ceil(2).max(1)
            };
            held = permits.take(most);
        }
        hoard.store(held.saturating_sub(1), Ordering::Relaxed);
        held > 0
    }

    #[inline]
    fn give_permit(&self) {
        let permits = &self.housing.permits;
        let Some((_, hoard)) = self.hoard else {
            return permits.give_hoarded(1);
        };
        let held = hoard.load(Ordering::Relaxed) + 1;
        hoard.store(held, Ordering::Relaxed);
        if permits.is_scarce() {
            self.keep_permits(0);
        } else if held > permits.hoard_max {
            self.keep_permits(permits.hoard_max / 2);
        }
    }

    fn keep_permits(&self, most: usize) {
        if let Some((_, hoard)) = self.hoard {
            let held = hoard.load(Ordering::Relaxed);
            if held > most {
                hoard.store(most, Ordering::Relaxed);
                self.housing.permits.give_hoarded(held - most);
            }
        }
    }
}

impl Drop for Magazine<'_> {
    fn drop(&mut self) {
        self.keep(0, 0);
        if let Some((number, _)) = self.hoard {
            self.housing.permits.return_hoard(number);
        }
    }
}
