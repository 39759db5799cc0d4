//! Pushing by force: the oldest item makes room.
//!
//! ```text
//!  1. claim index t of a full ring: t - head = capacity      items, with the claim: capacity + 1
//!  2. wait until head has come to t - capacity, then either claim and take that item,
//!     or find that a consumer has taken it                   items: capacity
//!  3. wait until the slot of t is free, write, stamp
//! ```
//!
//! So each push by force displaces one item at most, namely the one that keeps it from fitting, and
//! none when a consumer was quicker. It takes effect when `head` passes that item: when the queue
//! is closed between 1 and 2, after the closing. Nothing is lost then; who drains finds the value.

use super::queue::{Place, Ring};
use super::way::{Pop, Push, Way};
use super::word::{CLOSED, after, index};
use super::{batch::wait_until, error::PushError, side::Shared, single::LOOK};
use crate::sync::Backoff;

impl<T> Ring<T> {
    /// Pushes; when the queue is full, takes the oldest item out to make room, and gives it.
    #[inline]
    pub(super) fn force_at(
        &self,
        guess: &mut usize,
        mut value: T,
    ) -> Result<Option<T>, PushError<T>> {
        loop {
            value = match self.push_at::<Shared, Shared, LOOK>(guess, value) {
                Ok(_) => return Ok(None),
                Err(PushError::Full(value)) => value,
                Err(closed) => return Err(closed),
            };
            if let Some(word) = self.claim_beyond(guess) {
                return Ok(self.displace(word, value));
            }
        }
    }

    /// Claims the place behind the last item of a full queue. `None`: it is full no more, or
    /// closed, which the push that follows finds.
    fn claim_beyond(&self, guess: &mut usize) -> Option<usize> {
        let word = self.tail_seen();
        *guess = word & !CLOSED;
        let full = word & CLOSED == 0 && self.is_full_at(word);
        if !full || Push::claim(self, word, 1).is_err() {
            return None;
        }
        *guess = after(word, 1);
        Some(word)
    }

    /// Sees the item out that stands `capacity` before `word`, and writes the slot at `word`.
    fn displace(&self, word: usize, value: T) -> Option<T> {
        let mut backoff = Backoff::new();
        let oldest = index(word).wrapping_sub(self.limit);
        let mut displaced = None;
        loop {
            let head = self.head_seen();
            let ahead = index(head).wrapping_sub(oldest);
            if ahead == 0 {
                if let Some(Ok(place)) = self.take_turn::<Pop, Shared>(head) {
                    // SAFETY: moving `head` claimed the slot, full in this lap.
                    displaced = Some(unsafe { place.slot.release(place.next_lap) });
                    break;
                }
            } else if ahead <= usize::MAX / 2 {
                break;
            }
            backoff.snooze();
        }
        let Place { slot, lap, .. } = self.place(word);
        wait_until(|| slot.is_at(lap | Push::TURN));
        // SAFETY: moving `tail` claimed the slot, free in this lap.
        unsafe { slot.publish(lap, value) };
        displaced
    }
}
