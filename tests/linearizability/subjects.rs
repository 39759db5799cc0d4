//! The queues under test, each as a number of ends that take calls.

use std::sync::Arc;

use windlass::ring::{Consumer, Handle, Producer, PushError, Ring, Side, mpsc, spmc, spsc};

use crate::history::{Answer, Call, FOREIGN, Items, Steps};

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
    IsClosed,
    Leave,
    Next(usize),
    Wait(usize),
}

/// A queue under test.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) capacities: &'static [usize],
    /// What is asked of each end, as often as it is named. The first end can push, the last pop.
    pub(crate) ends: &'static [&'static [Kind]],
    /// Into which steps its calls are taken apart.
    pub(crate) steps: Steps,
    /// Which end is asked what in the end, until nothing is left.
    pub(crate) drains: &'static [(usize, Call)],
    /// Whether the fast checks, which know queues only, apply.
    pub(crate) is_queue: bool,
    pub(crate) make: Box<Make>,
}

/// The ends of a new queue of a capacity, whose indices start somewhere.
pub(crate) type Make = dyn Fn(usize, usize) -> Vec<Box<dyn End>>;

use Kind::*;

const SINGLE: &[Kind] = &[Push, Push, Push, Pop, Pop, Pop, IsEmpty, IsFull];
const WEAK: &[Kind] = &[Push, Push, TryPush, TryPush, Pop, Pop, TryPop, TryPop, IsFull];
const BATCHES: &[Kind] = &[Push, PushMany, PushMany, Pop, PopMany, PopMany, IsEmpty, IsFull];
const FORCE: &[Kind] = &[Push, ForcePush, ForcePush, Pop, PushMany, PopMany, IsEmpty, IsFull];
const CLOSING: &[Kind] = &[Push, Push, Push, PushMany, PushMany, Pop, Pop, PopMany, Close];
const ANY: &[Kind] =
    &[Push, TryPush, ForcePush, ForcePush, PushMany, Pop, Pop, TryPop, PopMany, Close, IsFull];
const PRODUCER: &[Kind] = &[Push, Push, Push, TryPush, PushMany, PushMany];
const LAST_PRODUCER: &[Kind] = &[Push, Push, Push, Push, TryPush, PushMany, PushMany, Close];
const CONSUMER: &[Kind] = &[Pop, Pop, Pop, TryPop, PopMany, PopMany];

/// Three threads, all asked the same.
fn equals(
    name: &'static str,
    ends: &'static [&'static [Kind]; 3],
    end: fn(usize, Arc<Ring<u64>>) -> Box<dyn End>,
) -> Subject {
    Subject {
        name,
        capacities: &[1, 2, 3, 4],
        ends,
        steps: Steps::Whole,
        drains: &[(2, Call::Pop)],
        is_queue: true,
        make: Box::new(move |capacity, start| {
            let ring = Arc::new(Ring::starting_at(capacity, start));
            (0..3).map(|at| end(at, ring.clone())).collect()
        }),
    }
}

fn by_reference(_: usize, ring: Arc<Ring<u64>>) -> Box<dyn End> {
    Box::new(ring)
}

fn by_handle(_: usize, ring: Arc<Ring<u64>>) -> Box<dyn End> {
    Box::new(Handle::new(ring))
}

fn by_either(at: usize, ring: Arc<Ring<u64>>) -> Box<dyn End> {
    if at == 0 { by_reference(at, ring) } else { by_handle(at, ring) }
}

pub(crate) fn singles() -> Subject {
    equals("one by one, by reference", &[SINGLE; 3], by_reference)
}

pub(crate) fn handles() -> Subject {
    equals("one by one, by handle", &[SINGLE; 3], by_handle)
}

pub(crate) fn weak() -> Subject {
    equals("weak polls among others", &[WEAK; 3], by_either)
}

pub(crate) fn batches() -> Subject {
    equals("batches and singles", &[BATCHES; 3], by_either)
}

pub(crate) fn force() -> Subject {
    equals("pushes by force", &[FORCE; 3], by_either)
}

pub(crate) fn closing() -> Subject {
    equals("close against all others", &[CLOSING; 3], by_either)
}

pub(crate) fn anything() -> Subject {
    equals("all calls", &[ANY; 3], by_either)
}

/// Where both sides are sole, a batch comes into sight item by item, which is why the other side
/// needs no look at the index. Nobody else pushes, or pops, between its items.
pub(crate) fn sole_both() -> Subject {
    Subject {
        name: "sole producer, sole consumer",
        capacities: &[1, 2, 3, 4],
        ends: &[LAST_PRODUCER, CONSUMER],
        steps: Steps::Batches,
        drains: &[(1, Call::Pop)],
        is_queue: true,
        make: Box::new(|capacity, _| {
            let (producer, consumer) = spsc(capacity);
            vec![Box::new(Some(producer)), Box::new(consumer)]
        }),
    }
}

pub(crate) fn sole_producer() -> Subject {
    Subject {
        name: "sole producer",
        capacities: &[1, 2, 3, 4],
        ends: &[LAST_PRODUCER, CONSUMER, CONSUMER],
        steps: Steps::Whole,
        drains: &[(2, Call::Pop)],
        is_queue: true,
        make: Box::new(|capacity, _| {
            let (producer, consumer) = spmc(capacity);
            vec![Box::new(Some(producer)), Box::new(consumer.clone()), Box::new(consumer)]
        }),
    }
}

