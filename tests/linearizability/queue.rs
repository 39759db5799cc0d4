//! What is promised: a bounded queue that can be closed, one call after the other.
//!
//! A batch is *one* step: its items stand side by side in the queue, and are taken side by side.
//! How many it moves is not fixed by the queue alone: a neighbour that has claimed a slot and not
//! yet stamped it may cut a batch short. But it is none only when the queue was full (or closed) or
//! empty at the moment of the step.
//!
//! A weak poll may miss at any time, which says nothing about the queue.
//!
//! A push by force that had its place when the close came still goes in, and takes effect when a
//! consumer makes room, which may be after the close.

use crate::history::{Answer, Call, Items};
use crate::search::Promise;

/// The queue between two calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Queue {
    pub(crate) items: Items,
    pub(crate) closed: bool,
}

impl Promise for Queue {
    fn after(self, capacity: usize, call: Call, answer: Answer, early: bool) -> Option<Self> {
        let (closed, len) = (self.closed, self.items.len());
        let (is_full, is_empty) = (len == capacity, len == 0);
        let same = |so: bool| so.then_some(self);
        match (call, answer) {
            (Call::Push(value) | Call::TryPush(value), Answer::Done) => {
                (!closed && !is_full).then(|| self.with(value))
            }
            (Call::ForcePush(value), Answer::Done) => {
                ((!closed || early) && !is_full).then(|| self.with(value))
            }
            (Call::ForcePush(value), Answer::Displaced(oldest)) => {
                let (first, rest) = self.items.split(1);
                let fits = !closed && is_full && first.oldest() == Some(oldest);
                let items = rest;
                fits.then(|| Self { items, closed }.with(value))
            }
            (Call::Push(_), Answer::Full) => same(!closed && is_full),
            (Call::Push(_) | Call::ForcePush(_), Answer::Closed) => same(closed),
            (Call::TryPush(_) | Call::TryPop, Answer::Missed) => same(true),
            (Call::PushMany(items), Answer::Pushed(0)) => {
                same(closed || is_full || items.is_empty())
            }
            (Call::PushMany(items), Answer::Pushed(pushed)) => {
                let fits = !closed && pushed <= items.len() && len + pushed <= capacity;
                let (first, _) = items.split(pushed);
                fits.then(|| first.iter().fold(self, Self::with))
            }
            (Call::Pop | Call::TryPop, Answer::Value(value)) => {
                let (first, items) = self.items.split(1);
                (first.oldest() == Some(value)).then_some(Self { items, closed })
            }
            (Call::Pop, Answer::Empty) => same(is_empty),
            (Call::PopMany(max), Answer::Took(took)) if took.is_empty() => {
                same(is_empty || max == 0)
            }
            (Call::PopMany(max), Answer::Took(took)) => {
                let (first, items) = self.items.split(took.len());
                (took.len() <= max && first == took).then_some(Self { items, closed })
            }
            (Call::Close, Answer::Is(first)) => {
                let items = self.items;
                (first != closed).then_some(Self { items, closed: true })
            }
            (Call::IsClosed, Answer::Is(is)) => same(is == closed),
            (Call::IsEmpty, Answer::Is(is)) => same(is == is_empty),
            (Call::IsFull, Answer::Is(is)) => same(is == is_full),
            _ => None,
        }
    }
}

impl Queue {
    fn with(mut self, value: u8) -> Self {
        self.items.push(value);
        self
    }
}
