//! Channels with one fault each, behind a mutex, and the honest ones beside them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::channels::ends;
use crate::history::{Answer, Call, SUBSCRIBERS};
use crate::subjects::{End, Subject};

/// What is wrong with a bounded channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueFault {
    None,
    /// A send says that the value went in, and it did not.
    Lost,
    /// A receive leaves the value where it is.
    Twice,
    /// A receive takes the second oldest.
    Swapped,
    FalseFull,
    FalseEmpty,
    /// A send goes in after the close.
    SentAfterClose,
    /// A receiver is told of the end with a value left.
    ClosedTooEarly,
    /// A receiver finds nothing where it should be told of the end.
    ClosedUntold,
    /// A send that was given up goes in all the same.
    SentThoughGivenUp,
    /// A receive that was given up has taken a value with it.
    TakenThoughGivenUp,
}

pub(super) const QUEUE_FAULTS: [QueueFault; 10] = [
    QueueFault::Lost,
    QueueFault::Twice,
    QueueFault::Swapped,
    QueueFault::FalseFull,
    QueueFault::FalseEmpty,
    QueueFault::SentAfterClose,
    QueueFault::ClosedTooEarly,
    QueueFault::ClosedUntold,
    QueueFault::SentThoughGivenUp,
    QueueFault::TakenThoughGivenUp,
];

/// What is wrong with a oneshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OneFault {
    None,
    /// It yields its value twice.
    Twice,
    /// The value was sent, and never comes.
    Lost,
    /// A send is accepted after the close.
    SentAfterClose,
    /// The receiver is told that nothing comes while the value is there.
    ClosedTooEarly,
    /// A close takes back what was sent.
    CloseTakesBack,
    /// A sender that leaves is not noticed.
    LeaveUntold,
}

pub(super) const ONE_FAULTS: [OneFault; 6] = [
    OneFault::Twice,
    OneFault::Lost,
    OneFault::SentAfterClose,
    OneFault::ClosedTooEarly,
    OneFault::CloseTakesBack,
    OneFault::LeaveUntold,
];

/// What is wrong with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewsFault {
    None,
    /// A gap is skipped without a word.
    GapUntold,
    /// A gap is told one too large.
    GapMiscounted,
    /// The two subscribers see two values in different orders.
    OrdersDiffer,
    /// The newest value makes room, not the oldest.
    NewestDisplaced,
    /// A subscriber gets a value twice.
    Twice,
    /// A value is published after the close.
    SentAfterClose,
    /// A subscriber is told of the end with a value left.
    ClosedTooEarly,
}

pub(super) const NEWS_FAULTS: [NewsFault; 7] = [
    NewsFault::GapUntold,
    NewsFault::GapMiscounted,
    NewsFault::OrdersDiffer,
    NewsFault::NewestDisplaced,
    NewsFault::Twice,
    NewsFault::SentAfterClose,
    NewsFault::ClosedTooEarly,
];

/// A channel of any of the kinds.
struct Broken<F> {
    fault: F,
    capacity: usize,
    inside: Mutex<Inside>,
}

/// An end of it.
struct BrokenEnd<F>(Arc<Broken<F>>);

#[derive(Default)]
struct Inside {
    /// For each subscriber; the others use the first.
    items: [VecDeque<u8>; SUBSCRIBERS],
    missed: [u8; SUBSCRIBERS],
    /// The value behind a gap that was told.
    held: [Option<u8>; SUBSCRIBERS],
    closed: bool,
    /// Nothing more is sent: the only sender has done so, or has left.
    over: bool,
    left: bool,
    /// How often the fault could have happened.
    chances: usize,
}

fn subject<F: Copy + Send + Sync + 'static>(honest: Subject, fault: F) -> Subject
where
    BrokenEnd<F>: End,
{
    let ends = honest.ends.len();
    let make = move |capacity, _| {
        let broken = Arc::new(Broken { fault, capacity, inside: Mutex::default() });
        (0..ends).map(|_| Box::new(BrokenEnd(broken.clone())) as _).collect()
    };
    Subject { name: "broken channel", make: Box::new(make), ..honest }
}

