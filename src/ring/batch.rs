//! Many values at a time: one claim, then one pass over the slots.
//!
//! A claim of `n` slots needs no look at each of them: when the last one is free in its lap, then
//! consumers have claimed all before it (the head only grows), and will free them without waiting
//! for anybody. The pass waits for those few that are not free yet. The same holds for items.
//!
//! No code of the caller's runs between claim and stamp: values are moved to and from plain memory.

use super::queue::{Place, Ring};
use super::single::{keep, lost};
use super::word::{CLOSED, after};
use super::{side::sealed::Side, way::Way};
use crate::sync::Backoff;

impl<T> Ring<T> {
    /// Pushes the first values of `count`, or pops to the first places, as one batch: as many as
    /// there is room for, or items. Gives how many, and the word that the claim moved. 0 means that
    /// the queue was full, or empty, or is closed.
    ///
    /// # Safety
    /// `values` points to `count` values, of which those that were pushed are moved out; or to so
    /// many places, to which those that were popped are moved.
    #[inline]
    pub(super) unsafe fn pass<W: Way, M: Side>(
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
        while word & CLOSED == 0 {
            let last = self.place(after(word, most - 1));
            let slots = if last.slot.is_at(last.lap | W::TURN) && W::has(self, word, most) {
                most
            } else {
                let now = if M::SOLE { word } else { W::seen(self) };
                if now != word {
                    word = now;
                    continue;
                }
                W::most_at(self, word).min(most)
            };
            if slots == 0 {
                keep(guess, word);
                break;
            }
            match self.take::<W, M>(word, slots) {
                Ok(()) => {
                    *guess = after(word, slots);
                    // SAFETY: moving the index claimed the slots; the other index has passed them,
                    // so it is each one's turn or about to be. The caller answers for `values`.
                    unsafe { self.pass_claimed::<W>(word, values, slots) };
                    return (slots, word);
                }
                Err(now) => word = lost(now, &mut backoff),
            }
        }
        (0, word)
    }

    /// Writes or reads `count` slots from `word` on.
    ///
    /// # Safety
    /// The slots are claimed, and `values` points to as many values, or places.
    #[inline]
    unsafe fn pass_claimed<W: Way>(&self, word: usize, values: *mut T, count: usize) {
        let (Place { lap, next_lap, .. }, run) = (self.place(word), self.run(word, count));
        for (at, slot) in run.iter().enumerate() {
            wait_until(|| slot.is_at(lap | W::TURN));
            // SAFETY: claimed, and its turn; there is the value or room for it.
            unsafe { W::pass(slot, lap, next_lap, values.add(at)) };
        }
        let whole = run.len();
        if whole < count {
            // SAFETY: as the caller says, for the slots after the wrap.
            unsafe { self.pass_claimed::<W>(after(word, whole), values.add(whole), count - whole) };
        }
    }
}

#[inline(always)]
pub(super) fn wait_until(ready: impl Fn() -> bool) {
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
