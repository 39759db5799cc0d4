//! What the channels promise, one call after the other.

use crate::history::{Answer, Call, Event, Items, SUBSCRIBERS};
use crate::queue::Queue;
use crate::search::Promise;

/// A bounded channel is the queue, except that it tells "empty" from "closed, and nothing is left".
/// A call that waits may give up at any time (`Missed`): then it has done nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Bounded(Queue);

impl Promise for Bounded {
    fn after(self, capacity: usize, call: Call, answer: Answer, early: bool) -> Option<Self> {
        let (closed, is_empty) = (self.0.closed, self.0.items.is_empty());
        let same = |so: bool| so.then_some(self);
        match (call, answer) {
            (Call::Pop | Call::PopMany(_), Answer::Empty) => same(is_empty && !closed),
            (Call::Pop | Call::TryPop | Call::PopMany(_), Answer::Closed) => {
                same(is_empty && closed)
            }
            (Call::TryPush(_) | Call::PushMany(_), Answer::Closed) => same(closed),
            (Call::PushMany(_) | Call::PopMany(_), Answer::Missed) => same(true),
            // What waits for all of a batch gives up with a part of it, and what waits for one
            // value never comes with none.
            (Call::PushMany(_), Answer::Pushed(0)) => None,
            (Call::PopMany(_), Answer::Took(took)) if took.is_empty() => None,
            _ => self.0.after(capacity, call, answer, early).map(Self),
        }
    }
}

/// A channel for one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum One {
    #[default]
    Open,
    Sent(u8),
    /// No value will come: it was received, or the sender has left.
    Over,
    /// No value is wanted.
    Closed,
}

impl Promise for One {
    fn after(self, _: usize, call: Call, answer: Answer, _: bool) -> Option<Self> {
        let same = |so: bool| so.then_some(self);
        match (call, answer) {
            // A sender that has sent is asked no more; a wait may be given up.
            (_, Answer::Missed) => same(true),
            (Call::Push(value), Answer::Done) => (self == Self::Open).then_some(Self::Sent(value)),
            (Call::Push(_), Answer::Closed) => same(self == Self::Closed),
            (Call::IsClosed, Answer::Is(is)) => same(is == (self == Self::Closed)),
            (Call::Leave, Answer::Done) => match self {
                Self::Open => Some(Self::Over),
                other => Some(other),
            },
            (Call::Close, Answer::Done) => match self {
                Self::Open => Some(Self::Closed),
                other => Some(other),
            },
            (Call::Pop | Call::TryPop, Answer::Value(value)) => {
                (self == Self::Sent(value)).then_some(Self::Over)
            }
            (Call::Pop, Answer::Empty) => same(self == Self::Open),
            (Call::Pop | Call::TryPop, Answer::Closed) => {
                same(matches!(self, Self::Over | Self::Closed))
            }
            _ => None,
        }
    }
}

/// What lies ready for one subscriber.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Shelf {
    items: Items,
    /// So many were displaced before the oldest of them.
    missed: u8,
    /// The value behind a gap that was told; 0: none.
    held: u8,
}

/// A topic with two subscribers.
///
/// Publishers take turns at a desk, so all see the values in one order; a value reaches one
/// subscriber after the other, and so does the end: while the first close lasts, a subscriber may
/// still be told that nothing is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct News {
    shelves: [Shelf; SUBSCRIBERS],
    /// The value that has reached the first subscriber, and not yet the second; 0: none.
    at_desk: u8,
    closed: bool,
}

impl Promise for News {
    fn after(self, capacity: usize, call: Call, answer: Answer, early: bool) -> Option<Self> {
        let (closed, at_desk) = (self.closed, self.at_desk);
        match (call, answer) {
            (Call::Give(value, to), Answer::Done) => {
                let (expected, next) = if to == 0 { (0, value) } else { (value, 0) };
                let is_turn = at_desk == expected && (to > 0 || !closed);
                let mut after = Self { at_desk: next, ..self };
                after.shelves[to].put(value, capacity);
                is_turn.then_some(after)
            }
            (Call::Push(_), Answer::Closed) => (closed && at_desk == 0).then_some(self),
            (Call::Close, Answer::Is(first)) => {
                let fits = at_desk == 0 && first != closed;
                fits.then_some(Self { closed: true, ..self })
            }
            (Call::IsClosed, Answer::Is(is)) => (at_desk == 0 && is == closed).then_some(self),
            (Call::Wait(_), Answer::Missed) => Some(self),
            (Call::Next(of) | Call::Wait(of), answer) => {
                let mut after = self;
                let ends = (closed, closed && !early);
                after.shelves[of].take(answer, ends).then_some(after)
            }
            _ => None,
        }
    }

    /// A later close ends at once, while the first one still tells the subscribers.
    fn is_close(event: &Event) -> bool {
        event.call == Call::Close && event.answer == Answer::Is(true)
    }
}

impl Shelf {
    fn put(&mut self, value: u8, capacity: usize) {
        if self.items.len() == capacity {
            self.items = self.items.split(1).1;
            self.missed += 1;
        }
        self.items.push(value);
    }

    /// Whether this is an answer to the subscriber, given that it may be told of the end, and that
    /// it must.
    fn take(&mut self, answer: Answer, (may_end, must_end): (bool, bool)) -> bool {
        let (oldest, rest) = self.items.split(1);
        let oldest = oldest.oldest();
        let nothing = self.held == 0 && oldest.is_none();
        match answer {
            Answer::Value(value) if self.held != 0 => std::mem::take(&mut self.held) == value,
            Answer::Value(value) => {
                self.items = rest;
                self.missed == 0 && oldest == Some(value)
            }
            Answer::Lagged(missed) => {
                let is_so = self.held == 0 && missed > 0 && missed == self.missed;
                *self = Self { items: rest, missed: 0, held: oldest.unwrap_or(0) };
                is_so && oldest.is_some()
            }
            Answer::Empty => nothing && !must_end,
            Answer::Closed => nothing && may_end,
            _ => false,
        }
    }
}
