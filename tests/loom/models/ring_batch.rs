//! Batches of the ring: one step, no hole, against single calls and against each other.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use loom::sync::Arc;

use super::hands::Note;
use super::ring::{insist, popped_all, wait_for};
use crate::explore::{Model, together};
use crate::ring::Ring;
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: a batch among single pushes", &[81, 720, 430], among_pushes)
        .stale(&[110, 910, 620]),
    Model::new("ring: a batch among single pops", &[300, 190, 180], among_pops)
        .stale(&[390, 240, 240]),
    Model::new("ring: batches through two slots, index wraps", &[160, 1_300], hand_over)
        .stale(&[160, 1_300]),
    Model::new("ring: batches through three of four", &[350, 10_600], hand_over_three),
    Model::new("ring: two batches, room for one and a half", &[21, 21], batch_against_batch),
    Model::new("ring: two batches of what is there", &[30, 30], two_takers),
    Model::new("ring: a batch waits for its slots", &[100, 1_500, 1_400], waits_for_slots),
    Model::new("ring: a batch waits for its items", &[100, 1_500, 1_400], waits_for_items),
    Model::new("ring: a batch finds room or full", &[21, 45], full_is_exact),
    Model::new("ring: a batch finds items or empty", &[21, 72], empty_is_exact),
    Model::new("ring: a sink panics", &[10, 16], sink_panics),
    Model::new("ring: a source panics", &[7, 9], source_panics),
];

/// Whether `second` comes at once after `first`.
fn side_by_side(order: &[usize], first: usize, second: usize) -> bool {
    order.windows(2).any(|pair| pair == [first, second])
}

fn rest(ring: &Ring<usize>) -> Vec<usize> {
    ring.drain().collect()
}

/// Two in a batch, one alone, one pop between them.
fn among_pushes(turn: usize) {
    let ring = Arc::new(Ring::starting_at(4, usize::MAX - 1));
    let popped = Note::new(Vec::new());
    let batched = ring.clone();
    let batch = move || assert_eq!(batched.push_slice(&[1, 2]), 2);
    let pushing = ring.clone();
    let push = move || assert_eq!(pushing.push(3), Ok(()));
    let (popping, note) = (ring.clone(), popped.clone());
    let pop = move || {
        let value = popping.pop();
        note.get().extend(value);
    };
    together(turn, [Box::new(batch), Box::new(push), Box::new(pop)]);
    let mut order = popped.get().clone();
    order.extend(rest(&ring));
    assert!(side_by_side(&order, 1, 2), "{order:?}");
    order.sort_unstable();
    assert_eq!(order, [1, 2, 3]);
}

/// Three there: two are taken in a batch, one alone, and one is pushed meanwhile.
fn among_pops(turn: usize) {
    let ring = Arc::new(Ring::starting_at(4, usize::MAX - 1));
    assert_eq!(ring.push_slice(&[1, 2, 3]), 3);
    let popped = Note::new(Vec::new());
    let (batched, note) = (ring.clone(), popped.clone());
    let batch = move || {
        let mut took = Vec::new();
        assert_eq!(batched.pop_many(2, &mut took), 2);
        assert_eq!(took[0] + 1, took[1], "not side by side");
        note.get().extend(took);
    };
    let (popping, note) = (ring.clone(), popped.clone());
    let pop = move || {
        let value = popping.pop();
        assert!(value.is_some(), "empty with an item");
        note.get().extend(value);
    };
    let pushing = ring.clone();
    let push = move || assert_eq!(pushing.push(4), Ok(()));
    together(turn, [Box::new(batch), Box::new(pop), Box::new(push)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2, 3, 4]);
}

fn insist_on_all(ring: &Ring<usize>, mut values: Vec<usize>) {
    let mut backoff = Backoff::new();
    while !values.is_empty() {
        if ring.push_vec(&mut values) == 0 {
            backoff.snooze();
        }
    }
}

fn take(ring: &Ring<usize>, max: usize, into: &mut Vec<usize>) {
    let mut backoff = Backoff::new();
    while ring.pop_many(max, into) == 0 {
        backoff.snooze();
    }
}

