//! The queue: two indices over the slots.

use std::fmt;

use crossbeam_utils::CachePadded;

use super::slot::Slot;
use crate::sync::{AtomicUsize, Backoff, Ordering, boxed_zeroed};

/// A bounded multi-producer multi-consumer queue (D. Vyukov's scheme), shared by reference.
///
/// First in, first out; `push` hands the value back when the queue is full. What is left is dropped
/// with the queue.
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
    head: CachePadded<AtomicUsize>,
    tail: CachePadded<AtomicUsize>,
    mask: usize,
    capacity: usize,
    slots: Box<[Slot<T>]>,
}

/// Why `push` gave the value back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError<T> {
    /// The queue held `capacity` items.
    Full(T),
}

impl<T> PushError<T> {
    /// The value that was not pushed.
    pub fn into_value(self) -> T {
        match self {
            Self::Full(value) => value,
        }
    }
}

impl<T> fmt::Display for PushError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the queue is full")
    }
}

impl<T: fmt::Debug> std::error::Error for PushError<T> {}

// SAFETY: values move from thread to thread, so `T: Send`; a value is only ever reached by the one
// thread that claimed its slot, so no `T: Sync` is needed.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY: as above: sharing the ring shares no value.
unsafe impl<T: Send> Sync for Ring<T> {}

impl<T> std::panic::UnwindSafe for Ring<T> {}
impl<T> std::panic::RefUnwindSafe for Ring<T> {}

/// The largest capacity: a quarter of the index space keeps index distances unambiguous.
const CAPACITY_MAX: usize = 1 << (usize::BITS - 2);

