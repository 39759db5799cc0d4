//! One value at a time: claim, then write or read.

use super::error::PushError;
use super::queue::{Place, Ring};
use super::side::sealed::Side;
use super::word::{CLOSED, after, index};
use crate::sync::Backoff;

impl<T> Ring<T> {
    /// Pushes where `guess` says that the tail is: a word the tail has had, not closed, known with
    /// all that led to it. Gives the word it claimed; `guess` is then the one after. A sole
    /// producer's is always right.
    #[inline(always)]
    pub(super) fn push_at<P: Side, C: Side>(
        &self,
        guess: &mut usize,
        value: T,
    ) -> Result<usize, PushError<T>> {
        let word = *guess;
        let Place { slot, lap, .. } = self.place(word);
        let first = if slot.is_free(lap) && self.has_room(word, 1) {
            match self.take_tail::<P>(word, 1) {
                Ok(()) => {
                    *guess = after(word, 1);
                    // SAFETY: moving `tail` claimed the slot, free in this lap, and only the
                    // claimer changes its stamp.
                    unsafe { slot.publish(lap, value) };
                    return Ok(word);
                }
                Err(now) => Err(now),
            }
        } else if self.is_surely_full::<P, C>(word) && (P::SOLE || self.tail_seen() == word) {
            // A tail that stands there still is neither closed nor so far on that it only seems to
            // be behind the head.
            return Err(PushError::Full(value));
        } else {
            Ok(word)
        };
        match self.claim_to_push::<P, C>(first) {
            Ok(word) => {
                *guess = after(word, 1);
                let Place { slot, lap, .. } = self.place(word);
                // SAFETY: as above.
                unsafe { slot.publish(lap, value) };
                Ok(word)
            }
            Err(word) if word & CLOSED != 0 => Err(PushError::Closed(value)),
            Err(word) => {
                keep(guess, word);
                Err(PushError::Full(value))
            }
        }
    }

    /// Claims a free slot, where the first try found the slot at a word not free, or another word.
    ///
    /// # Errors
    /// The word at which the queue is full, or which is closed.
    #[cold]
    #[inline(never)]
    fn claim_to_push<P: Side, C: Side>(&self, first: Result<usize, usize>) -> Result<usize, usize> {
        let mut backoff = Backoff::new();
        let mut word = match first {
            Ok(word) => self.no_room::<P, C>(word, &mut backoff)?,
            Err(now) if now & CLOSED != 0 => return Err(now),
            Err(now) => lost(now, &mut backoff),
        };
        loop {
            if word & CLOSED != 0 {
                return Err(word);
            }
            let Place { slot, lap, .. } = self.place(word);
            word = if slot.is_free(lap) && self.has_room(word, 1) {
                match self.take_tail::<P>(word, 1) {
                    Ok(()) => return Ok(word),
                    Err(now) => lost(now, &mut backoff),
                }
            } else {
                self.no_room::<P, C>(word, &mut backoff)?
            };
        }
    }

    /// Pops where `guess` says that the head is: a word the head has had, known with all that led
    /// to it. Gives the value and the word it claimed; `guess` is then the one after. A sole
    /// consumer's is always right.
    #[inline(always)]
    pub(super) fn pop_at<P: Side, C: Side>(&self, guess: &mut usize) -> Option<(T, usize)> {
        let word = *guess;
        let Place {
            slot,
            lap,
            next_lap,
        } = self.place(word);
        let first = if slot.is_full(lap) {
            match self.take_head::<C>(word, 1) {
                Ok(()) => {
                    *guess = after(word, 1);
                    // SAFETY: moving `head` claimed the slot, full in this lap, and only the
                    // claimer changes its stamp.
                    return Some((unsafe { slot.release(next_lap) }, word));
                }
                Err(now) => Err(now),
            }
        } else if self.is_surely_empty::<P, C>(word) {
            return None;
        } else {
            Ok(word)
        };
        match self.claim_to_pop::<P, C>(first) {
            Ok(word) => {
                *guess = after(word, 1);
                let Place { slot, next_lap, .. } = self.place(word);
                // SAFETY: as above.
                Some((unsafe { slot.release(next_lap) }, word))
            }
            Err(word) => {
                keep(guess, word);
                None
            }
        }
    }

    /// Claims a full slot, where the first try found the slot at a word not full, or another word.
    ///
    /// # Errors
    /// The word at which the queue is empty.
    #[cold]
    #[inline(never)]
    fn claim_to_pop<P: Side, C: Side>(&self, first: Result<usize, usize>) -> Result<usize, usize> {
        let mut backoff = Backoff::new();
        let mut word = match first {
            Ok(word) => self.no_item::<P, C>(word, &mut backoff)?,
            Err(now) => lost(now, &mut backoff),
        };
        loop {
            let Place { slot, lap, .. } = self.place(word);
            word = if slot.is_full(lap) {
                match self.take_head::<C>(word, 1) {
                    Ok(()) => return Ok(word),
                    Err(now) => lost(now, &mut backoff),
                }
            } else {
                self.no_item::<P, C>(word, &mut backoff)?
            };
        }
    }

