//! A history: which calls were made, what they answered, and between which two moments.

use std::fmt;

/// What stands for a value that nobody pushed.
pub(crate) const FOREIGN: u8 = u8::MAX;

/// Up to seven values, the oldest in the lowest byte. No value is 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Items(u64);

/// How many values [`Items`] holds at most, and so the largest capacity under test.
pub(crate) const ITEMS_MAX: usize = 7;

impl Items {
    pub(crate) fn len(self) -> usize {
        (u64::BITS - self.0.leading_zeros()).div_ceil(8) as usize
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn push(&mut self, value: u8) {
        assert!(value != 0 && self.len() < ITEMS_MAX);
        self.0 |= u64::from(value) << (8 * self.len());
    }

    pub(crate) fn oldest(self) -> Option<u8> {
        self.iter().next()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        self.0.to_le_bytes().into_iter().take(self.len())
    }

    /// The `first` oldest, and the others.
    pub(crate) fn split(self, first: usize) -> (Self, Self) {
        if first >= self.len() {
            return (self, Self::default());
        }
        let (low, bits) = ((1_u64 << (8 * first)) - 1, 8 * first);
        (Self(self.0 & low), Self(self.0 >> bits))
    }
}

impl Extend<u8> for Items {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl FromIterator<u8> for Items {
    fn from_iter<I: IntoIterator<Item = u8>>(values: I) -> Self {
        let mut items = Self::default();
        items.extend(values);
        items
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// What a thread asked of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Push(u8),
    TryPush(u8),
    ForcePush(u8),
    PushMany(Items),
    Pop,
    TryPop,
    PopMany(usize),
    Close,
    IsClosed,
    IsEmpty,
    IsFull,
    /// The only sender goes.
    Leave,
    /// What this subscriber finds, and what it waits for a while for.
    Next(usize),
    Wait(usize),
    /// A publisher hands a value to this subscriber: a step of a push.
    Give(u8, usize),
}

/// What the queue said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The value went in.
    Done,
    /// The value went in, and this one was thrown out for it.
    Displaced(u8),
    /// So many of the batch went in, from its front.
    Pushed(usize),
    Full,
    Closed,
    /// A weak poll did not succeed.
    Missed,
    Value(u8),
    Empty,
    Took(Items),
    Is(bool),
    /// So many values were missed.
    Lagged(u8),
}

/// Into which steps the calls of a history are taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steps {
    /// None: each call is one.
    Whole,
    /// The items of a batch that is pushed come one by one.
    Pushes,
    /// Those of a batch that is popped, too.
    Batches,
    /// A value that is pushed goes to one subscriber after the other.
    Subscribers,
}

/// How many subscribers a topic under test has.
pub(crate) const SUBSCRIBERS: usize = 2;

/// A call between the moment before it and the moment after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) call: Call,
    pub(crate) answer: Answer,
    pub(crate) called: u32,
    pub(crate) returned: u32,
}

impl Event {
    /// The call as steps, in their order.
    pub(crate) fn steps(self, how: Steps) -> Vec<Self> {
        let step = |call, answer| Self { call, answer, ..self };
        let (popped, pushed_so) =
            (how == Steps::Batches, matches!(how, Steps::Batches | Steps::Pushes));
        match (self.call, self.answer) {
            (Call::Push(value), Answer::Pushed(SUBSCRIBERS)) if how == Steps::Subscribers => {
                let give = |to| step(Call::Give(value, to), Answer::Done);
                (0..SUBSCRIBERS).map(give).collect()
            }
            (Call::PushMany(items), Answer::Pushed(pushed)) if pushed_so && pushed > 0 => {
                let items = items.iter().take(pushed);
                items.map(|item| step(Call::Push(item), Answer::Done)).collect()
            }
            (Call::PopMany(max), Answer::Took(took))
                if popped && (1..=max).contains(&took.len()) =>
            {
                let took = took.iter();
                took.map(|item| step(Call::Pop, Answer::Value(item))).collect()
            }
            _ => vec![self],
        }
    }
}

/// What happened to one queue, which was empty and open before.
#[derive(Clone, Default)]
pub(crate) struct History {
    /// Where it came from.
    pub(crate) name: String,
    pub(crate) capacity: usize,
    /// Each thread's calls in their order. The last lane is the thread that fills the queue before
    /// the others begin and empties it after they ended.
    pub(crate) lanes: Vec<Vec<Event>>,
}

impl History {
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.lanes.iter().flatten()
    }

    /// Whether calls of two threads overlap in time.
    pub(crate) fn overlaps(&self) -> bool {
        let apart = |a: &Event, b: &Event| a.returned < b.called || b.returned < a.called;
        self.lanes.iter().enumerate().any(|(at, lane)| {
            let others = self.lanes[at + 1..].iter().flatten();
            others.into_iter().any(|other| lane.iter().any(|event| !apart(event, other)))
        })
    }
}

impl fmt::Debug for History {
    /// One line for each call, in the order in which they began.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, capacity {}", self.name, self.capacity)?;
        let mut lines: Vec<(usize, &Event)> = Vec::new();
        for (lane, events) in self.lanes.iter().enumerate() {
            lines.extend(events.iter().map(|event| (lane, event)));
        }
        lines.sort_by_key(|(_, event)| (event.called, event.returned));
        let first = lines.first().map_or(0, |(_, event)| event.called);
        writeln!(f, "  from   to  thread")?;
        for (lane, event) in lines {
            let (from, to) = (event.called - first, event.returned - first);
            let indent = " ".repeat(24 * lane);
            let (call, answer) = (event.call, event.answer);
            writeln!(f, "{from:6} {to:4}  {lane}{indent}  {call:?} -> {answer:?}")?;
        }
        Ok(())
    }
}
