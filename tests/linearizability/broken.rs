//! Queues with one fault each, and the honest one beside them: what the checkers are checked with.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::history::{Answer, Call, FOREIGN, Steps};
use crate::subjects::{End, Kind, Subject};

/// What is wrong with a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing: all its histories must be accepted.
    None,
    /// A pop takes the second oldest.
    SwappedPair,
    /// A push says that it went in, and did not.
    Lost,
    /// A pop leaves the value where it is.
    Duplicated,
    FalseEmpty,
    FalseFull,
    /// A push goes in though the queue is full.
    Overfilled,
    /// A pop hands out what nobody pushed.
    ThinAir,
    /// A push goes in after the close.
    LateClose,
    /// A second close says that it was the first.
    ClosedTwice,
    /// An overwriting push throws out the newest.
    ForceNewest,
    /// An overwriting push throws out two and hands back one.
    ForceTwo,
    /// An overwriting push makes room first and pushes later: between, others find room.
    ForceInTwoSteps,
    /// The second item of a batch is missing.
    BatchHole,
    /// A batch goes in one by one: others push between.
    BatchTorn,
    /// A batch is taken one by one: others pop between.
    BatchTornAtPop,
    /// A batch says that one more went in.
    BatchMiscounted,
    /// `is_empty` tells what was, not what is.
    IsEmptyLate,
}

/// Every fault.
pub(crate) const FAULTS: [Fault; 17] = [
    Fault::SwappedPair,
    Fault::Lost,
    Fault::Duplicated,
    Fault::FalseEmpty,
    Fault::FalseFull,
    Fault::Overfilled,
    Fault::ThinAir,
    Fault::LateClose,
    Fault::ClosedTwice,
    Fault::ForceNewest,
    Fault::ForceTwo,
    Fault::ForceInTwoSteps,
    Fault::BatchHole,
    Fault::BatchTorn,
    Fault::BatchTornAtPop,
    Fault::BatchMiscounted,
    Fault::IsEmptyLate,
];

struct Broken {
    fault: Fault,
    capacity: usize,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    items: VecDeque<u8>,
    closed: bool,
    was_empty: bool,
    /// How often the fault could have happened.
    chances: usize,
}

/// A queue with this fault, as a subject.
pub(crate) fn subject(fault: Fault) -> Subject {
    use Kind::{Close, ForcePush, IsEmpty, IsFull, Pop, PopMany, Push, PushMany};
    const ASKED: &[Kind] = &[
        Push, Push, Push, ForcePush, ForcePush, PushMany, PushMany, Pop, Pop, Pop, PopMany,
        PopMany, Close, IsEmpty, IsFull,
    ];
    Subject {
        name: "broken queue",
        capacities: &[1, 2, 3, 4],
        ends: &[ASKED; 3],
        steps: Steps::Whole,
        drains: &[(2, Call::Pop)],
        is_queue: true,
        make: Box::new(move |capacity, _| {
            let broken = Arc::new(Broken { fault, capacity, inside: Mutex::default() });
            (0..3).map(|_| Box::new(broken.clone()) as _).collect()
        }),
    }
}

impl Broken {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the fault is this one and happens now: every other time that it could.
    fn is_now(&self, inside: &mut Inside, fault: Fault) -> bool {
        inside.chances += usize::from(self.fault == fault);
        self.fault == fault && inside.chances.is_multiple_of(2)
    }

    /// Lets the others have a turn in the midst of a call.
    fn torn<'a>(&'a self, inside: MutexGuard<'a, Inside>) -> MutexGuard<'a, Inside> {
        drop(inside);
        thread::yield_now();
        self.inside()
    }

