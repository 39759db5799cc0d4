//! The ring against `VecDeque`: every call, every capacity, every place of the index, by reference
//! and by handles that remember where they were long ago.

use std::collections::VecDeque;
use std::fmt::Debug;

use proptest::prelude::*;
use windlass::ring::{Handle, PushError, Ring};

use crate::cases;

/// By whom a call is made: the ring itself, or one of its handles.
type By = Option<usize>;

const HANDLES: usize = 3;

#[derive(Clone, Debug)]
enum Call {
    Push(u16),
    TryPush(u16),
    ForcePush(u16),
    PushSlice(Vec<u16>),
    PushVec(Vec<u16>),
    PushMany(Vec<u16>),
    Pop,
    TryPop,
    PopMany(usize, usize),
    PopEach(usize),
    Drain(usize),
    Close,
}

fn call() -> impl Strategy<Value = Call> {
    let batch = || {
        prop_oneof![
            4 => prop::collection::vec(any::<u16>(), 0..8),
            1 => prop::collection::vec(any::<u16>(), 0..80),
        ]
    };
    let count = || prop_oneof![4 => 0..8_usize, 1 => 0..80_usize, 1 => Just(usize::MAX)];
    prop_oneof![
        6 => any::<u16>().prop_map(Call::Push),
        2 => any::<u16>().prop_map(Call::TryPush),
        3 => any::<u16>().prop_map(Call::ForcePush),
        2 => batch().prop_map(Call::PushSlice),
        2 => batch().prop_map(Call::PushVec),
        2 => batch().prop_map(Call::PushMany),
        6 => Just(Call::Pop),
        2 => Just(Call::TryPop),
        3 => (count(), 0..8_usize).prop_map(|(max, spare)| Call::PopMany(max, spare)),
        3 => count().prop_map(Call::PopEach),
        1 => (0..8_usize).prop_map(Call::Drain),
    ]
}

/// Calls, by whom each is made, and after how many of them the ring is closed.
fn calls() -> impl Strategy<Value = Vec<(By, Call)>> {
    let by = prop::option::of(0..HANDLES);
    let calls = prop::collection::vec((by, call()), 0..100);
    let close = prop::option::weighted(0.3, 0..100_usize);
    (calls, close).prop_map(|(mut calls, close)| {
        if let Some(at) = close.filter(|at| *at <= calls.len()) {
            calls.insert(at, (None, Call::Close));
        }
        calls
    })
}

pub(crate) fn capacities() -> impl Strategy<Value = usize> {
    prop_oneof![prop::sample::select(vec![1_usize, 2, 3, 4, 5, 7, 8, 9, 16, 33]), 1..=33_usize]
}

/// Indices at the start, near the end of the index space, near the sign, and anywhere.
pub(crate) fn indices() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        (0..64_usize).prop_map(|back| usize::MAX - back),
        (0..64_usize).prop_map(|back| (1 << 61) - back),
        any::<usize>()
    ]
}

/// A kind of value, made from a number.
trait Value: Clone + PartialEq + Debug {
    fn of(number: u16) -> Self;

    /// The batch by slice, where the kind can be copied; else by vector.
    fn push_slice(ring: &Ring<Self>, values: &[Self]) -> usize {
        ring.push_vec(&mut values.to_vec())
    }

    /// As `push_slice`, by a handle.
    fn push_slice_by(handle: &mut Handle<&Ring<Self>>, values: &[Self]) -> usize {
        handle.push_vec(&mut values.to_vec())
    }
}

impl Value for u16 {
    fn of(number: u16) -> Self {
        number
    }

    fn push_slice(ring: &Ring<Self>, values: &[Self]) -> usize {
        ring.push_slice(values)
    }

    fn push_slice_by(handle: &mut Handle<&Ring<Self>>, values: &[Self]) -> usize {
        handle.push_slice(values)
    }
}

impl Value for String {
    fn of(number: u16) -> Self {
        number.to_string()
    }
}

impl Value for () {
    fn of(_: u16) -> Self {}

    fn push_slice(ring: &Ring<Self>, values: &[Self]) -> usize {
        ring.push_slice(values)
    }
}

