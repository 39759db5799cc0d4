//! Slots: how large they are, where they come from, and how many go from hand to hand.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::ptr::NonNull;

use super::depot::{BATCH, Depot};
use super::slot::{CLASSES, Free, List, STEP, Slot, bytes, class_of};

const CHUNK: usize = 1 << 16;
const RING: usize = 1024;

thread_local! {
    /// How many chunks the thread has got and not given back.
    static CHUNKS: Cell<usize> = const { Cell::new(0) };
}

/// The system's, with an eye on chunks.
struct Counting;

fn is_chunk(layout: Layout) -> bool {
    layout.size() == CHUNK && layout.align() == STEP
}

// SAFETY: the system's own answers.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CHUNKS.set(CHUNKS.get() + usize::from(is_chunk(layout)));
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        CHUNKS.set(CHUNKS.get() - usize::from(is_chunk(layout)));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn address(slot: Slot) -> usize {
    slot.0.as_ptr().addr()
}

/// Where slots have been carved; each once.
pub(super) fn carved(depot: &Depot) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    depot.walk(|front| assert!(places.insert(front.as_ptr().addr()), "visited twice"));
    places
}

/// Slots of one class that lie in the depot: takes them out.
pub(super) fn in_store(depot: &Depot, class: usize) -> Vec<Slot> {
    let (before, mut slots) = (carved(depot), Vec::new());
    loop {
        let mut list = List::default();
        depot.refill(class, &mut list);
        let mut came: Vec<Slot> = std::iter::from_fn(|| list.pop()).collect();
        came.retain(|slot| before.contains(&address(*slot)));
        if came.is_empty() {
            return slots;
        }
        slots.append(&mut came);
    }
}

pub(super) fn list_of(slots: impl IntoIterator<Item = Slot>) -> List {
    let mut list = List::default();
    slots.into_iter().for_each(|slot| list.push(slot));
    list
}

#[test]
fn a_cell_goes_to_the_smallest_class_that_has_room() {
    for size in 1..=CLASSES * STEP {
        let layout = |align| Layout::from_size_align(size, align).expect("a layout");
        let class = class_of(layout(8)).expect("there is a class");
        assert!(bytes(class) >= size && bytes(class) < size + STEP, "{size}");
        assert_eq!(class_of(layout(STEP)), Some(class));
        assert_eq!(class_of(layout(2 * STEP)), None);
    }
    let large = Layout::from_size_align(CLASSES * STEP + 1, 8).expect("a layout");
    assert_eq!(class_of(large), None);
}

#[test]
fn a_list_is_a_stack() {
    let depot = Depot::new();
    let slots: Vec<Slot> = (0..3).map(|_| depot.take(0)).collect();
    let mut list = list_of(slots.iter().copied());
    for (left, slot) in slots.iter().enumerate().rev() {
        assert_eq!((list.len, list.pop()), (left + 1, Some(*slot)));
    }
    assert_eq!((list.len, list.pop()), (0, None));
}

#[test]
fn slots_lie_apart_within_their_chunks() {
    for class in 0..CLASSES {
        let (depot, mut taken) = (Depot::new(), Vec::new());
        // Two chunks and a part of a third.
        for number in 0..CHUNK / bytes(class) * 2 + 3 {
            let slot = depot.take(class);
            assert!(address(slot).is_multiple_of(STEP));
            let rest = bytes(class) - size_of::<Free>();
            // SAFETY: behind what a free slot holds, its room is free: an error is a write into
            // another slot, or beyond the chunk (seen under a sanitizer).
            unsafe { slot.0.add(1).cast::<u8>().write_bytes(number as u8, rest) };
            taken.push((slot, number as u8, rest));
        }
        for (slot, number, rest) in &taken {
            // SAFETY: written above.
            let room =
                unsafe { NonNull::slice_from_raw_parts(slot.0.add(1).cast(), *rest).as_ref() };
            assert!(room.iter().all(|byte: &u8| byte == number), "class {class}");
        }
        let places: BTreeSet<usize> = taken.iter().map(|(slot, ..)| address(*slot)).collect();
        assert_eq!(places.len(), taken.len(), "one slot twice");
        assert!(places.is_subset(&carved(&depot)));
    }
}

