//! The queues under test, each as a number of ends that take calls.

use std::sync::Arc;

use windlass::ring::{PushError, Ring};

use crate::history::{Answer, Call, FOREIGN};

/// One thread's end of a queue.
pub(crate) trait End: Send {
    fn call(&mut self, call: Call) -> Answer;
}

/// What may be asked of an end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Push,
    TryPush,
    ForcePush,
    PushMany,
    Pop,
    TryPop,
    PopMany,
    Close,
    IsEmpty,
    IsFull,
}

/// A queue under test.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) capacities: &'static [usize],
    /// What is asked of each end, as often as it is named. The first end can push, the last pop.
    pub(crate) ends: &'static [&'static [Kind]],
    /// The ends of a new queue of this capacity, whose indices start there.
    pub(crate) make: Box<Make>,
}

pub(crate) type Make = dyn Fn(usize, usize) -> Vec<Box<dyn End>>;

/// The value as the history writes it.
pub(crate) fn written(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(FOREIGN).max(1)
}

use Kind::*;

const EQUALS: &[Kind] = &[Push, Push, Push, Pop, Pop, Pop, IsEmpty, IsFull];

/// The ring by reference, one by one.
pub(crate) fn singles() -> Subject {
    Subject {
        name: "ring by reference",
        capacities: &[1, 2, 3, 4],
        ends: &[EQUALS; 3],
        make: Box::new(|capacity, start| {
            let ring = Arc::new(Ring::starting_at(capacity, start));
            (0..3).map(|_| Box::new(ring.clone()) as _).collect()
        }),
    }
}

fn pushed(pushed: Result<(), PushError<u64>>) -> Answer {
    match pushed {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
    }
}

fn popped(popped: Option<u64>) -> Answer {
    popped.map_or(Answer::Empty, |value| Answer::Value(written(value)))
}

impl End for Arc<Ring<u64>> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Push(value) => pushed(self.push(value.into())),
            Call::Pop => popped(self.pop()),
            Call::IsEmpty => Answer::Is(self.is_empty()),
            Call::IsFull => Answer::Is(self.is_full()),
            other => panic!("{other:?} is not asked of this end"),
        }
    }
}
