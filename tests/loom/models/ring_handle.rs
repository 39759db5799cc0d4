//! Guesses that are old, and polls that look at one slot only.

use loom::sync::Arc;

use super::hands::Note;
use super::ring::popped_all;
use crate::explore::{Model, together};
use crate::ring::{Handle, Ring};
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: handles hand over, index wraps", &[240, 990], hand_over).stale(&[110, 490]),
    Model::new("ring: handles with old guesses", &[400, 400], old_guesses).stale(&[620, 620]),
    Model::new("ring: three handles", &[200, 650, 620], three).stale(&[100, 730, 710]),
    Model::new("ring: a handle's full is exact", &[100, 180], full_is_exact),
    Model::new("ring: a handle's empty is exact", &[41, 91], empty_is_exact),
    Model::new("ring: polls hand over, index wraps", &[15, 22], polls).stale(&[15, 22]),
    Model::new("ring: polls against each other", &[100, 360, 380], polls_of_two)
        .stale(&[140, 480, 510]),
];

type Own = Handle<Arc<Ring<usize>>>;

fn insist(handle: &mut Own, mut value: usize) {
    let mut backoff = Backoff::new();
    while let Err(refused) = handle.push(value) {
        value = refused.into_value();
        backoff.snooze();
    }
}

fn wait_for(handle: &mut Own) -> usize {
    let mut backoff = Backoff::new();
    loop {
        if let Some(value) = handle.pop() {
            return value;
        }
        backoff.snooze();
    }
}

fn hand_over(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let (mut produces, mut consumes) = (Handle::new(ring.clone()), Handle::new(ring.clone()));
    let push = move || (0..3).for_each(|value| insist(&mut produces, value));
    let pop = move || (0..3).for_each(|value| assert_eq!(wait_for(&mut consumes), value));
    together(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(ring.pop(), None);
}

/// The ring has gone a lap on since the handles were made.
fn old_guesses(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX - 1));
    let handle = || Handle::new(ring.clone());
    let (mut one, mut other) = (handle(), handle());
    for value in 0..3 {
        assert_eq!((ring.push(value), ring.pop()), (Ok(()), Some(value)));
    }
    let pass = move || {
        assert_eq!(one.push(3), Ok(()));
        assert!(one.pop().is_some(), "empty with an item");
    };
    let pass_too = move || {
        assert_eq!(other.push(4), Ok(()));
        assert!(other.pop().is_some(), "empty with an item");
    };
    together(turn, [Box::new(pass), Box::new(pass_too)]);
    assert!(ring.is_empty());
}

fn three(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let popped = Note::new(Vec::new());
    let push = |value: usize| {
        let mut handle = Handle::new(ring.clone());
        move || assert_eq!(handle.push(value), Ok(()))
    };
    let (mut handle, note) = (Handle::new(ring.clone()), popped.clone());
    let pop = move || {
        let value = handle.pop();
        note.get().extend(value);
    };
    together(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(pop)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2]);
}

/// As the ring's own: never full, so nobody may be told so, with a guess from before.
fn full_is_exact(turn: usize) {
    let ring = Arc::new(Ring::new(3));
    let (mut one, mut other) = (Handle::new(ring.clone()), Handle::new(ring.clone()));
    (0..2).for_each(|value| assert_eq!(ring.push(value), Ok(())));
    let pass = move || {
        assert_eq!(one.pop(), Some(0));
        assert_eq!(one.push(8), Ok(()));
    };
    let push = move || assert_eq!(other.push(9), Ok(()));
    together(turn, [Box::new(pass), Box::new(push)]);
    assert_eq!(ring.len(), 3);
}

fn empty_is_exact(turn: usize) {
    let ring = Arc::new(Ring::new(4));
    let (mut one, mut other) = (Handle::new(ring.clone()), Handle::new(ring.clone()));
    assert_eq!((ring.push(0), ring.pop(), ring.push(1)), (Ok(()), Some(0), Ok(())));
    let pass = move || {
        assert_eq!(one.push(2), Ok(()));
        assert!(one.pop().is_some(), "empty with an item");
    };
    let pop = move || assert!(other.pop().is_some(), "empty with an item");
    together(turn, [Box::new(pass), Box::new(pop)]);
    assert!(ring.is_empty());
}

fn poll_in(handle: &mut Own, mut value: usize) {
    let mut backoff = Backoff::new();
    while let Err(back) = handle.try_push(value) {
        value = back;
        backoff.snooze();
    }
}

fn poll_out(handle: &mut Own) -> usize {
    let mut backoff = Backoff::new();
    loop {
        if let Some(value) = handle.try_pop() {
            return value;
        }
        backoff.snooze();
    }
}

/// A poll that missed succeeds sooner or later, and does no harm before.
fn polls(turn: usize) {
    let ring = Arc::new(Ring::starting_at(1, usize::MAX));
    let (mut produces, mut consumes) = (Handle::new(ring.clone()), Handle::new(ring.clone()));
    let push = move || (0..2).for_each(|value| poll_in(&mut produces, value));
    let pop = move || (0..2).for_each(|value| assert_eq!(poll_out(&mut consumes), value));
    together(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(ring.try_pop(), None);
}

fn polls_of_two(turn: usize) {
    let ring = Arc::new(Ring::starting_at(3, usize::MAX));
    let (pushed, popped) = (Note::new(Vec::new()), Note::new(Vec::new()));
    let push = |value: usize| {
        let (ring, pushed) = (ring.clone(), pushed.clone());
        move || match ring.try_push(value) {
            Ok(()) => pushed.get().push(value),
            Err(back) => assert_eq!(back, value),
        }
    };
    let (popping, note) = (ring.clone(), popped.clone());
    let pop = move || {
        let value = popping.try_pop();
        note.get().extend(value);
    };
    together(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(pop)]);
    let mut pushed = pushed.get().clone();
    pushed.sort_unstable();
    assert_eq!(popped_all(&ring, &popped), pushed);
}
