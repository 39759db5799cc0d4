//! Which way values go. Pushing and popping are one algorithm, seen from either end; here stands in
//! what they differ.

use super::slot::{FREE, FULL, Slot};
use super::word::{STEP, after, index};
use super::{queue::Ring, side::sealed::Side};
use crate::sync::AtomicUsize;
use crate::sync::Ordering::{Acquire, Release};

/// Into the ring: moves the tail, and writes slots.
#[derive(Debug)]
pub enum Push {}

/// Out of the ring: moves the head, and reads slots.
#[derive(Debug)]
pub enum Pop {}

pub(crate) trait Way {
    /// What a slot's stamp says, above its lap, when it may be claimed.
    const TURN: usize;

    /// The index word that this way moves.
    fn word<T>(ring: &Ring<T>) -> &AtomicUsize;

    fn seen<T>(ring: &Ring<T>) -> usize;

    /// Moves the word on by compare-exchange: the slots are the caller's.
    ///
    /// # Errors
    /// The word that stands there now.
    fn claim<T>(ring: &Ring<T>, word: usize, slots: usize) -> Result<usize, usize>;

    /// How many slots can be claimed from `word` on.
    fn most_at<T>(ring: &Ring<T>, word: usize) -> usize;

    /// Whether so many can be claimed from `word` on, when it is the last one's turn.
    fn has<T>(_ring: &Ring<T>, _word: usize, _slots: usize) -> bool {
        true
    }

    /// Whether there was nothing to claim at one moment, where it is not the turn of the slot at
    /// `word`. All that led to `word` is known. `M` is this side, `O` the other one.
    fn is_none_at<T, M: Side, O: Side>(ring: &Ring<T>, word: usize) -> bool;

    /// Moves a value between its slot and plain memory.
    ///
    /// # Safety
    /// The slot is claimed, and it is its turn in `lap`; `value` points to a value, or to room.
    unsafe fn pass<T>(slot: &Slot<T>, lap: usize, next_lap: usize, value: *mut T);
}

impl Way for Push {
    const TURN: usize = FREE;

    fn word<T>(ring: &Ring<T>) -> &AtomicUsize {
        &ring.tail
    }

    fn seen<T>(ring: &Ring<T>) -> usize {
        ring.tail_seen()
    }

    fn claim<T>(ring: &Ring<T>, word: usize, slots: usize) -> Result<usize, usize> {
        // [ring.tail_moved] pairs with [ring.tail_moved], [ring.tail_seen]: who sees the index sees
        // what led to it, also one that comes too late.
        ring.tail.compare_exchange_weak(word, after(word, slots), Release, Acquire)
    }

    fn most_at<T>(ring: &Ring<T>, word: usize) -> usize {
        ring.room_at(word)
    }

    fn has<T>(ring: &Ring<T>, word: usize, slots: usize) -> bool {
        ring.spare == 0 || ring.room_at(word) >= slots
    }

    /// The head that is seen is no older than the pops that made room for `word`: as far behind as
    /// it may be, it says that the tail has gone no further. A tail that stands there still is
    /// neither closed nor so far on that it only seems to be behind the head.
    fn is_none_at<T, M: Side, O: Side>(ring: &Ring<T>, word: usize) -> bool {
        // A sole consumer frees slots in their order: if this one is not free, none after is.
        let full = M::SOLE && O::SOLE && ring.spare == 0 || ring.is_full_at(word);
        full && (M::SOLE || ring.tail_seen() == word)
    }

    unsafe fn pass<T>(slot: &Slot<T>, lap: usize, _next_lap: usize, value: *mut T) {
        // SAFETY: as the caller says; the value is moved out of its place.
        unsafe { slot.publish(lap, value.read()) };
    }
}

impl Way for Pop {
    const TURN: usize = FULL;

    fn word<T>(ring: &Ring<T>) -> &AtomicUsize {
        &ring.head
    }

    fn seen<T>(ring: &Ring<T>) -> usize {
        ring.head_seen()
    }

    fn claim<T>(ring: &Ring<T>, word: usize, slots: usize) -> Result<usize, usize> {
        // [ring.head_moved] pairs with [ring.head_moved], [ring.head_seen]: who sees the index sees
        // what led to it, also one that comes too late.
        ring.head.compare_exchange_weak(word, after(word, slots), Release, Acquire)
    }

    fn most_at<T>(ring: &Ring<T>, word: usize) -> usize {
        index(ring.tail_seen()).wrapping_sub(index(word)) / STEP
    }

    /// The tail that is seen is no older than the pushes that led to `word`: when it is the same,
    /// the head has gone no further.
    fn is_none_at<T, M: Side, O: Side>(ring: &Ring<T>, word: usize) -> bool {
        // A sole producer fills slots in their order: if this one is not full, none after is.
        M::SOLE && O::SOLE || index(ring.tail_seen()) == index(word)
    }

    unsafe fn pass<T>(slot: &Slot<T>, _lap: usize, next_lap: usize, value: *mut T) {
        // SAFETY: as the caller says; the value is moved to a place without one.
        unsafe { value.write(slot.release(next_lap)) };
    }
}