#[derive(Clone, Debug, PartialEq)]
#[repr(align(128))]
struct Wide(u16);

impl Value for Wide {
    fn of(number: u16) -> Self {
        Self(number)
    }
}

/// What the ring must be.
struct Model<T> {
    items: VecDeque<T>,
    capacity: usize,
    closed: bool,
}

impl<T: Value> Model<T> {
    fn room(&self) -> usize {
        if self.closed { 0 } else { self.capacity - self.items.len() }
    }

    fn push(&mut self, value: T) -> Result<(), PushError<T>> {
        if self.closed {
            return Err(PushError::Closed(value));
        }
        if self.room() == 0 {
            return Err(PushError::Full(value));
        }
        self.items.push_back(value);
        Ok(())
    }

    fn force_push(&mut self, value: T) -> Result<Option<T>, PushError<T>> {
        if self.closed {
            return Err(PushError::Closed(value));
        }
        let oldest = if self.room() == 0 { self.items.pop_front() } else { None };
        self.items.push_back(value);
        Ok(oldest)
    }

    /// The part of a batch that does not go in.
    fn push_batch(&mut self, values: &[T]) -> Vec<T> {
        let (first, rest) = values.split_at(self.room().min(values.len()));
        self.items.extend(first.iter().cloned());
        rest.to_vec()
    }

    fn pop_batch(&mut self, max: usize) -> Vec<T> {
        let count = max.min(self.items.len());
        self.items.drain(..count).collect()
    }
}

/// Makes a call on the ring or on a handle.
macro_rules! by {
    ($by:expr, $ring:expr, $handles:expr, $end:ident => $made:expr) => {
        match $by {
            None => {
                let $end = $ring;
                $made
            }
            Some(at) => {
                let $end = &mut $handles[at];
                $made
            }
        }
    };
}

/// Makes one call on both and compares the answers.
fn same_answer<T: Value>(
    ring: &Ring<T>,
    handles: &mut [Handle<&Ring<T>>],
    model: &mut Model<T>,
    (by, call): &(By, Call),
) {
    let of = |numbers: &[u16]| numbers.iter().copied().map(T::of).collect::<Vec<T>>();
    let by = *by;
    match call {
        Call::Push(number) => {
            let pushed = by!(by, ring, handles, end => end.push(T::of(*number)));
            assert_eq!(pushed, model.push(T::of(*number)));
        }
        Call::TryPush(number) => {
            let pushed = by!(by, ring, handles, end => end.try_push(T::of(*number)));
            let expected = model.push(T::of(*number));
            assert_eq!(pushed, expected.map_err(PushError::into_value));
        }
        Call::ForcePush(number) => {
            let pushed = by!(by, ring, handles, end => end.force_push(T::of(*number)));
            assert_eq!(pushed, model.force_push(T::of(*number)));
        }
        Call::PushSlice(numbers) => {
            let values = of(numbers);
            let pushed = match by {
                None => T::push_slice(ring, &values),
                Some(at) => T::push_slice_by(&mut handles[at], &values),
            };
            assert_eq!(pushed, values.len() - model.push_batch(&values).len());
        }
        Call::PushVec(numbers) => {
            let (values, mut left) = (of(numbers), of(numbers));
            let pushed = by!(by, ring, handles, end => end.push_vec(&mut left));
            assert_eq!(left, model.push_batch(&values));
            assert_eq!(pushed, values.len() - left.len());
        }
        Call::PushMany(numbers) => {
            let values = of(numbers);
            let pushed = by!(by, ring, handles, end => end.push_many(values.clone()));
            let (pushed, rest) = match pushed {
                Ok(pushed) => (pushed, Vec::new()),
                Err(error) => (error.pushed(), error.into_rest().collect()),
            };
            assert_eq!(rest, model.push_batch(&values));
            assert_eq!(pushed, values.len() - rest.len());
        }
        Call::Pop => {
            let popped = by!(by, ring, handles, end => end.pop());
            assert_eq!(popped, model.items.pop_front());
        }
        Call::TryPop => {
            let popped = by!(by, ring, handles, end => end.try_pop());
            assert_eq!(popped, model.items.pop_front());
        }
        Call::PopMany(max, spare) => {
            let mut into = Vec::with_capacity(spare + 1);
            into.push(T::of(0));
            let popped = by!(by, ring, handles, end => end.pop_many(*max, &mut into));
            assert_eq!(into.remove(0), T::of(0));
            assert_eq!(popped, into.len());
            assert_eq!(into, model.pop_batch(*max));
        }
        Call::PopEach(max) => {
            let mut into = Vec::new();
            let sink = |value| into.push(value);
            let popped = by!(by, ring, handles, end => end.pop_each(*max, sink));
            assert_eq!(popped, into.len());
            assert_eq!(into, model.pop_batch(*max));
        }
        Call::Drain(max) => {
            let drained: Vec<T> = ring.drain().take(*max).collect();
            assert_eq!(drained, model.pop_batch(*max));
        }
        Call::Close => assert_eq!(ring.close(), !std::mem::replace(&mut model.closed, true)),
    }
}

