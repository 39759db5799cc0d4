//! Magazines: what a thread has at hand, what it gives back, and when the slab ends.

use std::iter;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::depot::BATCH;
use super::depots::{carved, in_store};
use super::housing::Housing;
use super::magazine::Magazine;
use super::permits::Permits;
use super::slot::Slot;

const CLASS: usize = 2;

/// How many permits a magazine hoards at most, of 1,000 beside two workers.
const HOARD: usize = 31;

/// A slab without tasks; it counts its ends.
struct Whole {
    housing: Housing,
    ends: Arc<AtomicUsize>,
}

/// An owner of the slab.
struct Owner(NonNull<Housing>, Arc<AtomicUsize>);

impl Owner {
    fn new(tasks_max: usize, workers: usize) -> Self {
        let ends = Arc::new(AtomicUsize::new(0));
        let whole = NonNull::from(Box::leak(Box::<Whole>::new_uninit())).cast::<Whole>();
        // SAFETY: the housing stands in the whole until `end`.
        let housing = unsafe { Housing::new(Permits::new(tasks_max, workers), end, whole.cast()) };
        // SAFETY: a box has room for it; a place in it, which outlives the reference.
        let housing = unsafe {
            whole.write(Whole { housing, ends: ends.clone() });
            NonNull::new_unchecked(&raw mut (*whole.as_ptr()).housing)
        };
        Self(housing, ends)
    }

    fn housing(&self) -> &Housing {
        // SAFETY: this owner keeps it alive.
        unsafe { self.0.as_ref() }
    }

    fn magazine(&self) -> Magazine {
        Magazine::new(self.0)
    }

    fn take(&self) -> Slot {
        self.housing().take(CLASS).expect("there are permits")
    }

    fn give(&self, slot: Slot) {
        // SAFETY: taken from it.
        unsafe { Housing::give(self.0, CLASS, slot) };
    }

    /// Permits that are in nobody's hands, once; they are given back.
    fn shared(&self) -> usize {
        let permits = self.housing().permits.take(usize::MAX);
        // SAFETY: taken just now; the owner is there.
        unsafe { Housing::give_permits(self.0, permits) };
        permits
    }

    fn slots_in_store(&self) -> usize {
        let slots = in_store(&self.housing().depot, CLASS);
        slots.iter().for_each(|slot| self.housing().depot.give(CLASS, *slot));
        slots.len()
    }

    fn ends(&self) -> usize {
        self.1.load(Ordering::Relaxed)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: this owner goes.
        unsafe { Housing::drop_owner(self.0) };
    }
}