pub(crate) fn sole_consumer() -> Subject {
    Subject {
        name: "sole consumer",
        capacities: &[1, 2, 3, 4],
        ends: &[PRODUCER, PRODUCER, CONSUMER],
        steps: Steps::Whole,
        drains: &[(2, Call::Pop)],
        is_queue: true,
        make: Box::new(|capacity, _| {
            let (producer, consumer) = mpsc(capacity);
            vec![Box::new(Some(producer.clone())), Box::new(Some(producer)), Box::new(consumer)]
        }),
    }
}

pub(crate) fn written(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(FOREIGN).max(1)
}

fn pushed(pushed: Result<(), PushError<u64>>) -> Answer {
    match pushed {
        Ok(()) => Answer::Done,
        Err(PushError::Full(_)) => Answer::Full,
        Err(PushError::Closed(_)) => Answer::Closed,
    }
}

fn popped(popped: Option<u64>) -> Answer {
    popped.map_or(Answer::Empty, |value| Answer::Value(written(value)))
}

/// A batch by each of the three ways in, in turns; what did not go in must come back.
macro_rules! push_batch {
    ($end:expr, $items:expr) => {{
        let values: Vec<u64> = $items.iter().map(u64::from).collect();
        let (pushed, rest) = match values[0] % 3 {
            0 => ($end.push_slice(&values), None),
            1 => {
                let mut left = values.clone();
                ($end.push_vec(&mut left), Some(left))
            }
            _ => match $end.push_many(values.clone()) {
                Ok(pushed) => (pushed, Some(Vec::new())),
                Err(error) => (error.pushed(), Some(error.into_rest().collect())),
            },
        };
        assert!(rest.is_none_or(|rest| rest == values[pushed..]), "a batch's rest");
        Answer::Pushed(pushed)
    }};
}

/// A batch by each of the two ways out, in turns.
macro_rules! pop_batch {
    ($end:expr, $max:expr) => {{
        let mut values = Vec::new();
        let came = if $max % 2 == 0 {
            $end.pop_many($max, &mut values)
        } else {
            $end.pop_each($max, |value| values.push(value))
        };
        assert_eq!(came, values.len());
        Answer::Took(values.into_iter().map(written).collect::<Items>())
    }};
}

macro_rules! shared_end {
    ($end:ty) => {
        impl End for $end {
            fn call(&mut self, call: Call) -> Answer {
                match call {
                    Call::Push(value) => pushed(self.push(value.into())),
                    Call::TryPush(value) => match self.try_push(value.into()) {
                        Ok(()) => Answer::Done,
                        Err(back) => {
                            assert_eq!(back, u64::from(value));
                            Answer::Missed
                        }
                    },
                    Call::ForcePush(value) => match self.force_push(value.into()) {
                        Ok(None) => Answer::Done,
                        Ok(Some(oldest)) => Answer::Displaced(written(oldest)),
                        Err(refused) => pushed(Err(refused)),
                    },
                    Call::PushMany(items) => push_batch!(self, items),
                    Call::Pop => popped(self.pop()),
                    Call::TryPop => match self.try_pop() {
                        Some(value) => Answer::Value(written(value)),
                        None => Answer::Missed,
                    },
                    Call::PopMany(max) => pop_batch!(self, max),
                    Call::Close => Answer::Is(self.close()),
                    Call::IsClosed => Answer::Is(self.is_closed()),
                    Call::IsEmpty => Answer::Is(self.is_empty()),
                    Call::IsFull => Answer::Is(self.is_full()),
                    other => panic!("{other:?} is not asked of a ring"),
                }
            }
        }
    };
}

shared_end!(Arc<Ring<u64>>);
shared_end!(Handle<Arc<Ring<u64>>>);

/// `None` after the close, which is the drop of the only producer.
impl<P: Side + Send, C: Side> End for Option<Producer<u64, P, C>> {
    fn call(&mut self, call: Call) -> Answer {
        let Some(producer) = self else {
            return match call {
                Call::Push(_) => Answer::Closed,
                Call::PushMany(_) => Answer::Pushed(0),
                Call::Close => Answer::Is(false),
                Call::IsClosed => Answer::Is(true),
                _ => Answer::Missed,
            };
        };
        match call {
            Call::Push(value) => pushed(producer.push(value.into())),
            Call::TryPush(value) => match producer.try_push(value.into()) {
                Ok(()) => Answer::Done,
                Err(_) => Answer::Missed,
            },
            Call::PushMany(items) => push_batch!(producer, items),
            Call::Close => {
                *self = None;
                Answer::Is(true)
            }
            Call::IsClosed => Answer::Is(producer.is_closed()),
            other => panic!("{other:?} is not asked of a producer"),
        }
    }
}

impl<C: Side, P: Side> End for Consumer<u64, C, P> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Pop => popped(self.pop()),
            Call::TryPop => match self.try_pop() {
                Some(value) => Answer::Value(written(value)),
                None => Answer::Missed,
            },
            Call::PopMany(max) => pop_batch!(self, max),
            other => panic!("{other:?} is not asked of a consumer"),
        }
    }
}