/// Makes the calls on both and compares each answer, and what is left.
fn same<T: Value>(ring: Ring<T>, calls: &[(By, Call)]) {
    let mut model = Model { items: VecDeque::new(), capacity: ring.capacity(), closed: false };
    let mut handles = vec![ring.handle(); HANDLES];
    for call in calls {
        same_answer(&ring, &mut handles, &mut model, call);
        assert_eq!(ring.len(), model.items.len());
        assert_eq!(ring.is_empty(), model.items.is_empty());
        assert_eq!(ring.is_full(), model.items.len() == model.capacity);
        assert_eq!(ring.is_closed(), model.closed);
    }
    let rest = ring.into_iter();
    assert_eq!(rest.len(), model.items.len());
    assert!(rest.eq(model.items));
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_ring_is_a_queue(capacity in capacities(), index in indices(), calls in calls()) {
        same::<u16>(Ring::starting_at(capacity, index), &calls);
        same::<String>(Ring::new(capacity), &calls);
    }

    #[test]
    fn of_nothing_and_of_much(capacity in capacities(), index in indices(), calls in calls()) {
        same::<()>(Ring::starting_at(capacity, index), &calls);
        same::<Wide>(Ring::starting_at(capacity, index), &calls);
    }
}

/// References into the ring's values are not handed out, but their drops see where they are.
struct Placed(#[allow(dead_code, reason = "makes it large")] Wide);

impl Drop for Placed {
    fn drop(&mut self) {
        assert!(std::ptr::from_ref(self).addr().is_multiple_of(128));
    }
}

#[test]
fn values_are_dropped_where_they_are_aligned() {
    let ring = Ring::new(3);
    for number in 0..3 {
        assert!(ring.push(Placed(Wide(number))).is_ok());
    }
    drop(ring.pop());
    drop(ring);
}

#[test]
fn capacities_out_of_range_are_refused() {
    assert!(Ring::<u8>::try_new(0).is_none());
    assert!(Ring::<u8>::try_new(usize::MAX).is_none());
    // No memory is touched, so a large one costs nothing.
    let large = 1 << 20;
    assert_eq!(Ring::<u8>::new(large).capacity(), large);
    let refused = std::panic::catch_unwind(|| Ring::<u8>::new(0));
    let said = refused.err().and_then(|said| said.downcast::<String>().ok());
    let said = said.map_or_else(String::new, |said| *said);
    assert!(said.starts_with("ring capacity 0 is not between 1 and"), "{said}");
}

#[test]
fn an_error_says_why_and_gives_the_value_back() {
    let ring = Ring::new(1);
    assert_eq!(ring.push(1), Ok(()));
    let full = ring.push(2).expect_err("it is full");
    assert!(full.is_full());
    assert_eq!((full.to_string(), full.into_value()), ("the queue is full".into(), 2));
    ring.close();
    let closed = ring.push(3).expect_err("it is closed");
    assert!(!closed.is_full());
    assert_eq!((closed.to_string(), closed.into_value()), ("the queue is closed".into(), 3));
}