impl<T> Ring<T> {
    /// An empty queue for exactly `capacity` items. Memory is taken from the system as slots are
    /// first used.
    ///
    /// # Panics
    /// When `capacity` is 0 or more than the address space holds; use [`Ring::try_new`] where it
    /// comes from outside.
    pub fn new(capacity: usize) -> Self {
        match Self::try_new(capacity) {
            Some(ring) => ring,
            None => panic!("ring capacity {capacity} is not between 1 and {CAPACITY_MAX}"),
        }
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

    /// An empty queue whose indices start at `index`: for tests of the wrap-around.
    ///
    /// # Panics
    /// As [`Ring::new`].
    #[doc(hidden)]
    pub fn starting_at(capacity: usize, index: usize) -> Self {
        let Some(len) = slots_for::<T>(capacity) else {
            panic!("ring capacity {capacity} is not between 1 and {CAPACITY_MAX}");
        };
        let mask = len - 1;
        let lap = |place: usize| index.wrapping_add(place.wrapping_sub(index) & mask) & !mask;
        let slots = (0..len).map(|place| Slot::new(lap(place))).collect();
        Self::over(slots, capacity, index)
    }

    fn over(slots: Box<[Slot<T>]>, capacity: usize, index: usize) -> Self {
        Self {
            head: CachePadded::new(AtomicUsize::new(index)),
            tail: CachePadded::new(AtomicUsize::new(index)),
            mask: slots.len() - 1,
            capacity,
            slots,
        }
    }

    /// Adds a value at the end, or hands it back when the queue is full.
    ///
    /// # Errors
    /// [`PushError::Full`] with the value when `capacity` items are in the queue.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), PushError<T>> {
        let mut backoff = Backoff::new();
        let mut tail = self.tail.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(tail);
            let lap = tail & !self.mask;
            if slot.stamp() == lap && self.has_room(tail) {
                match self.tail.compare_exchange_weak(
                    tail,
                    tail.wrapping_add(1),
                    // [ring.tail_moved] pairs with [ring.tail_seen]: who sees the index sees what
                    // led to it.
                    Ordering::Release,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => {
                        // SAFETY: moving `tail` claimed the slot; its stamp said "free" in this
                        // lap, and only the claimer changes it.
                        unsafe { slot.publish(lap, value) };
                        return Ok(());
                    }
                    Err(now) => {
                        tail = now;
                        backoff.spin();
                    }
                }
            } else if self.is_full_at(tail) {
                return Err(PushError::Full(value));
            } else {
                tail = self.moved(&self.tail, tail, &mut backoff);
            }
        }
    }

    /// Takes the oldest value, or `None` when the queue is empty.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        let mut backoff = Backoff::new();
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            let slot = self.slot(head);
            let lap = head & !self.mask;
            if slot.stamp() == lap.wrapping_add(1) {
                match self.head.compare_exchange_weak(
                    head,
                    head.wrapping_add(1),
                    // [ring.head_moved] pairs with [ring.head_seen]: who sees the index sees what
                    // led to it.
                    Ordering::Release,
                    Ordering::Relaxed,
                ) {
                    Ok(_) => {
                        let next_lap = lap.wrapping_add(self.slots.len());
                        // SAFETY: moving `head` claimed the slot; its stamp said "full" in this
                        // lap, and only the claimer changes it.
                        return Some(unsafe { slot.release(next_lap) });
                    }
                    Err(now) => {
                        head = now;
                        backoff.spin();
                    }
                }
            } else if self.is_empty_at(head) {
                return None;
            } else {
                head = self.moved(&self.head, head, &mut backoff);
            }
        }
    }

    /// The number of items: exact when nobody pushes or pops meanwhile, else a value it had or
    /// passed.
    pub fn len(&self) -> usize {
        let head = self.head_seen();
        self.tail_seen().wrapping_sub(head).min(self.capacity)
    }

    /// How many items have been popped so far, modulo 2^64.
    pub(crate) fn popped(&self) -> usize {
        self.head.load(Ordering::Relaxed)
    }

    /// Whether the queue held nothing at one moment during the call.
    #[inline]
    pub fn is_empty(&self) -> bool {
        let head = self.head_seen();
        self.tail_seen() == head
    }

    /// Whether the queue held `capacity` items at one moment during the call.
    pub fn is_full(&self) -> bool {
        let tail = self.tail_seen();
        tail.wrapping_sub(self.head_seen()) == self.capacity
    }

    /// How many items the queue takes.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    #[inline(always)]
    fn slot(&self, index: usize) -> &Slot<T> {
        // SAFETY: `mask` is the number of slots less one, so the masked index is in bounds.
        unsafe { self.slots.get_unchecked(index & self.mask) }
    }

    /// A free slot is room enough, unless the capacity is smaller than the number of slots.
    #[inline(always)]
    fn has_room(&self, tail: usize) -> bool {
        self.capacity > self.mask || tail.wrapping_sub(self.head_seen()) < self.capacity
    }

    /// Whether the queue is full with its tail at `tail`, which is read again with all that led to
    /// it: a head older than the pop that made room for the newest push would make items count
    /// that never were there together.
    #[inline]
    fn is_full_at(&self, tail: usize) -> bool {
        self.tail_seen() == tail && tail.wrapping_sub(self.head_seen()) == self.capacity
    }

    /// Whether the queue is empty with its head at `head`, which is read again for the same reason.
    #[inline]
    fn is_empty_at(&self, head: usize) -> bool {
        self.head_seen() == head && self.tail_seen() == head
    }

    /// Neither ours nor full nor empty: another thread moved the index, or has claimed and not yet
    /// stamped. Reads the index again; waits when it has not moved.
    #[cold]
    fn moved(&self, index: &AtomicUsize, seen: usize, backoff: &mut Backoff) -> usize {
        let now = index.load(Ordering::Relaxed);
        if now == seen {
            backoff.snooze();
        }
        now
    }

    #[inline(always)]
    fn head_seen(&self) -> usize {
        // [ring.head_seen] pairs with [ring.head_moved]: what the popper knew when it moved on is
        // known here.
        self.head.load(Ordering::Acquire)
    }

    #[inline(always)]
    fn tail_seen(&self) -> usize {
        // [ring.tail_seen] pairs with [ring.tail_moved]: what the pusher knew when it moved on is
        // known here.
        self.tail.load(Ordering::Acquire)
    }
}

impl<T> Drop for Ring<T> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<T>() {
            return;
        }
        // When one value's drop panics, the guard drops the others while the panic goes on.
        let rest = Rest(self);
        while let Some(value) = rest.0.pop() {
            drop(value);
        }
    }
}

struct Rest<'a, T>(&'a Ring<T>);

impl<T> Drop for Rest<'_, T> {
    fn drop(&mut self) {
        while let Some(value) = self.0.pop() {
            drop(value);
        }
    }
}

impl<T> fmt::Debug for Ring<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// At least two slots, else a full slot and the next lap's free one would carry the same stamp.
fn slots_for<T>(capacity: usize) -> Option<usize> {
    let slots = (1..=CAPACITY_MAX)
        .contains(&capacity)
        .then(|| capacity.next_power_of_two().max(2))?;
    let bytes = slots.checked_mul(size_of::<Slot<T>>())?;
    (bytes <= isize::MAX as usize).then_some(slots)
}
