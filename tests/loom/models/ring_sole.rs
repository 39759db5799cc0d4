//! Ends with a side for themselves: no compare-exchange, and "full" and "empty" told by the stamp.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::Note;
use crate::explore::{Model, Role, together};
use crate::ring::{Consumer, Producer, Side, mpsc, spmc, spsc};
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: sole ends, one slot", &[17, 36], one_slot),
    Model::new("ring: sole ends, two slots", &[49, 120], two_slots),
    Model::new("ring: sole ends, three of four", &[520, 1_900], three_of_four),
    Model::new("ring: sole ends, batches", &[350, 1_380], batches),
    Model::new("ring: sole ends, batches, three of four", &[150, 3_700], batches_of_three)
        .preemptions(Some(1)),
    Model::new("ring: sole ends, full and empty are exact", &[23, 56], exact),
    Model::new("ring: sole producer, two consumers", &[600, 7_400, 570], two_consumers)
        .stale(&[350, 6_300, 330]),
    Model::new("ring: sole producer, empty is exact", &[40, 100, 110], empty_is_exact),
    Model::new("ring: sole consumer, two producers", &[120, 320, 300], two_producers)
        .stale(&[38, 390, 360]),
    Model::new("ring: sole consumer, full is exact", &[29, 68, 80], full_is_exact),
    Model::new(
        "ring: sole consumer, full is exact, three of four",
        &[96, 170, 130],
        full_is_exact_of_four,
    ),
];

/// Pushes again until it goes in.
pub(super) fn insist<T, P: Side, C: Side>(producer: &mut Producer<T, P, C>, mut value: T) {
    let mut backoff = Backoff::new();
    while let Err(refused) = producer.push(value) {
        value = refused.into_value();
        backoff.snooze();
    }
}

fn wait_for<T, C: Side, P: Side>(consumer: &mut Consumer<T, C, P>) -> T {
    let mut backoff = Backoff::new();
    loop {
        if let Some(value) = consumer.pop() {
            return value;
        }
        backoff.snooze();
    }
}

/// Runs roles that give their ends back, so that none goes while another is at work; the ends.
fn keeping<E: 'static, const N: usize>(turn: usize, roles: [Box<dyn FnOnce() -> E>; N]) -> Vec<E> {
    let kept = Note::new(Vec::new());
    let keep = |role: Box<dyn FnOnce() -> E>| -> Role {
        let kept = kept.clone();
        Box::new(move || {
            let end = role();
            kept.get().push(end);
        })
    };
    together(turn, roles.map(keep));
    std::mem::take(&mut *kept.get())
}

/// One end or the other.
enum End<T, P, C> {
    Push(Producer<T, P, C>),
    Pop(Consumer<T, C, P>),
}

/// All that is left, by a consumer among the ends.
fn left<T, P: Side, C: Side>(ends: &mut [End<T, P, C>]) -> Vec<T> {
    let mut left = Vec::new();
    for end in &mut *ends {
        if let End::Pop(consumer) = end {
            consumer.pop_each(usize::MAX, |value| left.push(value));
            assert!(consumer.pop().is_none());
        }
    }
    let is_empty = |end: &End<T, P, C>| match end {
        End::Push(producer) => producer.is_empty(),
        End::Pop(consumer) => consumer.is_empty(),
    };
    assert!(ends.iter().all(is_empty));
    left
}

/// Values that loom counts go from one end to the other; the last one is left inside.
fn hand_over(turn: usize, capacity: usize, values: usize) {
    let (mut producer, mut consumer) = spsc(capacity);
    let value = Arc::new(());
    let pushed = value.clone();
    let push = move || {
        (0..values).for_each(|number| insist(&mut producer, (number, pushed.clone())));
        End::Push(producer)
    };
    let pop = move || {
        (0..values - 1).for_each(|number| assert_eq!(wait_for(&mut consumer).0, number));
        End::Pop(consumer)
    };
    drop(keeping(turn, [Box::new(push), Box::new(pop)]));
    assert_eq!(Arc::strong_count(&value), 1);
}

fn one_slot(turn: usize) {
    hand_over(turn, 1, 3);
}

fn two_slots(turn: usize) {
    hand_over(turn, 2, 4);
}

fn three_of_four(turn: usize) {
    hand_over(turn, 3, 4);
}

