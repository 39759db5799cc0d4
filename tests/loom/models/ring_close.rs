//! The end of a ring: after a close no push goes in, and what went in before comes out.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::Note;
use super::ring::popped_all;
use crate::explore::{Model, together};
use crate::ring::{Handle, PushError, Ring};
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: close against push, drained", &[880, 1_100, 380], drained)
        .stale(&[1_000, 1_300, 480]),
    Model::new("ring: close against a batch, drained", &[1_200, 3_200, 680], batch_drained),
    Model::new("ring: close against two pushes", &[210, 370, 380], two_pushes)
        .stale(&[450, 810, 890]),
    Model::new("ring: two closes", &[13, 13], two_closes),
    Model::new("ring: close against a full ring", &[40, 29], full),
    Model::new("ring: close against push by force", &[33, 23], force),
    Model::new("ring: close against force under way", &[240, 180], force_under_way),
    Model::new("ring: close and what was done before", &[13, 17], before),
    Model::new("ring: close against a handle and a poll", &[16, 23], handle),
];

/// Pops until the ring is closed and empty; then nothing may come any more.
fn drain(ring: &Ring<usize>, popped: &Note<Vec<usize>>) {
    let mut backoff = Backoff::new();
    loop {
        let closed = ring.is_closed();
        match ring.pop() {
            Some(value) => popped.get().push(value),
            None if closed => break,
            None => backoff.snooze(),
        }
    }
    assert_eq!(ring.pop(), None, "came after the end");
}

/// Whoever saw the close complete cannot push.
fn close(ring: &Ring<usize>) {
    assert!(ring.close(), "nobody else closes");
    assert_eq!(ring.push(99), Err(PushError::Closed(99)));
    assert_eq!(ring.push_slice(&[98, 99]), 0);
    assert_eq!(ring.force_push(97), Err(PushError::Closed(97)));
    assert_eq!(ring.try_push(96), Err(96));
}

fn drained_of(turn: usize, push: fn(&Ring<usize>) -> Vec<usize>) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let (pushed, popped) = (Note::new(Vec::new()), Note::new(Vec::new()));
    let (pushing, accepted) = (ring.clone(), pushed.clone());
    let push = move || {
        let values = push(&pushing);
        *accepted.get() = values;
    };
    let closing = ring.clone();
    let close = move || close(&closing);
    let (draining, note) = (ring.clone(), popped.clone());
    let drain = move || drain(&draining, &note);
    together(turn, [Box::new(push), Box::new(close), Box::new(drain)]);
    assert_eq!(*popped.get(), *pushed.get());
    assert!(ring.is_closed() && ring.is_empty());
}

fn drained(turn: usize) {
    drained_of(turn, |ring| match ring.push(1) {
        Ok(()) => vec![1],
        Err(refused) => {
            assert_eq!(refused, PushError::Closed(1));
            vec![]
        }
    });
}

/// All of the batch, or nothing.
fn batch_drained(turn: usize) {
    drained_of(turn, |ring| match ring.push_slice(&[1, 2]) {
        0 => vec![],
        2 => vec![1, 2],
        part => panic!("{part} of two went in, with room for two"),
    });
}

/// The claims of both go on from where the close found them.
fn two_pushes(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let pushed = Note::new(Vec::new());
    let push = |value: usize| {
        let (ring, pushed) = (ring.clone(), pushed.clone());
        move || match ring.push(value) {
            Ok(()) => pushed.get().push(value),
            Err(refused) => assert_eq!(refused, PushError::Closed(value)),
        }
    };
    let closing = ring.clone();
    let close = move || close(&closing);
    together(turn, [Box::new(push(1)), Box::new(push(2)), Box::new(close)]);
    let mut pushed = pushed.get().clone();
    pushed.sort_unstable();
    assert_eq!(popped_all(&ring, &Note::new(Vec::new())), pushed);
}

fn two_closes(turn: usize) {
    let ring = Arc::new(Ring::<usize>::new(1));
    let firsts = Note::new(0);
    let close = || {
        let (ring, firsts) = (ring.clone(), firsts.clone());
        move || {
            let first = ring.close();
            *firsts.get() += usize::from(first);
            assert!(ring.is_closed());
        }
    };
    together(turn, [Box::new(close()), Box::new(close())]);
    assert_eq!(*firsts.get(), 1);
}