    /// As [`Ring::push_at`], at a glance: gives up where that would look further or wait.
    #[inline(always)]
    pub(super) fn try_push_at<P: Side>(&self, guess: &mut usize, value: T) -> Result<(), T> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let Place { slot, lap, .. } = self.place(word);
            if slot.is_free(lap) && self.has_room(word, 1) {
                match self.take_tail::<P>(word, 1) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: as in `push_at`.
                        unsafe { slot.publish(lap, value) };
                        return Ok(());
                    }
                    Err(now) => word = lost(now, &mut backoff),
                }
            } else {
                let now = if P::SOLE { word } else { self.tail_seen() };
                if now == word {
                    return Err(value);
                }
                word = now;
            }
            if word & CLOSED != 0 {
                return Err(value);
            }
        }
    }

    /// As [`Ring::pop_at`], at a glance: gives up where that would look further or wait.
    #[inline(always)]
    pub(super) fn try_pop_at<C: Side>(&self, guess: &mut usize) -> Option<T> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let Place {
                slot,
                lap,
                next_lap,
            } = self.place(word);
            if slot.is_full(lap) {
                match self.take_head::<C>(word, 1) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: as in `pop_at`.
                        return Some(unsafe { slot.release(next_lap) });
                    }
                    Err(now) => word = lost(now, &mut backoff),
                }
            } else {
                let now = if C::SOLE { word } else { self.head_seen() };
                if now == word {
                    keep(guess, word);
                    return None;
                }
                word = now;
            }
        }
    }

    /// Claims, by compare-exchange where the side is shared. What stands there instead.
    #[inline(always)]
    pub(super) fn take_tail<P: Side>(&self, word: usize, slots: usize) -> Result<(), usize> {
        if P::SOLE {
            self.advance_tail(word, slots);
            return Ok(());
        }
        self.claim_tail(word, slots).map(|_| ())
    }

    /// Claims, by compare-exchange where the side is shared. What stands there instead.
    #[inline(always)]
    pub(super) fn take_head<C: Side>(&self, word: usize, slots: usize) -> Result<(), usize> {
        if C::SOLE {
            self.advance_head(word, slots);
            return Ok(());
        }
        self.claim_head(word, slots).map(|_| ())
    }

    /// Whether the queue is full, where the slot at `word` is not free. All that led to `word` is
    /// known, so the head that is seen is no older than the pops that made room for it: as far
    /// behind as it may be, it says that the tail has gone no further.
    #[inline(always)]
    fn is_surely_full<P: Side, C: Side>(&self, word: usize) -> bool {
        // A sole consumer frees slots in their order: if this one is not free, none after is.
        P::SOLE && C::SOLE && self.uses_all_slots() || self.is_full_at(word)
    }

    /// Whether the queue is empty, where the slot at `word` is not full. All that led to `word` is
    /// known, so the tail that is seen is no older than the pushes that led to it: when it is the
    /// same, the head has gone no further.
    #[inline(always)]
    fn is_surely_empty<P: Side, C: Side>(&self, word: usize) -> bool {
        // A sole producer fills slots in their order: if this one is not full, none after is.
        P::SOLE && C::SOLE || index(self.tail_seen()) == index(word)
    }

    /// The slot at `word` is not free: the word to try next. Waits when another thread has claimed
    /// and not yet stamped.
    ///
    /// # Errors
    /// The word at which the queue is full, or which is closed.
    #[inline]
    fn no_room<P: Side, C: Side>(
        &self,
        word: usize,
        backoff: &mut Backoff,
    ) -> Result<usize, usize> {
        let full = self.is_surely_full::<P, C>(word);
        let now = if P::SOLE { word } else { self.tail_seen() };
        if now & CLOSED != 0 {
            return Err(now);
        }
        if now == word {
            if full {
                return Err(word);
            }
            backoff.snooze();
        }
        Ok(now)
    }

    /// The slot at `word` is not full: the word to try next. Waits as `no_room` does.
    ///
    /// # Errors
    /// The word at which the queue is empty.
    #[inline]
    fn no_item<P: Side, C: Side>(
        &self,
        word: usize,
        backoff: &mut Backoff,
    ) -> Result<usize, usize> {
        if self.is_surely_empty::<P, C>(word) {
            return Err(word);
        }
        let now = if C::SOLE { word } else { self.head_seen() };
        if now == word {
            backoff.snooze();
        }
        Ok(now)
    }
}

/// Another thread moved the index: stays away a little, then goes on with what stood there.
#[inline(always)]
pub(super) fn lost(now: usize, backoff: &mut Backoff) -> usize {
    backoff.stay_away();
    now
}

/// Remembers where the side is, without a store where that is known: who polls does so often.
#[inline(always)]
pub(super) fn keep(guess: &mut usize, word: usize) {
    if *guess != word {
        *guess = word;
    }
}