/// Two in, two out, twice.
fn batches_through(turn: usize, capacity: usize) {
    let (mut producer, mut consumer) = spsc(capacity);
    let push = move || {
        for values in [[0, 1], [2, 3]] {
            let (mut batch, mut backoff) = (values.to_vec(), Backoff::new());
            while !batch.is_empty() {
                if producer.push_vec(&mut batch) == 0 {
                    backoff.snooze();
                }
            }
        }
        End::Push(producer)
    };
    let pop = move || {
        let (mut took, mut backoff) = (Vec::new(), Backoff::new());
        while took.len() < 4 {
            if consumer.pop_many(2, &mut took) == 0 {
                backoff.snooze();
            }
        }
        assert_eq!(took, [0, 1, 2, 3]);
        End::Pop(consumer)
    };
    let mut ends = keeping(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(left(&mut ends), []);
}

fn batches(turn: usize) {
    batches_through(turn, 2);
}

fn batches_of_three(turn: usize) {
    batches_through(turn, 3);
}

/// Says that something was done, in a way that orders.
#[derive(Clone)]
struct Done(Arc<AtomicUsize>);

impl Done {
    fn new() -> Self {
        Self(Arc::new(AtomicUsize::new(0)))
    }

    fn say(&self) {
        self.0.store(1, Ordering::Release);
    }

    fn is_said(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }
}

/// Who knows of a push finds its value; who knows of a pop finds its place.
fn exact(turn: usize) {
    let (mut producer, mut consumer) = spsc(1);
    let (pushed, popped) = (Done::new(), Done::new());
    let (said, known) = (pushed.clone(), popped.clone());
    let push = move || {
        assert_eq!(producer.push(1), Ok(()));
        said.say();
        if known.is_said() {
            assert_eq!(producer.push(2), Ok(()), "full with nothing inside");
        }
        End::Push(producer)
    };
    let pop = move || {
        let known = pushed.is_said();
        let value = consumer.pop();
        assert!(value.is_some() || !known, "empty with an item");
        if value.is_some() {
            popped.say();
        }
        End::Pop(consumer)
    };
    keeping(turn, [Box::new(push), Box::new(pop)]);
}

fn two_consumers(turn: usize) {
    let (mut producer, consumer) = spmc(2);
    let popped = Note::new(Vec::new());
    let push = move || {
        assert_eq!(producer.push(1), Ok(()));
        assert_eq!(producer.push_slice(&[2]), 1);
        End::Push(producer)
    };
    let pop = || {
        let (mut consumer, popped) = (consumer.clone(), popped.clone());
        move || {
            let value = consumer.pop();
            popped.get().extend(value);
            End::Pop(consumer)
        }
    };
    let mut ends = keeping(turn, [Box::new(push), Box::new(pop()), Box::new(pop())]);
    let mut all = popped.get().clone();
    all.extend(left(&mut ends));
    all.sort_unstable();
    assert_eq!(all, [1, 2]);
}

/// One item there, one more pushed: the first pop finds one, and so does whoever knows of the push.
fn empty_is_exact(turn: usize) {
    let (mut producer, consumer) = spmc(2);
    assert_eq!(producer.push(1), Ok(()));
    let pushed = Done::new();
    let said = pushed.clone();
    let push = move || {
        assert_eq!(producer.push(2), Ok(()));
        said.say();
        End::Push(producer)
    };
    let mut first = consumer.clone();
    let pop = move || {
        assert!(first.pop().is_some(), "empty with an item");
        End::Pop(first)
    };
    let mut second = consumer;
    let pop_then = move || {
        if pushed.is_said() {
            let mut took = Vec::new();
            assert_eq!(second.pop_many(1, &mut took), 1, "empty with an item");
        }
        End::Pop(second)
    };
    keeping(turn, [Box::new(push), Box::new(pop), Box::new(pop_then)]);
}

fn two_producers(turn: usize) {
    let (producer, mut consumer) = mpsc(2);
    let popped = Note::new(Vec::new());
    let push = |value: usize| {
        let mut producer = producer.clone();
        move || {
            assert_eq!(producer.push(value), Ok(()));
            End::Push(producer)
        }
    };
    let note = popped.clone();
    let pop = move || {
        let value = consumer.pop();
        note.get().extend(value);
        End::Pop(consumer)
    };
    let mut ends = keeping(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(pop)]);
    let mut all = popped.get().clone();
    all.extend(left(&mut ends));
    all.sort_unstable();
    assert_eq!(all, [1, 2]);
}

/// One place free, one more made: the first push finds room, and so does whoever knows of the pop.
fn room_is_found(turn: usize, capacity: usize) {
    let (mut producer, mut consumer) = mpsc(capacity);
    (0..capacity - 1).for_each(|value| assert_eq!(producer.push(value), Ok(())));
    let popped = Done::new();
    let said = popped.clone();
    let pop = move || {
        assert!(consumer.pop().is_some(), "empty with an item");
        said.say();
        End::Pop(consumer)
    };
    let mut first = producer.clone();
    let push = move || {
        assert_eq!(first.push(8), Ok(()), "full with a place free");
        End::Push(first)
    };
    let push_then = move || {
        if popped.is_said() {
            assert_eq!(producer.push_slice(&[9]), 1, "full with a place free");
        }
        End::Push(producer)
    };
    keeping(turn, [Box::new(pop), Box::new(push), Box::new(push_then)]);
}

fn full_is_exact(turn: usize) {
    room_is_found(turn, 2);
}

fn full_is_exact_of_four(turn: usize) {
    room_is_found(turn, 3);
}