/// A producer and a consumer hand four values over, two at a time.
fn two_at_a_time(turn: usize, capacity: usize) {
    let ring = Arc::new(Ring::starting_at(capacity, usize::MAX));
    let produced = ring.clone();
    let push = move || {
        insist_on_all(&produced, vec![0, 1]);
        insist_on_all(&produced, vec![2, 3]);
    };
    let consumed = ring.clone();
    let pop = move || {
        let mut took = Vec::new();
        while took.len() < 4 {
            take(&consumed, 2, &mut took);
        }
        assert_eq!(took, [0, 1, 2, 3]);
    };
    together(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(ring.pop(), None);
}

fn hand_over(turn: usize) {
    two_at_a_time(turn, 2);
}

fn hand_over_three(turn: usize) {
    two_at_a_time(turn, 3);
}

/// Three places, two batches of two: one goes in whole, of the other one item.
fn batch_against_batch(turn: usize) {
    let ring = Arc::new(Ring::starting_at(3, usize::MAX - 2));
    let pushed = Note::new(0);
    let batch = |values: [usize; 2]| {
        let (ring, pushed) = (ring.clone(), pushed.clone());
        move || {
            let count = ring.push_slice(&values);
            assert!(count > 0, "full with two of three");
            *pushed.get() += count;
        }
    };
    together(turn, [Box::new(batch([1, 2])), Box::new(batch([11, 12]))]);
    assert_eq!(*pushed.get(), 3);
    assert!(ring.is_full());
    let order = rest(&ring);
    assert!(order == [1, 2, 11] || order == [11, 12, 1], "{order:?}");
}

/// Three there, two take two each.
fn two_takers(turn: usize) {
    let ring = Arc::new(Ring::starting_at(4, usize::MAX - 1));
    assert_eq!(ring.push_slice(&[1, 2, 3]), 3);
    let popped = Note::new(Vec::new());
    let batch = || {
        let (ring, popped) = (ring.clone(), popped.clone());
        move || {
            let mut took = Vec::new();
            let count = ring.pop_many(2, &mut took);
            assert!(count > 0, "empty with an item");
            assert!(took.windows(2).all(|pair| pair[0] + 1 == pair[1]));
            popped.get().extend(took);
        }
    };
    together(turn, [Box::new(batch()), Box::new(batch())]);
    assert_eq!(popped.get().len(), 3);
    assert_eq!(popped_all(&ring, &popped), [1, 2, 3]);
}

/// Two pops may free the later slot first: a batch then claims both and waits for the earlier.
fn waits_for_slots(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    assert_eq!(ring.push_slice(&[1, 2]), 2);
    let popped = Note::new(Vec::new());
    let pop = || {
        let (ring, popped) = (ring.clone(), popped.clone());
        move || {
            let value = ring.pop();
            assert!(value.is_some(), "empty with an item");
            popped.get().extend(value);
        }
    };
    let (batched, pushed) = (ring.clone(), Note::new(0));
    let note = pushed.clone();
    let batch = move || {
        let count = batched.push_slice(&[3, 4]);
        *note.get() = count;
    };
    together(turn, [Box::new(pop()), Box::new(pop()), Box::new(batch)]);
    let expected: Vec<usize> = (1..=2 + *pushed.get()).collect();
    assert_eq!(popped_all(&ring, &popped), expected);
}

/// Two pushes may fill the later slot first: a batch then claims both and waits for the earlier.
fn waits_for_items(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let popped = Note::new(Vec::new());
    let push = |value: usize| {
        let ring = ring.clone();
        move || assert_eq!(ring.push(value), Ok(()))
    };
    let (batched, note) = (ring.clone(), popped.clone());
    let batch = move || {
        let mut took = Vec::new();
        assert_eq!(batched.pop_each(2, |value| took.push(value)), took.len());
        note.get().extend(took);
    };
    together(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(batch)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2]);
}

/// The ring never is full, so no batch may find no room.
fn full_is_exact(turn: usize) {
    let ring = Arc::new(Ring::new(3));
    assert_eq!(ring.push_slice(&[0, 1]), 2);
    let passing = ring.clone();
    let pass = move || {
        assert_eq!(passing.pop(), Some(0));
        assert_eq!(passing.push(8), Ok(()));
    };
    let pushing = ring.clone();
    let push = move || assert!(pushing.push_slice(&[9]) == 1, "full with two of three");
    together(turn, [Box::new(pass), Box::new(push)]);
    assert_eq!(ring.len(), 3);
}

/// The ring never is empty, so no batch may find nothing.
fn empty_is_exact(turn: usize) {
    let ring = Arc::new(Ring::new(4));
    assert_eq!(ring.push(1), Ok(()));
    let passing = ring.clone();
    let pass = move || {
        assert_eq!(passing.push(2), Ok(()));
        assert!(passing.pop().is_some(), "empty with an item");
    };
    let popping = ring.clone();
    let pop = move || {
        let mut took = Vec::new();
        assert_eq!(popping.pop_many(1, &mut took), 1, "empty with an item");
    };
    together(turn, [Box::new(pass), Box::new(pop)]);
    assert!(ring.is_empty());
}

/// What the panics of these models carry.
struct OnPurpose;

/// Runs code that panics on purpose; all other panics go on.
fn caught(code: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(code));
    match panic {
        Ok(()) => panic!("no panic"),
        Err(said) if said.is::<OnPurpose>() => {}
        Err(said) => resume_unwind(said),
    }
}

/// The sink of a batch panics at its first value: both have left the ring and are dropped, and the
/// slots are free.
fn sink_panics(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let value = Arc::new(());
    (0..2).for_each(|_| assert!(ring.push(value.clone()).is_ok()));
    let popping = ring.clone();
    let pop = move || {
        caught(|| {
            popping.pop_each(2, |_| resume_unwind(Box::new(OnPurpose)));
        });
    };
    let (pushing, pushed) = (ring.clone(), value.clone());
    let push = move || insist(&pushing, pushed);
    together(turn, [Box::new(pop), Box::new(push)]);
    assert_eq!(ring.len(), 1);
    assert!(ring.pop().is_some() && ring.pop().is_none());
    drop(ring);
    assert_eq!(Arc::strong_count(&value), 1);
}

/// The source of a batch panics at its second value: the first is dropped, nothing was claimed.
fn source_panics(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let value = Arc::new(());
    let (pushing, first) = (ring.clone(), value.clone());
    let push = move || {
        caught(|| {
            let values = (0..2).map(|at| match at {
                0 => first.clone(),
                _ => resume_unwind(Box::new(OnPurpose)),
            });
            let _none = pushing.push_many(values);
        });
    };
    let (other, second) = (ring.clone(), value.clone());
    let pass = move || {
        insist(&other, second);
        drop(wait_for(&other));
    };
    together(turn, [Box::new(push), Box::new(pass)]);
    assert!(ring.is_empty() && ring.pop().is_none());
    assert_eq!(Arc::strong_count(&value), 1);
}
