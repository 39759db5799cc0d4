//! A place at a gate: looks, gets in line, looks again, waits to be called.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use super::line::{self, Gate, Node};
use super::sleep::Ask;
use crate::budget;

/// What a look found.
#[derive(Debug)]
pub enum Look<R> {
    /// All that was wanted, or that it never comes.
    Done(R),
    /// A part of it: who goes on waiting does so behind the others.
    Part,
    /// Nothing.
    Nothing,
}

/// What somebody comes to a gate for.
pub trait Errand<G> {
    /// What comes of it.
    type Done;

    /// Takes what is there.
    fn look(&mut self, gate: &G) -> Look<Self::Done>;
}

impl<G, E: Errand<G>> Errand<G> for &mut E {
    type Done = E::Done;

    #[inline(always)]
    fn look(&mut self, gate: &G) -> Look<E::Done> {
        (**self).look(gate)
    }
}

/// The future of all that waits at a channel, named by what it waits for: `Sending`, `Recv` ..
///
/// Dropping it leaves the line, and passes on a call that was not used.
#[must_use = "nothing is sent or received before it is polled"]
pub struct Waiting<G: Gate, E> {
    gate: G,
    /// There while it waits or was called: who never waits pays for a word of it.
    node: Option<Node>,
    pub(super) errand: E,
}

impl<G: Gate, E> Waiting<G, E> {
    #[inline(always)]
    pub(super) fn new(gate: G, errand: E) -> Self {
        Self { gate, node: None, errand }
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

impl<G: Gate, E: Errand<G>> Waiting<G, E> {
    /// Whoever is in line looks only when called; newcomers, only at what is not for the called.
    #[inline(always)]
    fn look(&mut self) -> Option<E::Done> {
        if self.node.is_none()
            && !line::is_taken(&self.gate)
            && let Look::Done(found) = self.errand.look(&self.gate)
        {
            return Some(found);
        }
        None
    }

    /// There was nothing, or it waits.
    ///
    /// # Safety
    /// It does not move from the first call on until it is dropped.
    #[inline(never)]
    unsafe fn poll_slow(&mut self, waker: &Waker) -> Poll<E::Done> {
        let mut turn = None;
        if let Some(node) = &self.node {
            turn = line::keep(&self.gate, node, waker);
            if turn.is_none() {
                return Poll::Pending;
            }
            self.node = None;
            let found = self.errand.look(&self.gate);
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
        match self.errand.look(&self.gate) {
            Look::Done(found) => {
                self.leave();
                Poll::Ready(found)
            }
            Look::Part | Look::Nothing => Poll::Pending,
        }
    }
}

impl<G: Gate, E: Errand<G>> Future for Waiting<G, E> {
    type Output = E::Done;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<E::Done> {
        ready!(budget::left(cx.waker()));
        // SAFETY: the node is not moved; gate and errand are never pinned.
        let place = unsafe { self.get_unchecked_mut() };
        let found = match place.look() {
            Some(found) => found,
            // SAFETY: it is pinned.
            None => ready!(unsafe { place.poll_slow(cx.waker()) }),
        };
        budget::spend();
        Poll::Ready(found)
    }
}

impl<G: Gate, E: Errand<G>> Ask for Waiting<G, E> {
    #[inline(always)]
    fn ask(self: Pin<&mut Self>) -> Option<E::Done> {
        // SAFETY: the node is not moved; gate and errand are never pinned.
        unsafe { self.get_unchecked_mut() }.look()
    }
}

impl<G: Gate, E> Drop for Waiting<G, E> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.node.is_some() {
            self.leave();
        }
    }
}

shows!([G: Gate, E] Waiting<G, E>: |own| Waiting { waits: own.node.is_some() });
