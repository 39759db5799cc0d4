//! The queue: two index words over the slots, and what can be asked of it.

use crossbeam_utils::CachePadded;

use super::slot::Slot;
use super::word::{CLOSED, STEP, after, index};
use crate::sync::{AtomicUsize, Ordering, boxed_zeroed};

/// A bounded multi-producer multi-consumer queue (D. Vyukov's scheme), shared by reference.
///
/// First in, first out; a push hands the value back when the queue is full or closed. What is left
/// is dropped with the queue. A thread that comes often takes a [`Handle`](super::Handle); one that
/// has a side for itself, an end of [`spsc`](super::spsc), [`spmc`](super::spmc) or
/// [`mpsc`](super::mpsc).
///
/// ```
/// use windlass::ring::{PushError, Ring};
///
/// let ring = Ring::new(1);
/// assert_eq!(ring.push("first"), Ok(()));
/// assert_eq!(ring.push("second"), Err(PushError::Full("second")));
/// assert_eq!(ring.pop(), Some("first"));
/// assert_eq!(ring.pop(), None);
/// ```
pub struct Ring<T> {
    pub(super) head: CachePadded<AtomicUsize>,
    pub(super) tail: CachePadded<AtomicUsize>,
    /// The part of a word that says which slot: the others count laps.
    place_mask: usize,
    lap_mask: usize,
    /// The capacity, in steps.
    pub(super) limit: usize,
    /// Slots beyond the capacity: a free slot is room enough only where there are none.
    pub(super) spare: usize,
    /// Whether the consumers of a sole producer have gone: it cannot be marked in the tail.
    left: AtomicUsize,
    slots: Box<[Slot<T>]>,
}

/// The slot that an index word names, and the lap the word is in.
pub(super) struct Place<'a, T> {
    pub(super) slot: &'a Slot<T>,
    pub(super) lap: usize,
    pub(super) next_lap: usize,
}

// SAFETY: values move from thread to thread, so `T: Send`; a value is only ever reached by the one
// thread that claimed its slot, so no `T: Sync` is needed.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above: sharing the ring shares no value.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> std::panic::UnwindSafe for Ring<T> {}
impl<T> std::panic::RefUnwindSafe for Ring<T> {}

/// The largest capacity: distances of words stay below half of their space.
const CAPACITY_MAX: usize = 1 << (usize::BITS - 4);

impl<T> Ring<T> {
    /// An empty queue for exactly `capacity` items. Memory is taken from the system as slots are
    /// first used. A power of two is a little faster: each push then looks at its slot alone, and
    /// not at how far the consumers are.
    ///
    /// # Panics
    /// When `capacity` is 0 or more than the address space holds; use [`Ring::try_new`] where it
    /// comes from outside.
    pub fn new(capacity: usize) -> Self {
        Self::try_new(capacity).unwrap_or_else(|| refused(capacity))
    }

    /// As [`Ring::new`]; `None` when `capacity` is 0 or more than the address space holds. (Memory
    /// that the system does not have ends the process, as with `Vec`.)
    pub fn try_new(capacity: usize) -> Option<Self> {
        let len = slots_for::<T>(capacity)?;
        // SAFETY: a zero stamp means "free in lap 0", which is what `Slot::new(0)` makes, and the
        // value is `MaybeUninit`, for which any bytes will do.
        let slots = unsafe { boxed_zeroed(len, || Slot::new(0)) };
        Some(Self::over(slots, capacity, 0))
    }

    /// An empty queue whose indices start at `start`: for tests of the wrap-around.
    ///
    /// # Panics
    /// As [`Ring::new`].
    #[doc(hidden)]
    pub fn starting_at(capacity: usize, start: usize) -> Self {
        let len = slots_for::<T>(capacity).unwrap_or_else(|| refused(capacity));
        let word = start.wrapping_mul(STEP);
        let lap_mask = !(len * STEP - 1);
        let lap = |place: usize| {
            let ahead = after(0, place).wrapping_sub(word) & !lap_mask;
            word.wrapping_add(ahead) & lap_mask
        };
        let slots = (0..len).map(|place| Slot::new(lap(place))).collect();
        Self::over(slots, capacity, word)
    }

    fn over(slots: Box<[Slot<T>]>, capacity: usize, word: usize) -> Self {
        Self {
            head: CachePadded::new(AtomicUsize::new(word)),
            tail: CachePadded::new(AtomicUsize::new(word)),
            place_mask: (slots.len() - 1) * STEP,
            lap_mask: !(slots.len() * STEP - 1),
            limit: capacity * STEP,
            spare: slots.len() - capacity,
            left: AtomicUsize::new(0),
            slots,
        }
    }

    /// The number of items: exact when nobody pushes or pops meanwhile, else a value it had or
    /// passed. An item counts from its claim on, which comes a moment before it can be popped.
    pub fn len(&self) -> usize {
        let head = self.head_seen();
        steps_between(head, self.tail_seen()).min(self.limit) / STEP
    }

