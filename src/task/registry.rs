//! The table of live tasks: admission at spawn, and what shutdown walks.
//!
//! One word a task. A free place holds the number of the next free one, so that the table is its
//! own free list: a stack (R. K. Treiber, 1986) whose top carries a tag that counts takes, against
//! ABA: a stale top is mistaken for a fresh one only if exactly a multiple of 2^32 takes happen
//! within one compare-exchange.
//!
//! ```text
//! place  0                 never used: the next free place is its right neighbour
//!        next << 1 | 1     free
//!        address           taken (addresses are even)
//! top    | 32: tag | 32: number of the first free place |
//! ```
//!
//! **Progress.** `acquire` and `release` are lock-free.

use super::header::TaskRef;
use super::index::Index;
use crate::sync::{AtomicU32, AtomicU64, AtomicUsize, Backoff, Ordering, boxed_zeroed};

/// The largest table: 2^31 places.
pub(crate) const PLACES_MAX: usize = 1 << 31;

pub(crate) struct Registry {
    places: Box<[AtomicUsize]>,
    top: AtomicU64,
    used: AtomicU32,
}

impl Registry {
    /// A table of `places` places, at most [`PLACES_MAX`].
    pub(crate) fn new(places: usize) -> Self {
        assert!((1..=PLACES_MAX).contains(&places), "{places} places");
        Self {
            // SAFETY: zero bytes are an `AtomicUsize` of value 0, which is what the closure makes.
            places: unsafe { boxed_zeroed(places, || AtomicUsize::new(0)) },
            top: AtomicU64::new(0),
            used: AtomicU32::new(0),
        }
    }

    /// Takes a place; `None` when all are taken.
    pub(crate) fn acquire(&self) -> Option<Index> {
        let mut backoff = Backoff::new();
        // [task.top_seen] pairs with [task.top_freed]: the link in the place is seen.
        let mut top = self.top.load(Ordering::Acquire);
        loop {
            let first = top as u32;
            let link = self.places.get(first as usize)?.load(Ordering::Relaxed);
            let next = if link == 0 {
                first + 1
            } else {
                (link >> 1) as u32
            };
            let tag = (top >> 32).wrapping_add(1) << 32;
            match self.top.compare_exchange_weak(
                top,
                tag | u64::from(next),
                Ordering::Relaxed,
                // [task.top_lost] pairs with [task.top_freed]: the link in the place is seen.
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    if link == 0 {
                        self.used.fetch_max(first + 1, Ordering::Relaxed);
                    }
                    return Some(Index::new(first));
                }
                Err(now) => {
                    top = now;
                    backoff.spin();
                }
            }
        }
    }

    /// Puts a task into the place acquired for it.
    pub(crate) fn publish(&self, index: Index, task: TaskRef) {
        // [task.listed] pairs with [task.walked]: the cell is seen whole.
        self.places[index.place()].store(task.address(), Ordering::Release);
    }

    /// Gives a place back.
    pub(crate) fn release(&self, index: Index) {
        let mut backoff = Backoff::new();
        let mut top = self.top.load(Ordering::Relaxed);
        loop {
            let link = (top as u32 as usize) << 1 | 1;
            self.places[index.place()].store(link, Ordering::Relaxed);
            let freed = (top >> 32) << 32 | index.place() as u64;
            match self.top.compare_exchange_weak(
                top,
                freed,
                // [task.top_freed] pairs with [task.top_seen], [task.top_lost]: the link is seen.
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => {
                    top = now;
                    backoff.spin();
                }
            }
        }
    }

    /// Calls `visit` for each place that holds a task at that moment.
    pub(crate) fn walk(&self, mut visit: impl FnMut(TaskRef)) {
        let used = self.used.load(Ordering::Relaxed) as usize;
        for place in &self.places[..used] {
            // [task.walked] pairs with [task.listed]: the cell is seen whole.
            let word = place.load(Ordering::Acquire);
            if word & 1 == 0
                && let Some(task) = TaskRef::from_address(word)
            {
                visit(task);
            }
        }
    }

    /// The number of tasks in the table; looks at every place that was ever used.
    pub(crate) fn len(&self) -> usize {
        let mut tasks = 0;
        self.walk(|_| tasks += 1);
        tasks
    }
}
