//! The typed ends against `VecDeque`: any sequence of calls on either side, then one side goes.

use std::collections::VecDeque;

use proptest::prelude::*;
use windlass::ring::{Consumer, Producer, PushError, Side, mpsc, spmc, spsc};

use crate::cases;
use crate::ring::capacities;

#[derive(Clone, Debug)]
enum Call {
    Push(u16),
    TryPush(u16),
    PushSlice(Vec<u16>),
    PushVec(Vec<u16>),
    PushMany(Vec<u16>),
    Pop,
    TryPop,
    PopMany(usize),
    PopEach(usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let batch = || prop::collection::vec(any::<u16>(), 0..40);
    let call = prop_oneof![
        4 => any::<u16>().prop_map(Call::Push),
        2 => any::<u16>().prop_map(Call::TryPush),
        1 => batch().prop_map(Call::PushSlice),
        1 => batch().prop_map(Call::PushVec),
        1 => batch().prop_map(Call::PushMany),
        4 => Just(Call::Pop),
        2 => Just(Call::TryPop),
        2 => (0..40_usize).prop_map(Call::PopMany),
        2 => (0..40_usize).prop_map(Call::PopEach),
    ];
    prop::collection::vec(call, 0..80)
}

fn make<P: Side, C: Side>(
    producer: &mut Producer<u16, P, C>,
    consumer: &mut Consumer<u16, C, P>,
    queue: &mut VecDeque<u16>,
    call: &Call,
) {
    let room = producer.capacity() - queue.len();
    let mut extend = |values: &[u16]| {
        let pushed = values.len().min(room);
        queue.extend(&values[..pushed]);
        pushed
    };
    match call {
        Call::Push(value) => {
            let pushed = producer.push(*value);
            let expected = match extend(&[*value]) {
                0 => Err(PushError::Full(*value)),
                _ => Ok(()),
            };
            assert_eq!(pushed, expected);
        }
        Call::TryPush(value) => {
            let expected = if extend(&[*value]) == 0 { Err(*value) } else { Ok(()) };
            assert_eq!(producer.try_push(*value), expected);
        }
        Call::PushSlice(values) => assert_eq!(producer.push_slice(values), extend(values)),
        Call::PushVec(values) => {
            let mut left = values.clone();
            let pushed = producer.push_vec(&mut left);
            assert_eq!(pushed, extend(values));
            assert_eq!(left, values[pushed..]);
        }
        Call::PushMany(values) => {
            let (pushed, rest) = match producer.push_many(values.iter().copied()) {
                Ok(pushed) => (pushed, Vec::new()),
                Err(error) => (error.pushed(), error.into_rest().collect()),
            };
            assert_eq!(pushed, extend(values));
            assert_eq!(rest, values[pushed..]);
        }
        Call::Pop => assert_eq!(consumer.pop(), queue.pop_front()),
        Call::TryPop => assert_eq!(consumer.try_pop(), queue.pop_front()),
        Call::PopMany(max) | Call::PopEach(max) => {
            let mut came = Vec::new();
            let count = if matches!(call, Call::PopMany(_)) {
                consumer.pop_many(*max, &mut came)
            } else {
                consumer.pop_each(*max, |value| came.push(value))
            };
            let expected = queue.drain(..queue.len().min(*max));
            assert!(expected.eq(came.iter().copied()));
            assert_eq!(count, came.len());
        }
    }
    assert_eq!((producer.len(), consumer.len()), (queue.len(), queue.len()));
    assert_eq!(producer.is_full(), queue.len() == producer.capacity());
    assert_eq!(producer.is_empty(), queue.is_empty());
    assert_eq!(consumer.is_empty(), queue.is_empty());
    assert!(!producer.is_closed() && !consumer.is_closed());
}

/// Makes the calls; then the producer goes and all that is left comes, or the consumer goes.
fn same<P: Side, C: Side>(
    (mut producer, mut consumer): (Producer<u16, P, C>, Consumer<u16, C, P>),
    calls: &[Call],
    producer_goes: bool,
) {
    let mut queue = VecDeque::new();
    for call in calls {
        make(&mut producer, &mut consumer, &mut queue, call);
    }
    if producer_goes {
        drop(producer);
        assert!(consumer.is_closed());
        let rest = std::iter::from_fn(|| consumer.pop());
        assert!(rest.eq(queue));
        return;
    }
    drop(consumer);
    assert!(producer.is_closed());
    assert_eq!(producer.push(1), Err(PushError::Closed(1)));
    assert_eq!(producer.try_push(1), Err(1));
    assert_eq!(producer.push_slice(&[1, 2]), 0);
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn the_ends_are_a_queue(
        capacity in capacities(),
        calls in calls(),
        producer_goes in any::<bool>(),
    ) {
        same(spsc(capacity), &calls, producer_goes);
        same(spmc(capacity), &calls, producer_goes);
        same(mpsc(capacity), &calls, producer_goes);
    }
}

#[test]
fn the_last_clone_closes() {
    let (producer, mut consumer) = mpsc(2);
    let mut other = producer.clone();
    drop(producer);
    assert!(!consumer.is_closed());
    assert_eq!(other.push(1), Ok(()));
    drop(other);
    assert!(consumer.is_closed());
    assert_eq!((consumer.pop(), consumer.pop()), (Some(1), None));

    let (mut producer, consumer) = spmc(2);
    let other = consumer.clone();
    drop(consumer);
    assert_eq!(producer.push(1), Ok(()));
    drop(other);
    assert_eq!(producer.push(2), Err(PushError::Closed(2)));
}

#[test]
fn a_consumer_drains() {
    let (mut producer, mut consumer) = spsc(4);
    assert_eq!(producer.push_slice(&[1, 2, 3]), 3);
    assert_eq!(consumer.drain().take(2).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(producer.push(4), Ok(()));
    assert!(consumer.drain().eq([3, 4]));
}
