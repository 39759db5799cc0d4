//! Where the slots of all threads come from and go to: a ring of slots for each class, and behind
//! it the chunks of memory that slots are carved from.

use std::{alloc, alloc::Layout, ptr::NonNull, sync::PoisonError};

use super::slot::{CLASSES, Front, List, STEP, Slot, bytes};
use crate::{ring::Ring, sync::Mutex, sync::shrunk};

/// How many slots go from hand to hand at once.
pub(super) const BATCH: usize = shrunk(64, 2);

/// How many slots of a class wait in its ring; more wait under the lock.
const RING_CAPACITY: usize = shrunk(1024, 2);

const CHUNK: Layout = match Layout::from_size_align(1 << 16, STEP) {
    Ok(layout) => layout,
    Err(_) => panic!("a chunk has a layout"),
};

/// Memory for slots of one class, taken from the system piece by piece: what is not carved is not
/// touched.
#[derive(Clone, Copy)]
struct Chunk {
    start: NonNull<u8>,
    class: usize,
    carved: usize,
}

// SAFETY: a chunk is plain memory, given out by the depot, which owns it.
unsafe impl Send for Chunk {}

#[derive(Default)]
struct Behind {
    chunks: Vec<Chunk>,
    /// By class, which chunk is carved from.
    newest: [Option<usize>; CLASSES],
    /// By class, what found no room in the ring.
    left: [List; CLASSES],
}

pub(super) struct Depot {
    rings: [Ring<Slot>; CLASSES],
    behind: Mutex<Behind>,
}

impl Depot {
    pub(super) fn new() -> Self {
        Self { rings: std::array::from_fn(|_| Ring::new(RING_CAPACITY)), behind: Mutex::default() }
    }

    /// One slot.
    pub(super) fn take(&self, class: usize) -> Slot {
        if let Some(slot) = self.rings[class].pop() {
            return slot;
        }
        let mut list = List::default();
        self.lock(|behind| behind.refill(class, &mut list));
        let slot = list.pop().expect("a refill brings a slot");
        self.spill(class, &mut list);
        slot
    }

    /// Adds up to a batch to the empty list, and one slot at least.
    #[cold]
    pub(super) fn refill(&self, class: usize, list: &mut List) {
        if self.rings[class].pop_each(BATCH, |slot| list.push(slot)) == 0 {
            self.lock(|behind| behind.refill(class, list));
        }
    }

    pub(super) fn give(&self, class: usize, slot: Slot) {
        if let Err(full) = self.rings[class].push(slot) {
            self.lock(|behind| behind.left[class].push(full.into_value()));
        }
    }

    /// Takes a batch from the list, or all that is in it.
    #[cold]
    pub(super) fn spill(&self, class: usize, list: &mut List) {
        let Some(slot) = list.pop() else {
            return;
        };
        let (mut batch, mut count) = ([slot; BATCH], 1);
        while count < BATCH
            && let Some(slot) = list.pop()
        {
            batch[count] = slot;
            count += 1;
        }
        let left = &batch[self.rings[class].push_slice(&batch[..count])..count];
        if !left.is_empty() {
            self.lock(|behind| left.iter().for_each(|slot| behind.left[class].push(*slot)));
        }
    }

    /// Calls `visit` with the front of each slot carved so far, whoever lives there.
    pub(super) fn walk(&self, mut visit: impl FnMut(NonNull<Front>)) {
        let mut at = 0;
        // Not under the lock: what is visited may end here again.
        while let Some(chunk) = self.lock(|behind| behind.chunks.get(at).copied()) {
            (0..chunk.carved).for_each(|place| visit(chunk.place(place).cast()));
            at += 1;
        }
    }

    /// The lock on the way that is rarely taken; under it only lists are moved and memory is taken.
    fn lock<R>(&self, work: impl FnOnce(&mut Behind) -> R) -> R {
        work(&mut self.behind.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Behind {
    /// Adds up to a batch to the empty list, and one slot at least.
    fn refill(&mut self, class: usize, list: &mut List) {
        while list.len < BATCH
            && let Some(slot) = self.left[class].pop()
        {
            list.push(slot);
        }
        while list.len == 0 {
            let newest = self.newest[class].map(|at| &mut self.chunks[at]);
            if newest.is_none_or(|chunk| !chunk.carve(list)) {
                self.newest[class] = Some(self.chunks.len());
                self.chunks.push(Chunk::new(class));
            }
        }
    }
}

impl Chunk {
    fn new(class: usize) -> Self {
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc::alloc(CHUNK) });
        Self { start: start.unwrap_or_else(|| alloc::handle_alloc_error(CHUNK)), class, carved: 0 }
    }

    /// Adds up to a batch of slots to the list; `false` when there are no more.
    fn carve(&mut self, list: &mut List) -> bool {
        let end = (CHUNK.size() / bytes(self.class)).min(self.carved + BATCH);
        // From the right, so that the leftmost is the first to be taken.
        for place in (self.carved..end).rev() {
            // SAFETY: within the chunk, and carved only now: `carved` moves past it.
            list.push(unsafe { Slot::carve(self.place(place)) });
        }
        std::mem::replace(&mut self.carved, end) < end
    }

    fn place(&self, place: usize) -> NonNull<u8> {
        // SAFETY: callers stay below the number of slots that the chunk has room for.
        unsafe { self.start.add(place * bytes(self.class)) }
    }
}

impl Drop for Depot {
    fn drop(&mut self) {
        self.walk(|front| {
            // SAFETY: carved, and nobody lives anywhere when the depot goes.
            unsafe { front.drop_in_place() };
        });
        self.lock(|behind| {
            for chunk in &behind.chunks {
                // SAFETY: allocated with this layout, and nothing points there any more.
                unsafe { alloc::dealloc(chunk.start.as_ptr(), CHUNK) };
            }
        });
    }
}