/// A bounded channel with this fault.
pub(super) fn queue(fault: QueueFault) -> Subject {
    subject(ends::by_hand(), fault)
}

/// A oneshot with this fault.
pub(super) fn one(fault: OneFault) -> Subject {
    subject(ends::oneshots(), fault)
}

/// A topic with this fault.
pub(super) fn news(fault: NewsFault) -> Subject {
    subject(ends::two_publishers(), fault)
}

impl<F: Copy + PartialEq> Broken<F> {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the fault is this one and happens now: every other time that it could.
    fn is_now(&self, inside: &mut Inside, fault: F) -> bool {
        inside.chances += usize::from(self.fault == fault);
        self.fault == fault && inside.chances.is_multiple_of(2)
    }
}

impl Broken<QueueFault> {
    fn send(&self, value: u8) -> Answer {
        let mut inside = self.inside();
        if inside.closed && !self.is_now(&mut inside, QueueFault::SentAfterClose) {
            return Answer::Closed;
        }
        if inside.items[0].len() >= self.capacity {
            return Answer::Full;
        }
        if self.is_now(&mut inside, QueueFault::FalseFull) {
            return Answer::Full;
        }
        if !self.is_now(&mut inside, QueueFault::Lost) {
            inside.items[0].push_back(value);
        }
        Answer::Done
    }

    fn receive(&self) -> Answer {
        let mut inside = self.inside();
        let len = inside.items[0].len();
        let untold = inside.closed && self.is_now(&mut inside, QueueFault::ClosedUntold);
        if len == 0 {
            return if inside.closed && !untold { Answer::Closed } else { Answer::Empty };
        }
        if inside.closed && self.is_now(&mut inside, QueueFault::ClosedTooEarly) {
            return Answer::Closed;
        }
        if self.is_now(&mut inside, QueueFault::FalseEmpty) {
            return if inside.closed { Answer::Closed } else { Answer::Empty };
        }
        if len > 1 && self.is_now(&mut inside, QueueFault::Swapped) {
            inside.items[0].swap(0, 1);
        }
        let value = match self.is_now(&mut inside, QueueFault::Twice) {
            true => inside.items[0].front().copied(),
            false => inside.items[0].pop_front(),
        };
        value.map_or(Answer::Empty, Answer::Value)
    }

    /// A call that waits gives up at once.
    fn given_up(&self, fault: QueueFault) -> bool {
        let mut inside = self.inside();
        self.is_now(&mut inside, fault)
    }
}

impl End for BrokenEnd<QueueFault> {
    fn call(&mut self, call: Call) -> Answer {
        let (own, missed) = (&*self.0, Answer::Missed);
        match call {
            Call::Push(value) => own.send(value),
            Call::TryPush(value) => match own.send(value) {
                Answer::Done if own.given_up(QueueFault::SentThoughGivenUp) => missed,
                Answer::Full => missed,
                other => other,
            },
            Call::PushMany(items) => {
                let mut answers = items.iter().map(|item| own.send(item));
                match answers.next() {
                    Some(Answer::Done) => {
                        Answer::Pushed(1 + answers.take_while(|a| *a == Answer::Done).count())
                    }
                    Some(Answer::Closed) => Answer::Closed,
                    _ => missed,
                }
            }
            Call::Pop => own.receive(),
            Call::TryPop => match own.receive() {
                Answer::Value(_) if own.given_up(QueueFault::TakenThoughGivenUp) => missed,
                Answer::Empty => missed,
                other => other,
            },
            Call::PopMany(_) => match own.receive() {
                Answer::Value(value) => Answer::Took([value].into_iter().collect()),
                other => other,
            },
            Call::Close => Answer::Is(!std::mem::replace(&mut own.inside().closed, true)),
            Call::IsClosed => Answer::Is(own.inside().closed),
            Call::IsEmpty => Answer::Is(own.inside().items[0].is_empty()),
            Call::IsFull => Answer::Is(own.inside().items[0].len() >= own.capacity),
            other => panic!("{other:?} is not asked of a bounded channel"),
        }
    }
}

