//! Who may live: one permit for each cell, from spawn until it is freed.
//!
//! ```text
//! shared counter: tasks_max at first
//!    | ^                      take, give: one step for one permit, from any thread
//!    v |                      take_batch, give: one step for many, by a worker
//! hoard of a worker           a number that it alone changes
//! ```
//!
//! All hoards together hold an eighth of `tasks_max` at most; where that is less than one each,
//! there are none, and admission is exact. With hoards, a thread outside may be refused when up to
//! an eighth of the permits lie in them. A refusal sets `scarce`: from then on workers give back
//! what they hoard at their next end of a task, or flush, and take one at a time, until there is
//! plenty again.
//!
//! **The end.** The owner's end gives one permit more. Then nobody takes any, and whoever brings
//! the counter to `tasks_max + 1` knows that nothing lives and nobody owns: it frees the slab.
//!
//! **Progress.** Giving is wait-free, taking lock-free.

use std::sync::PoisonError;

use crossbeam_utils::CachePadded;

use super::depot::BATCH;
use crate::sync::{AtomicUsize, Mutex, Ordering, shrunk};

/// All hoards together are at most such a part of the permits.
const PART: usize = shrunk(8, 1);

/// Beside the workers, so many threads may hoard permits: those that come for a while.
const GUESTS: usize = shrunk(2, 0);

pub(super) struct Permits {
    tasks_max: usize,
    pub(super) hoard_max: usize,
    scarce: AtomicUsize,
    hoards: Box<[Hoard]>,
    /// The hoards that no worker has.
    spare: Mutex<Vec<usize>>,
    shared: CachePadded<AtomicUsize>,
}

/// The permits that one worker has in store.
pub(super) type Hoard = CachePadded<AtomicUsize>;

impl Permits {
    pub(super) fn new(tasks_max: usize, workers: usize) -> Self {
        let hoards = workers + GUESTS;
        let hoard_max = (tasks_max / PART / hoards.max(1)).min(2 * BATCH);
        let hoards = if hoard_max == 0 { 0 } else { hoards };
        Self {
            tasks_max,
            hoard_max,
            scarce: AtomicUsize::new(0),
            hoards: (0..hoards).map(|_| Hoard::default()).collect(),
            spare: Mutex::new((0..hoards).collect()),
            shared: CachePadded::new(AtomicUsize::new(tasks_max)),
        }
    }

    /// A hoard for one worker, if there is one left. Goes back to [`Permits::return_hoard`].
    pub(super) fn borrow_hoard(&self) -> Option<(usize, &Hoard)> {
        let number = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        number.map(|number| (number, &self.hoards[number]))
    }

    pub(super) fn return_hoard(&self, number: usize) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(number);
    }

    /// How many are taken: exact while nobody takes or gives.
    pub(super) fn taken(&self) -> usize {
        let hoards = self.hoards.iter();
        let hoarded: usize = hoards.map(|hoard| hoard.load(Ordering::Relaxed)).sum();
        let free = self.shared.load(Ordering::Relaxed) + hoarded;
        self.tasks_max.saturating_sub(free)
    }

    pub(super) fn is_scarce(&self) -> bool {
        self.scarce.load(Ordering::Relaxed) != 0
    }

    /// Takes up to `most` permits; 0 when there are none.
    #[inline]
    pub(super) fn take(&self, most: usize) -> usize {
        let take = |free: usize| (free > 0).then(|| free.saturating_sub(most));
        let Ok(free) = self.shared.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) else {
            self.scarce.store(1, Ordering::Relaxed);
            return 0;
        };
        free.min(most)
    }

    /// As many as a worker takes at once; 0 when there are none.
    #[cold]
    pub(super) fn take_many(&self) -> usize {
        self.take(if self.is_scarce() { 1 } else { self.hoard_max.div_ceil(2) })
    }

    /// Gives permits back, or the owner's end. `true`: this was the last; nobody will touch the
    /// slab any more, and the caller frees it.
    #[inline]
    #[must_use]
    pub(super) fn give(&self, permits: usize) -> bool {
        let last = self.tasks_max + 1;
        // [task.given] pairs with [task.all_given]: all that was done with the cell is done.
        if self.shared.fetch_add(permits, Ordering::Release) + permits != last {
            return false;
        }
        // [task.all_given] pairs with [task.given]: so that nothing is freed that is still in use.
        self.shared.load(Ordering::Acquire);
        true
    }

    /// Takes note of what the workers give back: whether permits are scarce no more.
    pub(super) fn judge(&self) {
        if self.is_scarce() && self.shared.load(Ordering::Relaxed) > self.tasks_max / 4 {
            self.scarce.store(0, Ordering::Relaxed);
        }
    }
}
