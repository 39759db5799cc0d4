//! The ring: nothing lost, nothing twice, order kept, "full" and "empty" exact.

use loom::sync::Arc;

use super::hands::Note;
use crate::explore::{Model, together};
use crate::ring::{PushError, Ring};
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: two producers, one consumer", &[100, 750, 730], two_producers),
    Model::new("ring: one producer, two consumers", &[800, 450, 540], two_consumers),
    Model::new("ring: hand over one by one, index wraps", &[40, 90], one_by_one),
    Model::new("ring: two slots, index wraps", &[120, 610], two_slots),
    Model::new("ring: three of four slots", &[750, 380, 450], three_of_four),
    Model::new("ring: full is exact", &[23, 45], full_is_exact),
    Model::new("ring: full is exact, all slots", &[23, 23], full_is_exact_all_slots),
    Model::new("ring: full is not a thing of the past", &[32, 270], full_no_more),
    Model::new("ring: empty is exact", &[23, 72], empty_is_exact),
    Model::new("ring: what is left is dropped", &[3, 3], dropped),
];

/// What is left, and what was popped before: sorted.
pub(super) fn popped_all(ring: &Ring<usize>, popped: &Note<Vec<usize>>) -> Vec<usize> {
    while let Some(value) = ring.pop() {
        popped.get().push(value);
    }
    let mut all = popped.get().clone();
    all.sort_unstable();
    all
}

fn two_producers(turn: usize) {
    let ring = Arc::new(Ring::new(2));
    let popped = Note::new(Vec::new());
    let push = |value: usize| {
        let ring = ring.clone();
        move || assert_eq!(ring.push(value), Ok(()))
    };
    let (consumed, note) = (ring.clone(), popped.clone());
    let pop = move || {
        let value = consumed.pop();
        note.get().extend(value);
    };
    together(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(pop)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2]);
}

fn two_consumers(turn: usize) {
    let ring = Arc::new(Ring::new(2));
    let popped = Note::new(Vec::new());
    assert_eq!(ring.push(1), Ok(()));
    let pop = || {
        let (ring, popped) = (ring.clone(), popped.clone());
        move || {
            let value = ring.pop();
            popped.get().extend(value);
        }
    };
    let produced = ring.clone();
    let push = move || assert_eq!(produced.push(2), Ok(()));
    together(turn, [Box::new(pop()), Box::new(pop()), Box::new(push)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2]);
}

/// Pushes again until it goes in.
pub(super) fn insist<T>(ring: &Ring<T>, mut value: T) {
    let mut backoff = Backoff::new();
    while let Err(PushError::Full(back)) = ring.push(value) {
        value = back;
        backoff.snooze();
    }
}

/// Pops again until something comes.
pub(super) fn wait_for<T>(ring: &Ring<T>) -> T {
    let mut backoff = Backoff::new();
    loop {
        if let Some(value) = ring.pop() {
            return value;
        }
        backoff.snooze();
    }
}

/// One producer and one consumer hand `values` values over through a ring whose index wraps.
fn hand_over(turn: usize, capacity: usize, values: usize) {
    let ring = Arc::new(Ring::starting_at(capacity, usize::MAX));
    let produced = ring.clone();
    let push = move || (0..values).for_each(|value| insist(&produced, value));
    let consumed = ring.clone();
    let pop = move || (0..values).for_each(|value| assert_eq!(wait_for(&consumed), value));
    together(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(ring.pop(), None);
}

fn one_by_one(turn: usize) {
    hand_over(turn, 1, 2);
}

fn two_slots(turn: usize) {
    hand_over(turn, 2, 3);
}

/// Two items in a ring for three, two pushes, one pop: room for one push at least.
fn three_of_four(turn: usize) {
    let ring = Arc::new(Ring::starting_at(3, usize::MAX - 1));
    assert_eq!((ring.push(0), ring.push(1)), (Ok(()), Ok(())));
    let pushed = Note::new(Vec::new());
    let push = |value: usize| {
        let (ring, pushed) = (ring.clone(), pushed.clone());
        move || {
            if ring.push(value).is_ok() {
                pushed.get().push(value);
            }
        }
    };
    let consumed = ring.clone();
    let pop = move || assert_eq!(consumed.pop(), Some(0));
    together(turn, [Box::new(push(2)), Box::new(push(3)), Box::new(pop)]);
    let mut expected = pushed.get().clone();
    assert!(!expected.is_empty(), "full with two items of three");
    expected.insert(0, 1);
    expected.sort_unstable();
    assert_eq!(popped_all(&ring, &Note::new(Vec::new())), expected);
}

/// The ring never holds `capacity` items, so nobody may be told that it does.
fn never_full(turn: usize, capacity: usize) {
    let ring = Arc::new(Ring::new(capacity));
    (0..capacity - 1).for_each(|value| assert_eq!(ring.push(value), Ok(())));
    let passing = ring.clone();
    let pass = move || {
        assert_eq!(passing.pop(), Some(0));
        assert_eq!(passing.push(8), Ok(()));
    };
    let pushing = ring.clone();
    let push = move || assert_eq!(pushing.push(9), Ok(()));
    together(turn, [Box::new(pass), Box::new(push)]);
    assert_eq!(ring.len(), capacity);
    // The start index is where the count begins.
}

fn full_is_exact(turn: usize) {
    never_full(turn, 3);
}

fn full_is_exact_all_slots(turn: usize) {
    never_full(turn, 2);
}

/// The ring never holds more than one of two, while its head passes where its tail was.
fn full_no_more(turn: usize) {
    let ring = Arc::new(Ring::new(2));
    assert_eq!(ring.push(0), Ok(()));
    let passing = ring.clone();
    let pass = move || {
        assert_eq!(passing.pop(), Some(0));
        assert_eq!(passing.push(1), Ok(()));
        assert!(passing.pop().is_some(), "empty with an item");
    };
    let looking = ring.clone();
    let look = move || {
        assert!(!looking.is_full(), "full with one item of two");
        assert_eq!(looking.push(2), Ok(()), "full with one item of two");
    };
    together(turn, [Box::new(pass), Box::new(look)]);
    assert_eq!(ring.len(), 1);
}

/// The ring never is empty, so nobody may be told that it is.
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
        assert!(!popping.is_empty());
        assert!(popping.pop().is_some(), "empty with an item");
    };
    together(turn, [Box::new(pass), Box::new(pop)]);
    assert!(ring.is_empty());
}

/// Values that loom counts: one that leaked or was dropped twice is a failure.
fn dropped(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let value = Arc::new(());
    assert!(ring.push(value.clone()).is_ok());
    let (pushing, pushed) = (ring.clone(), value.clone());
    let push = move || assert!(pushing.push(pushed).is_ok());
    let popping = ring.clone();
    let pop = move || drop(popping.pop());
    together(turn, [Box::new(push), Box::new(pop)]);
    drop(ring);
    assert_eq!(Arc::strong_count(&value), 1);
}