impl End for BrokenEnd<OneFault> {
    fn call(&mut self, call: Call) -> Answer {
        let own = &*self.0;
        let mut inside = own.inside();
        match call {
            Call::IsClosed if inside.over => Answer::Missed,
            Call::IsClosed => Answer::Is(inside.closed),
            Call::Push(_) | Call::Leave if inside.over => Answer::Missed,
            Call::Push(value) => {
                inside.over = true;
                if inside.closed && own.fault != OneFault::SentAfterClose {
                    return Answer::Closed;
                }
                if own.fault != OneFault::Lost {
                    inside.items[0].push_back(value);
                }
                Answer::Done
            }
            Call::Leave => {
                inside.over = true;
                inside.left = true;
                Answer::Done
            }
            Call::Close => {
                if own.fault == OneFault::CloseTakesBack {
                    inside.items[0].clear();
                }
                inside.closed |= !inside.over;
                Answer::Done
            }
            Call::Pop | Call::TryPop => {
                let early = own.is_now(&mut inside, OneFault::ClosedTooEarly);
                let twice = own.is_now(&mut inside, OneFault::Twice);
                let value = inside.items[0].front().copied().filter(|_| !early);
                let Some(value) = value else {
                    let untold = inside.left && own.fault == OneFault::LeaveUntold;
                    let is_over = inside.closed || inside.over && !untold;
                    let nothing = if call == Call::Pop { Answer::Empty } else { Answer::Missed };
                    return if is_over { Answer::Closed } else { nothing };
                };
                if !twice {
                    inside.items[0].pop_front();
                }
                Answer::Value(value)
            }
            other => panic!("{other:?} is not asked of a oneshot"),
        }
    }
}

impl Broken<NewsFault> {
    fn publish(&self, value: u8) -> Answer {
        let mut inside = self.inside();
        if inside.closed && !self.is_now(&mut inside, NewsFault::SentAfterClose) {
            return Answer::Closed;
        }
        for to in 0..SUBSCRIBERS {
            if inside.items[to].len() == self.capacity {
                match self.fault {
                    NewsFault::NewestDisplaced => inside.items[to].pop_back(),
                    _ => inside.items[to].pop_front(),
                };
                inside.missed[to] += 1;
            }
            inside.items[to].push_back(value);
        }
        let len = inside.items[1].len();
        if len > 1 && self.is_now(&mut inside, NewsFault::OrdersDiffer) {
            inside.items[1].swap(len - 1, len - 2);
        }
        Answer::Pushed(SUBSCRIBERS)
    }

    fn next(&self, of: usize) -> Answer {
        let mut inside = self.inside();
        let closed = inside.closed;
        if closed && self.is_now(&mut inside, NewsFault::ClosedTooEarly) {
            return Answer::Closed;
        }
        if let Some(held) = inside.held[of].take() {
            return Answer::Value(held);
        }
        if inside.items[of].is_empty() {
            return if closed { Answer::Closed } else { Answer::Empty };
        }
        let missed = std::mem::take(&mut inside.missed[of]);
        if missed > 0 && !self.is_now(&mut inside, NewsFault::GapUntold) {
            inside.held[of] = inside.items[of].pop_front();
            return Answer::Lagged(missed + u8::from(self.fault == NewsFault::GapMiscounted));
        }
        let value = match self.is_now(&mut inside, NewsFault::Twice) {
            true => inside.items[of].front().copied(),
            false => inside.items[of].pop_front(),
        };
        value.map_or(Answer::Empty, Answer::Value)
    }
}

impl End for BrokenEnd<NewsFault> {
    fn call(&mut self, call: Call) -> Answer {
        let own = &*self.0;
        match call {
            Call::Push(value) => own.publish(value),
            Call::Close => Answer::Is(!std::mem::replace(&mut own.inside().closed, true)),
            Call::IsClosed => Answer::Is(own.inside().closed),
            Call::Next(of) => own.next(of),
            Call::Wait(of) => match own.next(of) {
                Answer::Empty => Answer::Missed,
                other => other,
            },
            other => panic!("{other:?} is not asked of a topic"),
        }
    }
}