    fn push(&self, value: u8) -> Answer {
        let mut inside = self.inside();
        if inside.closed && !self.is_now(&mut inside, Fault::LateClose) {
            return Answer::Closed;
        }
        let is_full = inside.items.len() >= self.capacity;
        if is_full && !self.is_now(&mut inside, Fault::Overfilled) {
            return Answer::Full;
        }
        if !is_full && self.is_now(&mut inside, Fault::FalseFull) {
            return Answer::Full;
        }
        if !self.is_now(&mut inside, Fault::Lost) {
            inside.items.push_back(value);
        }
        Answer::Done
    }

    fn force_push(&self, value: u8) -> Answer {
        let mut inside = self.inside();
        if inside.closed {
            return Answer::Closed;
        }
        if inside.items.len() < self.capacity {
            inside.items.push_back(value);
            return Answer::Done;
        }
        let displaced = match self.fault {
            Fault::ForceNewest => inside.items.pop_back(),
            _ => inside.items.pop_front(),
        };
        if self.fault == Fault::ForceTwo {
            inside.items.pop_front();
        }
        if self.fault == Fault::ForceInTwoSteps {
            inside = self.torn(inside);
        }
        inside.items.push_back(value);
        displaced.map_or(Answer::Done, Answer::Displaced)
    }

    fn push_many(&self, values: impl Iterator<Item = u8>) -> Answer {
        let mut inside = self.inside();
        let mut pushed = 0;
        for value in values {
            if inside.closed || inside.items.len() >= self.capacity {
                break;
            }
            if pushed != 1 || !self.is_now(&mut inside, Fault::BatchHole) {
                inside.items.push_back(value);
            }
            pushed += 1;
            if self.fault == Fault::BatchTorn {
                inside = self.torn(inside);
            }
        }
        let miscounted = pushed > 0 && self.is_now(&mut inside, Fault::BatchMiscounted);
        Answer::Pushed(pushed + usize::from(miscounted))
    }

    fn pop(&self) -> Answer {
        let mut inside = self.inside();
        if inside.items.is_empty() {
            let thin_air = self.is_now(&mut inside, Fault::ThinAir);
            return if thin_air { Answer::Value(FOREIGN) } else { Answer::Empty };
        }
        if self.is_now(&mut inside, Fault::FalseEmpty) {
            return Answer::Empty;
        }
        if inside.items.len() > 1 && self.is_now(&mut inside, Fault::SwappedPair) {
            inside.items.swap(0, 1);
        }
        let duplicated = self.is_now(&mut inside, Fault::Duplicated);
        let value = match duplicated {
            true => inside.items.front().copied(),
            false => inside.items.pop_front(),
        };
        value.map_or(Answer::Empty, Answer::Value)
    }

    fn pop_many(&self, max: usize) -> Answer {
        let mut inside = self.inside();
        let mut took = Vec::new();
        while took.len() < max {
            let Some(value) = inside.items.pop_front() else {
                break;
            };
            took.push(value);
            if self.fault == Fault::BatchTornAtPop {
                inside = self.torn(inside);
            }
        }
        Answer::Took(took.into_iter().collect())
    }
}

impl End for Arc<Broken> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Push(value) => self.push(value),
            Call::ForcePush(value) => self.force_push(value),
            Call::PushMany(values) => self.push_many(values.iter()),
            Call::Pop => self.pop(),
            Call::PopMany(max) => self.pop_many(max),
            Call::Close => {
                let mut inside = self.inside();
                let before = std::mem::replace(&mut inside.closed, true);
                let twice = self.fault == Fault::ClosedTwice;
                Answer::Is(twice || !before)
            }
            Call::IsClosed => Answer::Is(self.inside().closed),
            Call::IsEmpty => {
                let mut inside = self.inside();
                let is_empty = inside.items.is_empty();
                let was_empty = std::mem::replace(&mut inside.was_empty, is_empty);
                let late = self.fault == Fault::IsEmptyLate;
                Answer::Is(if late { was_empty } else { is_empty })
            }
            Call::IsFull => Answer::Is(self.inside().items.len() >= self.capacity),
            other => panic!("{other:?} is not asked of this end"),
        }
    }
}
