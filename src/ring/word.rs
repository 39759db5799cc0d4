//! An index word: the index of the next slot, and two marks below it.
//!
//! ```text
//! | index, wrapping | CLOSED | WAITING |
//!   63            2     1         0
//! ```
//!
//! `WAITING` in `tail`: somebody waits for items; in `head`: somebody waits for room. Set and
//! cleared by the `channel` room only. `CLOSED` stands in `tail` only and is never cleared. A claim
//! moves the index by adding multiples of [`STEP`], so the marks stay.

/// One slot further.
pub(super) const STEP: usize = 4;

/// Who waits for the other side's next move wants to be told.
pub(super) const WAITING: usize = 1;

/// No more pushes.
pub(super) const CLOSED: usize = 2;

const MARKS: usize = STEP - 1;

/// The word without its marks.
#[inline(always)]
pub(super) const fn index(word: usize) -> usize {
    word & !MARKS
}

/// The word `slots` further on.
#[inline(always)]
pub(super) const fn after(word: usize, slots: usize) -> usize {
    word.wrapping_add(slots * STEP)
}
