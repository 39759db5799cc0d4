//! Many values at a time: one claim, then one pass over the slots.
//!
//! A claim of `n` slots needs no look at each of them: when the last one is free in its lap, then
//! consumers have claimed all before it (the head only grows), and will free them without waiting
//! for anybody. The pass waits for those few that are not free yet. The same holds for items.
//!
//! No code of the caller's runs between claim and stamp: values are moved to and from plain memory.

use super::queue::{Place, Ring};
use super::side::sealed::Side;
use super::single::{keep, lost};
use super::word::{CLOSED, STEP, after, index};
use crate::sync::Backoff;

impl<T> Ring<T> {
    /// Pushes the first values of `count` as one batch: as many as there is room for. Gives how
    /// many, and the word that the claim moved. 0 means full or closed.
    ///
    /// # Safety
    /// `values` points to `count` values; those that were pushed are moved out.
    #[inline]
    pub(super) unsafe fn push_from<P: Side>(
        &self,
        guess: &mut usize,
        values: *const T,
        count: usize,
    ) -> (usize, usize) {
        let mut backoff = Backoff::new();
        let most = count.min(self.capacity());
        let mut word = *guess;
        if most == 0 {
            return (0, word);
        }
        loop {
            let last = self.place(after(word, most - 1));
            let room = if last.slot.is_free(last.lap) && self.has_room(word, most) {
                most
            } else {
                let now = if P::SOLE { word } else { self.tail_seen() };
                if now & CLOSED != 0 {
                    break;
                }
                if now != word {
                    word = now;
                    continue;
                }
                self.room_at(now).min(most)
            };
            if room == 0 {
                break;
            }
            match self.take_tail::<P>(word, room) {
                Ok(()) => {
                    *guess = after(word, room);
                    // SAFETY: moving `tail` claimed the slots; head has passed them in the lap
                    // before, so each is free or about to be. The caller answers for the values.
                    unsafe { self.fill(word, values, room) };
                    return (room, word);
                }
                Err(now) if now & CLOSED != 0 => break,
                Err(now) => word = lost(now, &mut backoff),
            }
        }
        (0, word)
    }

    /// Pops the oldest items as one batch, `count` at most, to `values`. Gives how many, and the
    /// word that the claim moved. 0 means empty.
    ///
    /// # Safety
    /// `values` points to room for `count` values; as many as are popped are moved in.
    #[inline]
    pub(super) unsafe fn pop_into<C: Side>(
        &self,
        guess: &mut usize,
        values: *mut T,
        count: usize,
    ) -> (usize, usize) {
        let mut backoff = Backoff::new();
        let most = count.min(self.capacity());
        let mut word = *guess;
        if most == 0 {
            return (0, word);
        }
        loop {
            let last = self.place(after(word, most - 1));
            let items = if last.slot.is_full(last.lap) {
                most
            } else {
                let now = if C::SOLE { word } else { self.head_seen() };
                if now != word {
                    word = now;
                    continue;
                }
                self.items_at(now).min(most)
            };
            if items == 0 {
                keep(guess, word);
                break;
            }
            match self.take_head::<C>(word, items) {
                Ok(()) => {
                    *guess = after(word, items);
                    // SAFETY: moving `head` claimed the slots; tail has passed them in this lap,
                    // so each is full or about to be. The caller answers for the room.
                    unsafe { self.empty(word, values, items) };
                    return (items, word);
                }
                Err(now) => word = lost(now, &mut backoff),
            }
        }
        (0, word)
    }

    /// How many items stand from `head` on.
    #[inline(always)]
    fn items_at(&self, head: usize) -> usize {
        index(self.tail_seen()).wrapping_sub(index(head)) / STEP
    }

    /// Writes `count` slots from `word` on.
    ///
    /// # Safety
    /// The slots are claimed for writing, and `values` points to as many values.
    #[inline]
    unsafe fn fill(&self, word: usize, values: *const T, count: usize) {
        let (lap, run) = (self.place(word).lap, self.run(word, count));
        for (at, slot) in run.iter().enumerate() {
            wait_until(|| slot.is_free(lap));
            // SAFETY: claimed and free; the value is there and is moved out once.
            unsafe { slot.publish(lap, values.add(at).read()) };
        }
        let whole = run.len();
        if whole < count {
            // SAFETY: as the caller says, for the slots after the wrap.
            unsafe { self.fill(after(word, whole), values.add(whole), count - whole) };
        }
    }

    /// Reads `count` slots from `word` on.
    ///
    /// # Safety
    /// The slots are claimed for reading, and `values` points to room for as many values.
    #[inline]
    unsafe fn empty(&self, word: usize, values: *mut T, count: usize) {
        let (Place { lap, next_lap, .. }, run) = (self.place(word), self.run(word, count));
        for (at, slot) in run.iter().enumerate() {
            wait_until(|| slot.is_full(lap));
            // SAFETY: claimed and full; there is room for the value.
            unsafe { values.add(at).write(slot.release(next_lap)) };
        }
        let whole = run.len();
        if whole < count {
            // SAFETY: as the caller says, for the slots after the wrap.
            unsafe { self.empty(after(word, whole), values.add(whole), count - whole) };
        }
    }
}

#[inline(always)]
fn wait_until(ready: impl Fn() -> bool) {
    if !ready() {
        wait_slow(ready);
    }
}

#[cold]
#[inline(never)]
fn wait_slow(ready: impl Fn() -> bool) {
    let mut backoff = Backoff::new();
    while !ready() {
        backoff.snooze();
    }
}
