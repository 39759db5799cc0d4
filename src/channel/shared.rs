//! What both ends of a bounded channel share: the ring, and a line at each of its gates.

use crossbeam_utils::CachePadded;

use super::ends::Ends;
use super::error::{RecvError, SendError};
use super::line::{self, Gate, Line};
use super::place::Look;
use crate::ring::{Marked, PushError, Ring};

pub(super) struct Shared<T> {
    pub(super) ring: Ring<T>,
    /// Receivers that wait for items; not empty exactly while the ring's tail is marked.
    items: CachePadded<Line>,
    /// Senders that wait for room; not empty exactly while the ring's head is marked.
    room: CachePadded<Line>,
    pub(super) senders: Ends,
    pub(super) receivers: Ends,
}

/// The gate at which receivers wait.
pub(super) struct Items<'a, T>(pub(super) &'a Shared<T>);

/// The gate at which senders wait.
pub(super) struct Room<'a, T>(pub(super) &'a Shared<T>);

impl<T> Gate for Items<'_, T> {
    fn line(&self) -> &Line {
        &self.0.items
    }

    fn mark(&self) {
        self.0.ring.mark_tail();
    }

    fn unmark(&self) {
        self.0.ring.unmark_tail();
    }

    fn is_open(&self) -> bool {
        !self.0.ring.is_empty()
    }
}

impl<T> Gate for Room<'_, T> {
    fn line(&self) -> &Line {
        &self.0.room
    }

    fn mark(&self) {
        self.0.ring.mark_head();
    }

    fn unmark(&self) {
        self.0.ring.unmark_head();
    }

    fn is_open(&self) -> bool {
        !self.0.ring.is_full()
    }
}

/// Where to put values, and how many at most.
pub(super) struct Many<'a, T> {
    pub(super) into: &'a mut Vec<T>,
    pub(super) max: usize,
}

/// As many as came are called, if that many wait.
#[inline]
fn call_if_marked(gate: &impl Gate, marked: Marked, came: usize) {
    #[inline(never)]
    fn call(gate: &impl Gate, came: usize) {
        let _waiting = (0..came).all(|_| line::call(gate));
    }
    if marked.waiting() {
        call(gate, came);
    }
}

impl<T> Shared<T> {
    pub(super) fn over(ring: Ring<T>) -> Self {
        Self {
            ring,
            items: CachePadded::new(Line::new()),
            room: CachePadded::new(Line::new()),
            senders: Ends::new(),
            receivers: Ends::new(),
        }
    }

    #[inline]
    pub(super) fn push(&self, value: T) -> Result<(), PushError<T>> {
        let marked = self.ring.push_marked(value)?;
        call_if_marked(&Items(self), marked, 1);
        Ok(())
    }

    #[inline]
    pub(super) fn pop(&self) -> Option<T> {
        let (value, marked) = self.ring.pop_marked()?;
        call_if_marked(&Room(self), marked, 1);
        Some(value)
    }

    pub(super) fn push_vec(&self, values: &mut Vec<T>) -> usize {
        let (pushed, marked) = self.ring.push_vec_marked(values);
        call_if_marked(&Items(self), marked, pushed);
        pushed
    }

    pub(super) fn pop_many(&self, max: usize, into: &mut Vec<T>) -> usize {
        let (popped, marked) = self.ring.pop_many_marked(max, into);
        call_if_marked(&Room(self), marked, popped);
        popped
    }

    /// Nothing was there: nothing ever will be when the channel was closed before a further look.
    #[inline]
    fn unless_closed<R>(&self, pop: impl FnOnce() -> Option<R>) -> Look<Result<R, RecvError>> {
        if !self.ring.is_closed() {
            return Look::Nothing;
        }
        Look::Done(pop().ok_or(RecvError))
    }

    /// Refuses what comes from now on, and calls all who wait. Whether it was open.
    pub(super) fn close(&self) -> bool {
        let was_open = self.ring.close();
        if was_open {
            while line::call(&Items(self)) {}
            while line::call(&Room(self)) {}
        }
        was_open
    }

    /// Drops what is left, when nobody receives any more.
    pub(super) fn drain(&self) {
        while let Some(value) = self.ring.pop() {
            drop(value);
        }
    }
}

/// The looks of senders.
impl<T> Room<'_, T> {
    /// One value out of `value` into the ring.
    #[inline(always)]
    pub(super) fn send(&self, value: &mut Option<T>) -> Look<Result<(), SendError<T>>> {
        let Some(sent) = value.take() else {
            panic!("polled after its value was sent");
        };
        match self.0.push(sent) {
            Ok(()) => Look::Done(Ok(())),
            Err(PushError::Closed(back)) => Look::Done(Err(SendError(back))),
            Err(PushError::Full(back)) => {
                *value = Some(back);
                Look::Nothing
            }
        }
    }

    /// As many values as there is room for, until none is left.
    pub(super) fn send_many(&self, values: &mut &mut Vec<T>) -> Look<Result<(), SendError<()>>> {
        let mut found = Look::Nothing;
        while !values.is_empty() {
            if self.0.push_vec(values) > 0 {
                found = Look::Part;
            } else if self.0.ring.is_closed() {
                return Look::Done(Err(SendError(())));
            } else {
                return found;
            }
        }
        Look::Done(Ok(()))
    }
}

/// The looks of receivers.
impl<T> Items<'_, T> {
    #[inline(always)]
    pub(super) fn recv(&self, (): &mut ()) -> Look<Result<T, RecvError>> {
        match self.0.pop() {
            Some(value) => Look::Done(Ok(value)),
            None => self.0.unless_closed(|| self.0.pop()),
        }
    }

    pub(super) fn recv_many(&self, batch: &mut Many<'_, T>) -> Look<Result<usize, RecvError>> {
        let mut pop = || match self.0.pop_many(batch.max, batch.into) {
            0 if batch.max > 0 => None,
            popped => Some(popped),
        };
        match pop() {
            Some(popped) => Look::Done(Ok(popped)),
            None => self.0.unless_closed(pop),
        }
    }
}
