//! One executor's tasks and its scheduler, in one piece of memory that outlives both its owners and
//! its cells.

use std::fmt;
use std::ops::Deref;
use std::ptr::{NonNull, addr_of_mut};

use super::header::{Home, Schedule};
use super::slab::Slab;

/// The slab of an executor's cells, and its scheduler: cloned by those that keep the executor, and
/// there until they and all cells have gone.
///
/// A cell keeps it alive by the permit that it took: so spawning counts no references.
pub(crate) struct Colony<S: Schedule>(NonNull<Inside<S>>);

/// It begins with its slab, which begins with what cells know.
#[repr(C)]
struct Inside<S> {
    slab: Slab,
    schedule: S,
}

// SAFETY: a scheduler is `Send + Sync`, and so is the slab: its places go to one thread at a time.
unsafe impl<S: Schedule> Send for Colony<S> {}
// SAFETY: as above.
unsafe impl<S: Schedule> Sync for Colony<S> {}

impl<S: Schedule> Colony<S> {
    /// For at most `tasks_max` cells at once; about so many `threads` will have magazines.
    pub(crate) fn new(tasks_max: usize, threads: usize, schedule: S) -> Self {
        let home = Home {
            // SAFETY: the front of the inside of this type: as the slab's cells know it.
            schedule: |home, task, readied| unsafe {
                Self::inside(home).schedule.schedule(task, readied);
            },
            // SAFETY: as above.
            panicked: |home, panic| unsafe { Self::inside(home).schedule.panicked(panic) },
        };
        let inside = Box::new(Inside {
            slab: Slab::new(tasks_max, threads, home, |slab| {
                // SAFETY: the slab says so once, when nobody uses it any more.
                drop(unsafe { Box::from_raw(slab.cast::<Inside<S>>().as_ptr()) });
            }),
            schedule,
        });
        let inside = NonNull::from(Box::leak(inside));
        // SAFETY: nobody else knows it yet.
        unsafe { Slab::set_root(addr_of_mut!((*inside.as_ptr()).slab)) };
        Self(inside)
    }

    /// # Safety
    /// `home` is the front of an `Inside` of this type, which lives as long as the result.
    unsafe fn inside<'a>(home: NonNull<Home>) -> &'a Inside<S> {
        // SAFETY: the caller states it.
        unsafe { home.cast().as_ref() }
    }

    pub(crate) fn slab(&self) -> &Slab {
        // SAFETY: an owner keeps it alive.
        unsafe { &self.0.as_ref().slab }
    }
}

impl<S: Schedule> Clone for Colony<S> {
    fn clone(&self) -> Self {
        self.slab().add_owner();
        Self(self.0)
    }
}

impl<S: Schedule> Deref for Colony<S> {
    type Target = S;

    fn deref(&self) -> &S {
        // SAFETY: an owner keeps it alive.
        unsafe { &self.0.as_ref().schedule }
    }
}

impl<S: Schedule> Drop for Colony<S> {
    fn drop(&mut self) {
        // SAFETY: this was an owner.
        unsafe { Slab::drop_owner(self.0.cast()) };
    }
}

impl<S: Schedule> fmt::Debug for Colony<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Colony").finish_non_exhaustive()
    }
}
