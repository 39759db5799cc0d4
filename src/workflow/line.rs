//! A line of those who wait: first come, first served, and nothing that was handed out is lost.
//!
//! ```text
//!    join                 call_first(gift)              collect
//!   ------> waiting ----------------------> called ---------------> gone, with the gift
//!              |                               |
//!              +------> gone: leave            +------> gone: leave, and the gift comes back
//! ```
//!
//! It stands under its owner's lock, and names those who wait by tickets. Wakers are foreign code:
//! they come out, and are woken and dropped when the lock is free again.

use std::collections::BTreeMap;
use std::task::Waker;

/// Who stands in a line. Smaller tickets came earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

#[derive(Debug)]
pub(super) struct Line<G> {
    next: u64,
    waiting: BTreeMap<Ticket, Waker>,
    called: BTreeMap<Ticket, G>,
}

impl<G> Line<G> {
    pub(super) fn new() -> Self {
        Self { next: 0, waiting: BTreeMap::new(), called: BTreeMap::new() }
    }

    /// How many wait and were not called.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many were called and have not come yet.
    pub(super) fn called(&self) -> usize {
        self.called.len()
    }

    /// Behind all others.
    pub(super) fn join(&mut self, waker: Waker) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.insert(ticket, waker);
        ticket
    }

    /// Calls who came first, with a gift; the gift comes back when nobody waits.
    pub(super) fn call_first(&mut self, gift: G) -> Result<Waker, G> {
        let Some((ticket, waker)) = self.waiting.pop_first() else { return Err(gift) };
        self.called.insert(ticket, gift);
        Ok(waker)
    }

    /// Calls all who wait.
    pub(super) fn call_all(&mut self, mut gift: impl FnMut() -> G) -> Vec<Waker> {
        std::iter::from_fn(|| self.call_first(gift()).ok()).collect()
    }

    /// Who was called gets its gift, and is gone. Else its waker is exchanged for the newer one.
    pub(super) fn collect(&mut self, ticket: Ticket, waker: &mut Waker) -> Option<G> {
        let gift = self.called.remove(&ticket);
        if gift.is_none()
            && let Some(older) = self.waiting.get_mut(&ticket)
        {
            std::mem::swap(older, waker);
        }
        gift
    }

    /// Goes without having come to anything; a gift that was not collected comes back.
    pub(super) fn leave(&mut self, ticket: Ticket) -> (Option<G>, Option<Waker>) {
        (self.called.remove(&ticket), self.waiting.remove(&ticket))
    }
}