    /// Whether the queue held nothing at one moment during the call.
    #[inline]
    pub fn is_empty(&self) -> bool {
        let head = self.head_seen();
        index(self.tail_seen()) == index(head)
    }

    /// Whether the queue held `capacity` items at one moment during the call.
    pub fn is_full(&self) -> bool {
        let mut tail = self.tail_seen();
        loop {
            // A push by force moves the tail before the head: in between, an old tail with the new
            // head looks like room that never was.
            let is_full = self.is_full_at(tail);
            let now = self.tail_seen();
            if is_full || index(now) == index(tail) {
                return is_full;
            }
            tail = now;
        }
    }

    /// How many items the queue takes.
    pub fn capacity(&self) -> usize {
        self.limit / STEP
    }

    /// Closes the queue: whatever push comes later hands its value back, while what is in the queue
    /// can be popped. `false`: it was closed already.
    ///
    /// Once [`Ring::is_closed`] has said so and then a pop finds nothing, nothing will come any
    /// more: no push that succeeded is missed.
    pub fn close(&self) -> bool {
        // [ring.closed] pairs with [ring.tail_seen]: what was done before is seen by who finds the
        // queue closed.
        self.tail.fetch_or(CLOSED, Ordering::Release) & CLOSED == 0
    }

    /// Whether the queue takes nothing any more. What is in it can still be popped.
    pub fn is_closed(&self) -> bool {
        self.tail_seen() & CLOSED != 0
    }

    /// A sole producer's last consumer has gone.
    pub(super) fn leave(&self) {
        self.left.store(1, Ordering::Relaxed);
    }

    /// Whether it has.
    pub(super) fn is_left(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 1
    }

    pub(super) fn place(&self, word: usize) -> Place<'_, T> {
        let lap_mask = self.lap_mask;
        let lap = word & lap_mask;
        let offset = (word & self.place_mask) * (size_of::<Slot<T>>() / STEP);
        Place {
            // SAFETY: `place_mask` is the number of slots, less one, in steps, and a slot's size is
            // a multiple of a step: so the masked word in steps is in bounds.
            slot: unsafe { &*self.slots.as_ptr().byte_add(offset) },
            lap,
            // The mask of the laps is their length, negated.
            next_lap: lap.wrapping_sub(lap_mask),
        }
    }

    /// The slots from `word` on, `count` of them or up to the end of the array.
    pub(super) fn run(&self, word: usize, count: usize) -> &[Slot<T>] {
        let first = (word & self.place_mask) / STEP;
        let end = self.slots.len().min(first + count);
        // SAFETY: the masked word in steps is in bounds, and `end` is no less and no more.
        unsafe { self.slots.get_unchecked(first..end) }
    }

    /// How many more fit behind `tail`. Where pushes by force are under way, there may be more
    /// items than the capacity for a moment.
    pub(super) fn room_at(&self, tail: usize) -> usize {
        self.limit.saturating_sub(steps_between(self.head_seen(), tail)) / STEP
    }

    pub(super) fn is_full_at(&self, tail: usize) -> bool {
        steps_between(self.head_seen(), tail) >= self.limit
    }

    /// The tail, for the one that moves it.
    pub(super) fn own_tail(&self) -> usize {
        self.tail.load(Ordering::Relaxed)
    }

    pub(super) fn head_seen(&self) -> usize {
        // [ring.head_seen] pairs with [ring.head_moved]: what the popper knew when it moved on is
        // known here.
        self.head.load(Ordering::Acquire)
    }

    pub(super) fn tail_seen(&self) -> usize {
        // [ring.tail_seen] pairs with [ring.tail_moved], [ring.closed]: what the pusher knew when
        // it moved on is known here.
        self.tail.load(Ordering::Acquire)
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        if std::mem::needs_drop::<T>() {
            // When one value's drop panics, the other guard goes on while the panic does.
            let _others = Rest(self);
            drop(Rest(self));
        }
    }
}

/// Pops what is left when it is dropped.
struct Rest<'a, T>(&'a Ring<T>);

impl<T> Drop for Rest<'_, T> {
    fn drop(&mut self) {
        self.0.drain().for_each(drop);
    }
}

shows!([T] Ring<T>: |own| Ring {
    len: own.len(),
    capacity: own.capacity(),
    closed: own.is_closed()
});

/// How far `tail` is ahead of `head`, in steps; 0 when others pushed and popped between the two
/// looks, so that the head has gone past it.
#[inline(always)]
fn steps_between(head: usize, tail: usize) -> usize {
    let steps = index(tail).wrapping_sub(index(head));
    if steps > usize::MAX / 2 { 0 } else { steps }
}

#[cold]
fn refused(capacity: usize) -> ! {
    panic!("ring capacity {capacity} is not between 1 and what memory holds");
}

fn slots_for<T>(capacity: usize) -> Option<usize> {
    let fits = (1..=CAPACITY_MAX).contains(&capacity);
    let slots = fits.then(|| capacity.next_power_of_two())?;
    let bytes = slots.checked_mul(size_of::<Slot<T>>())?;
    (bytes <= isize::MAX as usize).then_some(slots)
}
