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

use super::error::PushError;
use super::queue::{Place, Ring};
use super::side::Shared;
use super::word::{CLOSED, after, index};
use crate::sync::Backoff;

struct Closed;

impl<T> Ring<T> {
    /// Pushes; when the queue is full, takes the oldest item out to make room, and gives it.
    #[inline]
    pub(super) fn force_at(&self, guess: &mut usize, value: T) -> Result<Option<T>, PushError<T>> {
        let mut value = value;
        loop {
            value = match self.push_at::<Shared, Shared>(guess, value) {
                Ok(_) => return Ok(None),
                Err(PushError::Full(value)) => value,
                Err(closed) => return Err(closed),
            };
            match self.claim_beyond(guess) {
                Ok(Some(word)) => return Ok(self.displace(word, value)),
                Ok(None) => {}
                Err(Closed) => return Err(PushError::Closed(value)),
            }
        }
    }

    /// Claims the place behind the last item of a full queue. `None`: it is full no more.
    fn claim_beyond(&self, guess: &mut usize) -> Result<Option<usize>, Closed> {
        let word = self.tail_seen();
        if word & CLOSED != 0 {
            return Err(Closed);
        }
        *guess = word;
        if !self.is_full_at(word) || self.claim_tail(word, 1).is_err() {
            // A tail closed meanwhile is found by the push that follows.
            return Ok(None);
        }
        *guess = after(word, 1);
        Ok(Some(word))
    }

    /// Sees the item out that stands `capacity` before `word`, and writes the slot at `word`.
    fn displace(&self, word: usize, value: T) -> Option<T> {
        let mut backoff = Backoff::new();
        let oldest = index(word).wrapping_sub(self.limit());
        let mut displaced = None;
        loop {
            let head = self.head_seen();
            let ahead = index(head).wrapping_sub(oldest);
            if ahead == 0 {
                let Place {
                    slot,
                    lap,
                    next_lap,
                } = self.place(head);
                if slot.is_full(lap) && self.claim_head(head, 1).is_ok() {
                    // SAFETY: moving `head` claimed the slot, full in this lap.
                    displaced = Some(unsafe { slot.release(next_lap) });
                    break;
                }
            } else if ahead <= usize::MAX / 2 {
                break;
            }
            backoff.snooze();
        }
        let Place { slot, lap, .. } = self.place(word);
        while !slot.is_free(lap) {
            backoff.snooze();
        }
        // SAFETY: moving `tail` claimed the slot, free in this lap.
        unsafe { slot.publish(lap, value) };
        displaced
    }
}