/// A push on a full ring finds it full before the close, and closed after.
fn full(turn: usize) {
    let ring = Arc::new(Ring::new(1));
    assert_eq!(ring.push(1), Ok(()));
    let closing = ring.clone();
    let close = move || close(&closing);
    let pushing = ring.clone();
    let push = move || {
        let first = pushing.push(2);
        let second = pushing.push(3);
        assert!(first.is_err() && second.is_err());
        let closed = first == Err(PushError::Closed(2));
        assert!(!closed || second == Err(PushError::Closed(3)), "opened again");
    };
    together(turn, [Box::new(close), Box::new(push)]);
    assert_eq!((ring.pop(), ring.pop()), (Some(1), None));
}

/// A push by force goes in as a whole, or not at all.
fn force(turn: usize) {
    let ring = Arc::new(Ring::starting_at(1, usize::MAX));
    assert_eq!(ring.push(1), Ok(()));
    let pushed = Note::new(None);
    let closing = ring.clone();
    let close = move || close(&closing);
    let (forcing, note) = (ring.clone(), pushed.clone());
    let force = move || {
        let said = forcing.force_push(2);
        *note.get() = Some(said);
    };
    together(turn, [Box::new(close), Box::new(force)]);
    let left: Vec<usize> = ring.drain().collect();
    match pushed.get().take() {
        Some(Ok(Some(1))) => assert_eq!(left, [2]),
        Some(Err(PushError::Closed(2))) => assert_eq!(left, [1]),
        said => panic!("{said:?}, and {left:?} left"),
    }
}

/// A push by force that has its place when the close comes goes in, even when a consumer makes the
/// room after the close: until `is_closed` and then a pop finds nothing.
fn force_under_way(turn: usize) {
    let ring = Arc::new(Ring::starting_at(1, usize::MAX));
    assert_eq!(ring.push(1), Ok(()));
    let (pushed, popped) = (Note::new(None), Note::new(Vec::new()));
    let (closing, note) = (ring.clone(), popped.clone());
    let close_and_drain = move || {
        close(&closing);
        drain(&closing, &note);
    };
    let (forcing, note) = (ring.clone(), pushed.clone());
    let force = move || {
        let said = forcing.force_push(2);
        *note.get() = Some(said);
    };
    together(turn, [Box::new(close_and_drain), Box::new(force)]);
    let popped = popped.get().clone();
    match pushed.get().take() {
        Some(Ok(Some(1))) => assert_eq!(popped, [2]),
        Some(Ok(None)) => assert_eq!(popped, [1, 2]),
        Some(Err(PushError::Closed(2))) => assert_eq!(popped, [1]),
        said => panic!("{said:?}, and {popped:?} came out"),
    }
}

/// Who finds the ring closed knows what was done before the close.
fn before(turn: usize) {
    let ring = Arc::new(Ring::<usize>::new(1));
    let done = Arc::new(AtomicUsize::new(0));
    let (closing, doing) = (ring.clone(), done.clone());
    let close = move || {
        doing.store(1, Ordering::Relaxed);
        closing.close();
    };
    let look = move || {
        if ring.is_closed() {
            assert_eq!(done.load(Ordering::Relaxed), 1, "closed, and nothing done");
        }
    };
    together(turn, [Box::new(close), Box::new(look)]);
}

/// A handle's guess may be from before the close, with no mark.
fn handle(turn: usize) {
    let ring = Arc::new(Ring::new(2));
    let mut guess = Handle::new(ring.clone());
    let closing = ring.clone();
    let close = move || close(&closing);
    let pushed = Note::new(Vec::new());
    let note = pushed.clone();
    let push = move || {
        let first = guess.push(1).is_ok();
        let second = guess.try_push(2).is_ok();
        assert!(first || !second, "opened again");
        note.get().extend(first.then_some(1));
        note.get().extend(second.then_some(2));
    };
    together(turn, [Box::new(close), Box::new(push)]);
    assert_eq!(ring.drain().collect::<Vec<_>>(), *pushed.get());
    let mut late = Handle::new(&*ring);
    assert_eq!(late.push(3), Err(PushError::Closed(3)));
}
