//! One value at a time: claim, then write or read.

use super::queue::{Place, Ring};
use super::way::{Pop, Push, Way};
use super::word::{CLOSED, after};
use super::{error::PushError, side::Shared, side::sealed::Side};
use crate::sync::{Backoff, Ordering};

/// Looks until it is sure, and waits for a peer that is in the way.
pub(super) const LOOK: bool = false;

/// Gives up where [`LOOK`] would look further or wait.
const GLANCE: bool = true;

impl<T> Ring<T> {
    /// Pushes where `guess` says that the tail is. Gives the word it claimed.
    #[inline(always)]
    pub(super) fn push_at<P: Side, C: Side, const ONCE: bool>(
        &self,
        guess: &mut usize,
        value: T,
    ) -> Result<usize, PushError<T>> {
        match self.claim::<Push, P, C, ONCE>(guess) {
            Ok((word, Place { slot, lap, .. })) => {
                // SAFETY: claimed, free in this lap, and only the claimer changes its stamp.
                unsafe { slot.publish(lap, value) };
                Ok(word)
            }
            Err(word) if word & CLOSED != 0 => Err(PushError::Closed(value)),
            Err(_) => Err(PushError::Full(value)),
        }
    }

    /// Pops where `guess` says that the head is. Gives the value and the word it claimed.
    #[inline(always)]
    pub(super) fn pop_at<P: Side, C: Side, const ONCE: bool>(
        &self,
        guess: &mut usize,
    ) -> Option<(T, usize)> {
        let (word, place) = self.claim::<Pop, C, P, ONCE>(guess).ok()?;
        // SAFETY: claimed, full in this lap, and only the claimer changes its stamp.
        Some((unsafe { place.slot.release(place.next_lap) }, word))
    }

    /// As [`Ring::push_at`], at a glance.
    #[inline(always)]
    pub(super) fn try_push_at<P: Side>(&self, guess: &mut usize, value: T) -> Result<(), T> {
        self.push_at::<P, Shared, GLANCE>(guess, value).map(drop).map_err(PushError::into_value)
    }

    /// As [`Ring::pop_at`], at a glance.
    #[inline(always)]
    pub(super) fn try_pop_at<C: Side>(&self, guess: &mut usize) -> Option<T> {
        Some(self.pop_at::<Shared, C, GLANCE>(guess)?.0)
    }

    /// Claims the slot where `guess` says that the index is: a word it has had, not closed, known
    /// with all that led to it. `guess` is then the one after. A sole side's is always right.
    ///
    /// # Errors
    /// The word at which there is none to claim, or which is closed.
    #[inline(always)]
    fn claim<W: Way, M: Side, O: Side, const ONCE: bool>(
        &self,
        guess: &mut usize,
    ) -> Result<(usize, Place<'_, T>), usize> {
        let word = *guess;
        let first = match self.take_turn::<W, M>(word) {
            Some(Ok(place)) => {
                *guess = after(word, 1);
                return Ok((word, place));
            }
            Some(Err(now)) => Err(now),
            None if self.is_none::<W, M, O, ONCE>(word) => return Err(word),
            None => Ok(word),
        };
        match self.claim_slow::<W, M, O, ONCE>(first) {
            Ok(word) => {
                *guess = after(word, 1);
                Ok((word, self.place(word)))
            }
            Err(word) => {
                keep(guess, word & !CLOSED);
                Err(word)
            }
        }
    }

    /// Claims a slot, where the first try found that it is not its turn at a word, or another word.
    ///
    /// # Errors
    /// As [`Ring::claim`].
    #[cold]
    #[inline(never)]
    fn claim_slow<W: Way, M: Side, O: Side, const ONCE: bool>(
        &self,
        first: Result<usize, usize>,
    ) -> Result<usize, usize> {
        let mut backoff = Backoff::new();
        let mut word = match first {
            Ok(word) => self.not_yet::<W, M, O, ONCE>(word, &mut backoff)?,
            Err(now) => lost(now, &mut backoff),
        };
        while word & CLOSED == 0 {
            word = match self.take_turn::<W, M>(word) {
                Some(Ok(_)) => return Ok(word),
                Some(Err(now)) => lost(now, &mut backoff),
                None => self.not_yet::<W, M, O, ONCE>(word, &mut backoff)?,
            };
        }
        Err(word)
    }

    /// It is not the turn of the slot at `word`: the word to try next. Waits when another thread
    /// has claimed and not yet stamped.
    ///
    /// # Errors
    /// The word at which there is none to claim.
    #[inline]
    fn not_yet<W: Way, M: Side, O: Side, const ONCE: bool>(
        &self,
        word: usize,
        backoff: &mut Backoff,
    ) -> Result<usize, usize> {
        if self.is_none::<W, M, O, ONCE>(word) {
            return Err(word);
        }
        let now = if M::SOLE { word } else { W::seen(self) };
        if now == word {
            backoff.snooze();
        }
        Ok(now)
    }

    /// Whether there is nothing to claim at `word`, where it is not the slot's turn. `ONCE`: unless
    /// the index has moved on.
    #[inline(always)]
    fn is_none<W: Way, M: Side, O: Side, const ONCE: bool>(&self, word: usize) -> bool {
        if ONCE { M::SOLE || W::seen(self) == word } else { W::is_none_at::<T, M, O>(self, word) }
    }

    /// Claims the slot at `word`, or finds what stands there instead. `None`: it is not its turn.
    #[inline(always)]
    pub(super) fn take_turn<W: Way, M: Side>(
        &self,
        word: usize,
    ) -> Option<Result<Place<'_, T>, usize>> {
        let place = self.place(word);
        let ready = place.slot.is_at(place.lap | W::TURN) && W::has(self, word, 1);
        ready.then(|| self.take::<W, M>(word, 1).map(|()| place))
    }

    /// Claims, by compare-exchange where the side is shared. What stands there instead.
    #[inline(always)]
    pub(super) fn take<W: Way, M: Side>(&self, word: usize, slots: usize) -> Result<(), usize> {
        if M::SOLE {
            // It hands nothing over: values and places go by the stamps, and nobody concludes from
            // this index what the side knew of the others.
            W::word(self).store(after(word, slots), Ordering::Relaxed);
            return Ok(());
        }
        W::claim(self, word, slots).map(drop)
    }
}

/// Another thread moved the index: stays away a little, then goes on with what stood there.
#[inline(always)]
pub(super) fn lost(now: usize, backoff: &mut Backoff) -> usize {
    if now & CLOSED == 0 {
        backoff.stay_away();
    }
    now
}

/// Remembers where the side is, without a store where that is known: who polls does so often.
#[inline(always)]
pub(super) fn keep(guess: &mut usize, word: usize) {
    if *guess != word {
        *guess = word;
    }
}
