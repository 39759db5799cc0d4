//! A place at a gate: looks, gets in line, looks again, waits to be called.

use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::line::{self, Gate, Node};
use super::sleep::{block, block_timeout};

/// What a look found.
pub(super) enum Look<R> {
    /// All that was wanted, or that it never comes.
    Done(R),
    /// A part of it: who goes on waiting does so behind the others.
    Part,
    /// Nothing.
    Nothing,
}

/// What somebody comes to a gate for.
pub(super) trait Errand<G> {
    type Done;

    /// Takes what is there.
    fn look(&mut self, gate: &G) -> Look<Self::Done>;
}

/// One waiter's place at a gate. Dropping it leaves the line, and passes on a call that was not
/// used.
pub(super) struct Place<G: Gate> {
    gate: G,
    /// There while it waits or was called: who never waits pays for a word of it.
    node: Option<Node>,
}

impl<G: Gate> Place<G> {
    #[inline(always)]
    pub(super) fn new(gate: G) -> Self {
        Self { gate, node: None }
    }

    /// Looks; when there is nothing, waits in line until the next call wakes `waker`.
    ///
    /// # Safety
    /// The place does not move from the first call on until it is dropped.
    #[inline(always)]
    pub(super) unsafe fn poll<E: Errand<G>>(
        &mut self,
        waker: &Waker,
        errand: &mut E,
    ) -> Poll<E::Done> {
        if self.node.is_none()
            && !line::is_taken(&self.gate)
            && let Look::Done(found) = errand.look(&self.gate)
        {
            return Poll::Ready(found);
        }
        // SAFETY: as the caller says.
        unsafe { self.poll_slow(waker, errand) }
    }

    /// There was nothing, or it waits.
    ///
    /// # Safety
    /// As [`Place::poll`].
    #[inline(never)]
    unsafe fn poll_slow<E: Errand<G>>(&mut self, waker: &Waker, errand: &mut E) -> Poll<E::Done> {
        let mut turn = None;
        if let Some(node) = &self.node {
            turn = line::keep(&self.gate, node, waker);
            if turn.is_none() {
                return Poll::Pending;
            }
            self.node = None;
            let found = errand.look(&self.gate);
            line::come_back(&self.gate);
            match found {
                Look::Done(found) => return Poll::Ready(found),
                Look::Part => turn = None,
                Look::Nothing => {}
            }
        }
        let waker = waker.clone();
        // From here to the end of `join` nothing panics: a node that is there is in line.
        let node = self.node.insert(Node::new());
        // SAFETY: the node is new, and the caller does not move it; `leave` takes it out.
        unsafe { line::join(&self.gate, node, waker, turn) };
        if line::is_taken(&self.gate) {
            return Poll::Pending;
        }
        match errand.look(&self.gate) {
            Look::Done(found) => {
                self.leave();
                Poll::Ready(found)
            }
            Look::Part | Look::Nothing => Poll::Pending,
        }
    }

    /// A call that came meanwhile is the next one's.
    #[cold]
    fn leave(&mut self) {
        let Some(node) = &self.node else { return };
        let called = line::leave(&self.gate, node);
        self.node = None;
        if called {
            line::come_back(&self.gate);
        }
    }
}

impl<G: Gate> Drop for Place<G> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.node.is_some() {
            self.leave();
        }
    }
}

/// Looks until all is found; the thread sleeps in between.
pub(super) fn wait<G: Gate, E: Errand<G>>(gate: G, errand: &mut E) -> E::Done {
    if !line::is_taken(&gate)
        && let Look::Done(found) = errand.look(&gate)
    {
        return found;
    }
    let mut place = pin!(Place::new(gate));
    // SAFETY: `place` is pinned and stays so.
    block(|waker| unsafe { place.as_mut().get_unchecked_mut().poll(waker, errand) })
}

/// As [`wait`], at most for `timeout`.
pub(super) fn wait_timeout<G: Gate, E: Errand<G>>(
    gate: G,
    timeout: Duration,
    errand: &mut E,
) -> Option<E::Done> {
    if !line::is_taken(&gate)
        && let Look::Done(found) = errand.look(&gate)
    {
        return Some(found);
    }
    let mut place = pin!(Place::new(gate));
    // SAFETY: `place` is pinned and stays so.
    let poll = |waker: &Waker| unsafe { place.as_mut().get_unchecked_mut().poll(waker, errand) };
    block_timeout(timeout, poll)
}