#[test]
fn slots_are_carved_by_the_batch_and_used_again() {
    for class in 0..CLASSES {
        let (depot, in_chunk) = (Depot::new(), CHUNK / bytes(class));
        let (mut expected, mut left) = (0, 0);
        let mut taken = Vec::new();
        for _ in 0..in_chunk + BATCH {
            if left == 0 {
                // What is left of the chunk, or of a new one.
                left = BATCH.min(in_chunk - expected % in_chunk);
                expected += left;
            }
            left -= 1;
            taken.push(depot.take(class));
            assert_eq!(carved(&depot).len(), expected, "class {class}, {} taken", taken.len());
        }
        taken.drain(..).for_each(|slot| depot.give(class, slot));
        for _ in 0..in_chunk + BATCH {
            depot.take(class);
        }
        assert_eq!(carved(&depot).len(), expected, "class {class}");
    }
}

#[test]
fn a_refill_brings_a_batch_at_most() {
    let depot = Depot::new();
    let first = depot.take(0);
    let mut list = List::default();
    depot.refill(0, &mut list);
    assert_eq!((list.len, carved(&depot).len()), (BATCH - 1, BATCH), "the rest of the first");
    let mut list = List::default();
    depot.refill(0, &mut list);
    assert_eq!((list.len, carved(&depot).len()), (BATCH, 2 * BATCH), "carved");
    depot.give(0, first);
    let mut few = List::default();
    depot.refill(0, &mut few);
    assert_eq!((few.pop(), few.len), (Some(first), 0), "what there is");
}

#[test]
fn a_spill_takes_a_batch_at_most() {
    for held in [0, 1, 2, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH] {
        let depot = Depot::new();
        let mut list = list_of((0..held).map(|_| depot.take(3)));
        drop(in_store(&depot, 3));
        depot.spill(3, &mut list);
        assert_eq!(list.len, held.saturating_sub(BATCH), "of {held}");
        assert_eq!(in_store(&depot, 3).len(), held.min(BATCH), "of {held}");
    }
}

#[test]
fn what_finds_no_room_in_the_ring_is_kept_behind_it() {
    let depot = Depot::new();
    let slots: Vec<Slot> = (0..RING + 10 + BATCH).map(|_| depot.take(0)).collect();
    drop(in_store(&depot, 0));
    let (full, more) = slots.split_at(RING - 10);
    full.iter().for_each(|slot| depot.give(0, *slot));
    // Ten of these fit.
    depot.spill(0, &mut list_of(more[..BATCH].iter().copied()));
    more[BATCH..].iter().for_each(|slot| depot.give(0, *slot));
    let before = carved(&depot).len();
    let mut came = BTreeSet::new();
    for batch in 0..RING / BATCH {
        let mut list = List::default();
        depot.refill(0, &mut list);
        assert_eq!(list.len, BATCH, "batch {batch} of the ring");
        came.extend(std::iter::from_fn(|| list.pop()).map(address));
    }
    for left in [BATCH, 10] {
        let mut list = List::default();
        depot.refill(0, &mut list);
        assert_eq!(list.len, left, "behind the ring");
        came.extend(std::iter::from_fn(|| list.pop()).map(address));
    }
    assert_eq!(came, slots.iter().map(|slot| address(*slot)).collect());
    assert_eq!(carved(&depot).len(), before, "none was carved anew");
}

#[test]
fn one_that_is_taken_from_behind_the_ring_brings_others_with_it() {
    let depot = Depot::new();
    let slots: Vec<Slot> = (0..RING + 5).map(|_| depot.take(0)).collect();
    drop(in_store(&depot, 0));
    slots.iter().for_each(|slot| depot.give(0, *slot));
    let mut list = List::default();
    while list.len < RING {
        let mut batch = List::default();
        depot.refill(0, &mut batch);
        std::iter::from_fn(|| batch.pop()).for_each(|slot| list.push(slot));
    }
    let before = carved(&depot).len();
    for _ in 0..5 {
        depot.take(0);
    }
    assert_eq!(carved(&depot).len(), before, "five were left behind the ring");
    depot.take(0);
    assert_eq!(carved(&depot).len(), before + BATCH);
}

#[test]
fn at_its_end_the_depot_gives_its_memory_back() {
    let before = CHUNKS.get();
    let depot = Depot::new();
    for class in 0..CLASSES {
        for _ in 0..CHUNK / bytes(class) + 1 {
            depot.take(class);
        }
    }
    assert_eq!(CHUNKS.get(), before + 2 * CLASSES);
    drop(depot);
    assert_eq!(CHUNKS.get(), before);
}