unsafe fn end(whole: NonNull<()>) {
    // SAFETY: made of a box, and ended once.
    let whole = unsafe { Box::from_raw(whole.cast::<Whole>().as_ptr()) };
    whole.ends.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_magazine_serves_only_its_own_slab_and_only_inside() {
    let (own, other) = (Owner::new(1_000, 2), Owner::new(1_000, 2));
    let magazine = own.magazine();
    assert_eq!(own.shared(), 1_000);
    own.give(own.take());
    assert_eq!(own.shared(), 1_000, "outside, one at a time");
    magazine.enter(|| {
        other.give(other.take());
        assert_eq!(other.shared(), 1_000);
        own.give(own.take());
        assert_eq!(own.shared(), 1_000 - HOARD.div_ceil(2), "half a hoard");
    });
    assert_eq!(own.housing().permits.taken(), 0);
    drop(magazine);
    assert_eq!(own.shared(), 1_000);
}

#[test]
fn half_a_hoard_is_taken_at_once_and_more_than_a_hoard_goes_back() {
    let own = Owner::new(1_000, 2);
    let half = HOARD.div_ceil(2);
    own.magazine().enter(|| {
        let mut slots: Vec<Slot> = iter::repeat_with(|| own.take()).take(half).collect();
        assert_eq!(own.shared(), 1_000 - half);
        slots.extend(iter::repeat_with(|| own.take()).take(half + 1));
        assert_eq!(own.shared(), 1_000 - 3 * half, "a third half was begun");
        assert_eq!(own.housing().permits.taken(), slots.len());
        // 15 are in hand; with 16 of these there are as many as may be.
        slots.drain(..half).for_each(|slot| own.give(slot));
        assert_eq!(own.shared(), 1_000 - 3 * half);
        own.give(slots.pop().expect("there are more"));
        assert_eq!(own.shared(), 1_000 - slots.len() - HOARD / 2, "half is kept");
        assert_eq!(own.housing().permits.taken(), slots.len());
        slots.into_iter().for_each(|slot| own.give(slot));
    });
}

#[test]
fn before_it_sleeps_a_thread_keeps_a_quarter_of_a_hoard_and_few_slots() {
    for slots in [BATCH / 2, BATCH / 2 + 1, BATCH, BATCH + BATCH / 2, 2 * BATCH] {
        let own = Owner::new(1_000, 2);
        let magazine = own.magazine();
        magazine.enter(|| {
            let taken: Vec<Slot> = iter::repeat_with(|| own.take()).take(slots).collect();
            // What came with them: exactly these are at hand afterwards.
            let over = taken.len().next_multiple_of(BATCH) - taken.len();
            let more: Vec<Slot> = iter::repeat_with(|| own.take()).take(over).collect();
            drop(in_store(&own.housing().depot, CLASS));
            taken.into_iter().for_each(|slot| own.give(slot));
            magazine.flush();
            let kept = if slots > BATCH / 2 { slots.saturating_sub(BATCH) } else { slots };
            let kept = if kept > BATCH / 2 { kept - BATCH } else { kept };
            assert_eq!(own.slots_in_store(), slots - kept, "{slots} slots");
            assert_eq!(own.shared(), 1_000 - more.len() - HOARD / 4, "{slots} slots");
            more.into_iter().for_each(|slot| own.give(slot));
        });
    }
}

#[test]
fn more_slots_than_two_batches_are_not_held() {
    let own = Owner::new(1_000, 2);
    own.magazine().enter(|| {
        let mut slots: Vec<Slot> = iter::repeat_with(|| own.take()).take(3 * BATCH).collect();
        assert_eq!(carved(&own.housing().depot).len(), 3 * BATCH);
        slots.drain(..2 * BATCH).for_each(|slot| own.give(slot));
        assert_eq!(own.slots_in_store(), 0);
        own.give(slots.pop().expect("a batch is left"));
        assert_eq!(own.slots_in_store(), BATCH);
        // The last that came is the first to go.
        let last = slots.pop().expect("there are more");
        own.give(last);
        assert_eq!(own.take(), last);
        slots.push(last);
        slots.into_iter().for_each(|slot| own.give(slot));
    });
}

#[test]
fn where_permits_are_scarce_nobody_hoards() {
    let own = Owner::new(80, 2);
    let hoard: usize = 80 / 8 / 4;
    let magazine = own.magazine();
    let inside = |work: &dyn Fn()| magazine.enter(work);
    inside(&|| own.give(own.take()));
    assert_eq!(own.shared(), 80 - hoard.div_ceil(2));
    let outside: Vec<Slot> = iter::from_fn(|| own.housing().take(CLASS)).collect();
    assert_eq!(outside.len(), 80 - hoard.div_ceil(2));
    inside(&|| {
        // It had one, and there is no other.
        let slot = own.take();
        assert_eq!(own.housing().take(CLASS), None);
        own.give(slot);
        assert_eq!(own.shared(), 1, "it is given back at once");
    });
    outside.into_iter().for_each(|slot| own.give(slot));
    inside(&|| {
        own.give(own.take());
        assert_eq!(own.shared(), 80, "one was taken, and came back");
        // That end has found that there is plenty.
        own.give(own.take());
        assert_eq!(own.shared(), 80 - hoard.div_ceil(2));
    });
}

#[test]
fn without_a_hoard_each_permit_is_a_shared_one() {
    let own = Owner::new(8, 2);
    own.magazine().enter(|| {
        let slots: Vec<Slot> = iter::from_fn(|| own.housing().take(CLASS)).collect();
        assert_eq!((slots.len(), own.shared()), (8, 0));
        slots.into_iter().for_each(|slot| own.give(slot));
        assert_eq!(own.shared(), 8);
    });
}

#[test]
fn a_hoard_goes_to_the_next_magazine() {
    let own = Owner::new(1_000, 2);
    for _ in 0..2 {
        // Four have one, and the fifth none.
        let magazines: Vec<Magazine> = iter::repeat_with(|| own.magazine()).take(5).collect();
        let mut hoards = 0;
        for magazine in &magazines {
            let before = own.shared();
            magazine.enter(|| own.give(own.take()));
            hoards += usize::from(own.shared() != before);
        }
        assert_eq!(hoards, 4);
    }
}

#[test]
fn the_slab_ends_with_the_last_owner_and_the_last_permit() {
    let own = Owner::new(1_000, 2);
    let ends = own.1.clone();
    let (slot, housing) = (own.take(), own.0);
    own.housing().add_owner();
    let second = Owner(own.0, ends.clone());
    let magazine = own.magazine();
    magazine.enter(|| own.give(own.take()));
    assert_eq!(own.ends(), 0);
    drop(own);
    drop(second);
    assert_eq!(ends.load(Ordering::Relaxed), 0, "the magazine owns it, too");
    drop(magazine);
    assert_eq!(ends.load(Ordering::Relaxed), 0, "one permit is out");
    // SAFETY: taken from it, and its permit keeps it.
    unsafe { Housing::give(housing, CLASS, slot) };
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}
