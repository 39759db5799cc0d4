//! What both ends of a bounded channel share: the ring, and a line at each of its gates.

use crossbeam_utils::CachePadded;

use super::ends::Ends;
use super::error::{RecvError, SendError};
use super::line::{self, Gate, Line};
use super::place::{Errand, Look};
use crate::ring::{Pop, Push, PushError, Ring};

pub(super) struct Shared<T> {
    pub(super) ring: Ring<T>,
    /// Receivers that wait for items; while there are any, the ring's tail is marked.
    items: CachePadded<Line>,
    /// Senders that wait for room; while there are any, the ring's head is marked.
    room: CachePadded<Line>,
    pub(super) senders: Ends,
    pub(super) receivers: Ends,
}

/// The gate at which receivers wait.
pub struct Items<'a, T>(pub(super) &'a Shared<T>);

/// The gate at which senders wait.
pub struct Room<'a, T>(pub(super) &'a Shared<T>);

impl<T> Gate for Items<'_, T> {
    fn line(&self) -> &Line {
        &self.0.items
    }

    fn mark(&self, waits: bool) {
        self.0.ring.mark::<Push>(waits);
    }

    fn is_open_beyond(&self, calls: usize) -> bool {
        self.0.ring.len() > calls || self.0.ring.is_closed()
    }
}

impl<T> Gate for Room<'_, T> {
    fn line(&self) -> &Line {
        &self.0.room
    }

    fn mark(&self, waits: bool) {
        self.0.ring.mark::<Pop>(waits);
    }

    fn is_open_beyond(&self, calls: usize) -> bool {
        let ring = &self.0.ring;
        ring.len() + calls < ring.capacity() || ring.is_closed()
    }
}

/// As many as came are called, if that many wait.
#[inline]
fn call_if_marked(gate: &impl Gate, marked: bool, came: usize) {
    #[inline(never)]
    fn call(gate: &impl Gate, came: usize) {
        let _waiting = (0..came).all(|_| line::call(gate));
    }
    if marked {
        call(gate, came);
    }
}

impl<T> Shared<T> {
    pub(super) fn over(ring: Ring<T>) -> Self {
        let (items, room) = (CachePadded::new(Line::new()), CachePadded::new(Line::new()));
        Self { ring, items, room, senders: Ends::new(), receivers: Ends::new() }
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

    /// Pops, if anything is there. Nothing ever will be when the channel was closed before a
    /// further look.
    #[inline(always)]
    fn receive<R>(&self, mut pop: impl FnMut() -> Option<R>) -> Look<Result<R, RecvError>> {
        match pop() {
            Some(found) => Look::Done(Ok(found)),
            None if self.ring.is_closed() => Look::Done(pop().ok_or(RecvError)),
            None => Look::Nothing,
        }
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
}

/// To send one value.
impl<T> Errand<Room<'_, T>> for Option<T> {
    type Done = Result<(), SendError<T>>;

    #[inline(always)]
    fn look(&mut self, room: &Room<'_, T>) -> Look<Self::Done> {
        let Some(value) = self.take() else {
            panic!("polled after its value was sent");
        };
        match room.0.push(value) {
            Ok(()) => Look::Done(Ok(())),
            Err(PushError::Closed(back)) => Look::Done(Err(SendError(back))),
            Err(PushError::Full(back)) => {
                *self = Some(back);
                Look::Nothing
            }
        }
    }
}

/// To send all of many values.
impl<T> Errand<Room<'_, T>> for Vec<T> {
    type Done = Result<(), SendError<()>>;

    fn look(&mut self, room: &Room<'_, T>) -> Look<Self::Done> {
        let mut found = Look::Nothing;
        while !self.is_empty() {
            if room.0.push_vec(self) > 0 {
                found = Look::Part;
            } else if room.0.ring.is_closed() {
                return Look::Done(Err(SendError(())));
            } else {
                return found;
            }
        }
        Look::Done(Ok(()))
    }
}

/// To receive one value.
#[derive(Debug)]
pub struct One;

impl<T> Errand<Items<'_, T>> for One {
    type Done = Result<T, RecvError>;

    #[inline(always)]
    fn look(&mut self, items: &Items<'_, T>) -> Look<Self::Done> {
        items.0.receive(|| items.0.pop())
    }
}

/// To receive at least one value: where to put values, and how many at most.
#[derive(Debug)]
pub struct Many<'a, T> {
    pub(super) into: &'a mut Vec<T>,
    pub(super) max: usize,
}

impl<T> Errand<Items<'_, T>> for Many<'_, T> {
    type Done = Result<usize, RecvError>;

    fn look(&mut self, items: &Items<'_, T>) -> Look<Self::Done> {
        items.0.receive(|| match items.0.pop_many(self.max, self.into) {
            0 if self.max > 0 => None,
            popped => Some(popped),
        })
    }
}
