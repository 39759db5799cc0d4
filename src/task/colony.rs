//! A slab and who schedules its tasks, in one place that lives as long as an owner or a cell.

use std::{ops::Deref, ptr::NonNull};

use super::header::{Hooks, Readied, Slab, TaskRef};
use super::{error::Panic, housing::Housing, permits::Permits};

/// What a task needs of its executor.
pub(crate) trait Schedule: Send + Sync + 'static {
    /// Takes a task that became ready. Must not allocate, block or fail: admission happened at
    /// spawn.
    fn schedule(&self, task: TaskRef, readied: Readied);

    /// A task's future panicked, which nobody knows yet: called before its end is published.
    fn panicked(&self, _panic: &Panic) {}
}

/// One part in a slab and its scheduler. Both live until every owner has gone and every cell is
/// free: wakers and join handles may outlive the executor.
#[derive(Debug)]
pub(crate) struct Colony<S: Schedule>(NonNull<Inside<S>>);

struct Inside<S> {
    slab: Slab,
    schedule: S,
}

// SAFETY: as an `Arc` of what is inside, which is `Send + Sync`.
unsafe impl<S: Schedule> Send for Colony<S> {}
// SAFETY: as above.
unsafe impl<S: Schedule> Sync for Colony<S> {}

impl<S: Schedule> Colony<S> {
    /// A colony of at most `tasks_max` cells. `workers`: how many magazines there may be that hold
    /// permits in store.
    pub(crate) fn new(tasks_max: usize, workers: usize, schedule: S) -> Self {
        let inside = NonNull::from(Box::leak(Box::<Inside<S>>::new_uninit())).cast::<Inside<S>>();
        let permits = Permits::new(tasks_max, workers);
        let hooks = Hooks { schedule: Self::schedule, panicked: Self::panicked };
        // SAFETY: it will be inside; `Inside<S>` is `Send`.
        let housing = unsafe { Housing::new(permits, Self::end, inside.cast()) };
        let slab = Slab { housing, hooks };
        // SAFETY: a box has room for it.
        unsafe { inside.write(Inside { slab, schedule }) };
        Self(inside)
    }

    pub(crate) fn slab(&self) -> &Slab {
        &self.inside().slab
    }

    fn inside(&self) -> &Inside<S> {
        // SAFETY: this part keeps it alive.
        unsafe { self.0.as_ref() }
    }

    unsafe fn schedule(inside: NonNull<()>, task: TaskRef, readied: Readied) {
        // SAFETY: the slab calls its hooks with what `new` gave it, while it is alive.
        let inside = unsafe { inside.cast::<Inside<S>>().as_ref() };
        inside.schedule.schedule(task, readied);
    }

    unsafe fn panicked(inside: NonNull<()>, panic: &Panic) {
        // SAFETY: as above.
        unsafe { inside.cast::<Inside<S>>().as_ref() }.schedule.panicked(panic);
    }

    unsafe fn end(inside: NonNull<()>) {
        // SAFETY: made of a box, and the slab says that nobody knows it any more.
        drop(unsafe { Box::from_raw(inside.cast::<Inside<S>>().as_ptr()) });
    }
}

impl<S: Schedule> Deref for Colony<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.inside().schedule
    }
}

impl<S: Schedule> Clone for Colony<S> {
    fn clone(&self) -> Self {
        self.slab().housing.add_owner();
        Self(self.0)
    }
}

impl<S: Schedule> Drop for Colony<S> {
    fn drop(&mut self) {
        // SAFETY: this part is given up.
        unsafe { Housing::drop_owner(NonNull::from(&self.slab().housing)) };
    }
}
