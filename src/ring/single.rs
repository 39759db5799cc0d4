//! One value at a time: claim, then write or read.

use super::error::PushError;
use super::queue::Ring;
use super::side::sealed::Side;
use super::word::{CLOSED, after, index};
use crate::sync::Backoff;

/// Why nothing was claimed, and nothing will be.
pub(super) enum Refused {
    Full,
    Closed,
}

impl Refused {
    pub(super) fn with<T>(self, value: T) -> PushError<T> {
        match self {
            Self::Full => PushError::Full(value),
            Self::Closed => PushError::Closed(value),
        }
    }
}

impl<T> Ring<T> {
    /// Pushes where `guess` says that the tail is: a word the tail has had, not closed. Gives the
    /// word it claimed; `guess` is then the one after.
    #[inline(always)]
    pub(super) fn push_at<P: Side, C: Side>(
        &self,
        guess: &mut usize,
        value: T,
    ) -> Result<usize, PushError<T>> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let (slot, lap) = (self.slot(word), self.lap(word));
            if slot.is_free(lap) && self.has_room(word, 1) {
                match self.take_tail::<P>(word, 1, &mut backoff) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: moving `tail` claimed the slot, free in this lap, and only the
                        // claimer changes its stamp.
                        unsafe { slot.publish(lap, value) };
                        return Ok(word);
                    }
                    Err(Some(now)) => word = now,
                    Err(None) => return Err(PushError::Closed(value)),
                }
            } else {
                match self.no_room::<P, C>(word, &mut backoff) {
                    Ok(now) => word = now,
                    Err(refused) => return Err(refused.with(value)),
                }
            }
        }
    }

    /// Pops where `guess` says that the head is: a word the head has had. Gives the value and the
    /// word it claimed; `guess` is then the one after.
    #[inline(always)]
    pub(super) fn pop_at<P: Side, C: Side>(&self, guess: &mut usize) -> Option<(T, usize)> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let (slot, lap) = (self.slot(word), self.lap(word));
            if slot.is_full(lap) {
                match self.take_head::<C>(word, 1, &mut backoff) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: moving `head` claimed the slot, full in this lap, and only the
                        // claimer changes its stamp.
                        return Some((unsafe { slot.release(self.next_lap(lap)) }, word));
                    }
                    Err(now) => word = now,
                }
            } else {
                match self.no_item::<P, C>(word, &mut backoff) {
                    Some(now) => word = now,
                    None => {
                        *guess = word;
                        return None;
                    }
                }
            }
        }
    }

    /// As [`Ring::push_at`], at a glance: gives up where that would look further or wait.
    #[inline(always)]
    pub(super) fn try_push_at<P: Side>(&self, guess: &mut usize, value: T) -> Result<(), T> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let (slot, lap) = (self.slot(word), self.lap(word));
            if slot.is_free(lap) && self.has_room(word, 1) {
                match self.take_tail::<P>(word, 1, &mut backoff) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: as in `push_at`.
                        unsafe { slot.publish(lap, value) };
                        return Ok(());
                    }
                    Err(Some(now)) => word = now,
                    Err(None) => return Err(value),
                }
            } else {
                let now = if P::SOLE { word } else { self.tail_guess() };
                if now == word || now & CLOSED != 0 {
                    return Err(value);
                }
                word = now;
            }
        }
    }

    /// As [`Ring::pop_at`], at a glance: gives up where that would look further or wait.
    #[inline(always)]
    pub(super) fn try_pop_at<C: Side>(&self, guess: &mut usize) -> Option<T> {
        let mut backoff = Backoff::new();
        let mut word = *guess;
        loop {
            let (slot, lap) = (self.slot(word), self.lap(word));
            if slot.is_full(lap) {
                match self.take_head::<C>(word, 1, &mut backoff) {
                    Ok(()) => {
                        *guess = after(word, 1);
                        // SAFETY: as in `pop_at`.
                        return Some(unsafe { slot.release(self.next_lap(lap)) });
                    }
                    Err(now) => word = now,
                }
            } else {
                let now = if C::SOLE { word } else { self.head_guess() };
                if now == word {
                    *guess = word;
                    return None;
                }
                word = now;
            }
        }
    }

    /// Claims, by compare-exchange where the side is shared. What stands there instead; `None` when
    /// that is closed.
    #[inline(always)]
    pub(super) fn take_tail<P: Side>(
        &self,
        word: usize,
        slots: usize,
        backoff: &mut Backoff,
    ) -> Result<(), Option<usize>> {
        if P::SOLE {
            self.advance_tail(word, slots);
            return Ok(());
        }
        match self.claim_tail(word, slots) {
            Ok(_) => Ok(()),
            Err(now) if now & CLOSED != 0 => Err(None),
            Err(now) => {
                backoff.spin();
                Err(Some(now))
            }
        }
    }

    /// Claims, by compare-exchange where the side is shared. What stands there instead.
    #[inline(always)]
    pub(super) fn take_head<C: Side>(
        &self,
        word: usize,
        slots: usize,
        backoff: &mut Backoff,
    ) -> Result<(), usize> {
        if C::SOLE {
            self.advance_head(word, slots);
            return Ok(());
        }
        self.claim_head(word, slots)
            .map(|_| ())
            .inspect_err(|_| backoff.spin())
    }

    /// The slot at `word` is not free: full, closed, or the word to try next. Waits when another
    /// thread has claimed and not yet stamped.
    #[inline]
    pub(super) fn no_room<P: Side, C: Side>(
        &self,
        word: usize,
        backoff: &mut Backoff,
    ) -> Result<usize, Refused> {
        // The tail is read again with all that led to it: a head older than the pop that made room
        // for the newest push would make items count that never were there together.
        let now = if P::SOLE { word } else { self.tail_seen() };
        if now & CLOSED != 0 {
            return Err(Refused::Closed);
        }
        if now == word {
            // A sole consumer frees slots in their order: if this one is not free, none after is.
            if (C::SOLE && self.uses_all_slots()) || self.is_full_at(now) {
                return Err(Refused::Full);
            }
            backoff.snooze();
        }
        Ok(now)
    }

    /// The slot at `word` is not full: `None` when the queue is empty, else the word to try next.
    #[inline]
    pub(super) fn no_item<P: Side, C: Side>(
        &self,
        word: usize,
        backoff: &mut Backoff,
    ) -> Option<usize> {
        let now = if C::SOLE { word } else { self.head_seen() };
        if now == word {
            // A sole producer fills slots in their order: if this one is not full, none after is.
            if P::SOLE || index(self.tail_seen()) == index(now) {
                return None;
            }
            backoff.snooze();
        }
        Some(now)
    }
}
