//! A place at a gate: looks, gets in line, looks again, waits to be called.

use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::line::{self, Gate, Node, Turn};
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

/// One waiter's place at a gate. Dropping it leaves the line, and passes on a call that was not
/// used.
pub(super) struct Place<G: Gate> {
    gate: G,
    node: Node,
}

impl<G: Gate> Place<G> {
    #[inline]
    pub(super) fn new(gate: G) -> Self {
        Self {
            gate,
            node: Node::new(),
        }
    }

    /// Looks; when there is nothing, waits in line until the next call wakes `waker`.
    ///
    /// # Safety
    /// The place does not move from the first call on until it is dropped.
    #[inline]
    pub(super) unsafe fn poll<S, R>(
        &self,
        waker: &Waker,
        state: &mut S,
        look: impl Fn(&G, &mut S) -> Look<R>,
    ) -> Poll<R> {
        let mut turn = Turn::New;
        if !self.node.is_out() {
            if line::keep(&self.gate, &self.node, waker) {
                return Poll::Pending;
            }
            turn = Turn::Kept;
        }
        match look(&self.gate, state) {
            Look::Done(found) => return Poll::Ready(found),
            Look::Part => turn = Turn::New,
            Look::Nothing => {}
        }
        // SAFETY: the node is out, and the caller does not move it.
        unsafe { self.poll_slow(waker, state, look, turn) }
    }

    /// # Safety
    /// As [`Place::poll`]; the node is out.
    #[inline(never)]
    unsafe fn poll_slow<S, R>(
        &self,
        waker: &Waker,
        state: &mut S,
        look: impl Fn(&G, &mut S) -> Look<R>,
        turn: Turn,
    ) -> Poll<R> {
        // SAFETY: the node is out, and the caller does not move it; `drop` takes it out. Who was
        // called stood in line.
        unsafe { line::join(&self.gate, &self.node, waker, turn) };
        match look(&self.gate, state) {
            Look::Done(found) => {
                self.leave();
                Poll::Ready(found)
            }
            Look::Part | Look::Nothing => Poll::Pending,
        }
    }

    /// A call that came meanwhile is the next one's.
    #[cold]
    fn leave(&self) {
        if line::leave(&self.gate, &self.node) && self.gate.is_open() {
            line::call(&self.gate);
        }
    }
}

impl<G: Gate> Drop for Place<G> {
    #[inline]
    fn drop(&mut self) {
        if !self.node.is_out() {
            self.leave();
        }
    }
}

/// Looks until all is found; the thread sleeps in between.
pub(super) fn wait<G: Gate, S, R>(
    gate: G,
    state: &mut S,
    look: impl Fn(&G, &mut S) -> Look<R>,
) -> R {
    if let Look::Done(found) = look(&gate, state) {
        return found;
    }
    let place = pin!(Place::new(gate));
    // SAFETY: `place` is pinned.
    block(|waker| unsafe { place.poll(waker, state, &look) })
}

/// As [`wait`], at most for `timeout`.
pub(super) fn wait_timeout<G: Gate, S, R>(
    gate: G,
    timeout: Duration,
    state: &mut S,
    look: impl Fn(&G, &mut S) -> Look<R>,
) -> Option<R> {
    if let Look::Done(found) = look(&gate, state) {
        return Some(found);
    }
    let place = pin!(Place::new(gate));
    // SAFETY: `place` is pinned.
    block_timeout(timeout, |waker| unsafe { place.poll(waker, state, &look) })
}
