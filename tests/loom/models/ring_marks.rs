//! The marks of who waits: either what is waited for is there, or its bringer is told; and no
//! claim is lost to a mark.

use loom::sync::Arc;

use super::hands::Note;
use super::ring::popped_all;
use crate::explore::{Model, together};
use crate::ring::{Pop, Push, PushError, Ring};

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: a waiter for items", &[20, 14], waits_for_items).stale(&[28, 20]),
    Model::new("ring: a waiter for room", &[20, 14], waits_for_room).stale(&[28, 20]),
    Model::new("ring: marks against two pushes", &[730, 1_300, 680], marks_against_pushes),
    Model::new("ring: marks against two pops", &[730, 1_300, 680], marks_against_pops),
];

/// Marks, then looks; the push finds the mark, or the look finds the item.
fn waits_for_items(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let (found, told) = (Note::new(false), Note::new(false));
    let (waiting, note) = (ring.clone(), found.clone());
    let wait = move || {
        waiting.mark::<Push>(true);
        let found = waiting.pop().is_some();
        *note.get() = found;
    };
    let (pushing, note) = (ring.clone(), told.clone());
    let push = move || match pushing.push_marked(1) {
        Ok(marked) => *note.get() = marked,
        Err(refused) => panic!("{refused:?}"),
    };
    together(turn, [Box::new(wait), Box::new(push)]);
    assert!(*found.get() || *told.get(), "sleeps beside an item");
    assert_eq!(ring.is_empty(), *found.get());
}

/// Marks, then looks; the pop finds the mark, or the look finds room.
fn waits_for_room(turn: usize) {
    let ring = Arc::new(Ring::starting_at(1, usize::MAX));
    assert_eq!(ring.push(1), Ok(()));
    let (found, told) = (Note::new(false), Note::new(false));
    let (waiting, note) = (ring.clone(), found.clone());
    let wait = move || {
        waiting.mark::<Pop>(true);
        let found = waiting.push(2);
        assert!(matches!(found, Ok(()) | Err(PushError::Full(2))));
        *note.get() = found.is_ok();
    };
    let (popping, note) = (ring.clone(), told.clone());
    let pop = move || match popping.pop_marked() {
        Some((value, marked)) => {
            assert_eq!(value, 1);
            *note.get() = marked;
        }
        None => panic!("empty with an item"),
    };
    together(turn, [Box::new(wait), Box::new(pop)]);
    assert!(*found.get() || *told.get(), "sleeps beside room");
    assert_eq!(ring.is_empty(), !*found.get());
}

fn marks_against_pushes(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let marking = ring.clone();
    let mark = move || {
        marking.mark::<Push>(true);
        marking.mark::<Push>(false);
    };
    let push = |value: usize| {
        let ring = ring.clone();
        move || assert_eq!(ring.push(value), Ok(()))
    };
    together(turn, [Box::new(mark), Box::new(push(1)), Box::new(push(2))]);
    assert_eq!(ring.len(), 2);
    assert_eq!(popped_all(&ring, &Note::new(Vec::new())), [1, 2]);
    let told = ring.push_marked(3);
    assert_eq!(told, Ok(false), "the mark is still there");
}

fn marks_against_pops(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    assert_eq!(ring.push_slice(&[1, 2]), 2);
    let popped = Note::new(Vec::new());
    let marking = ring.clone();
    let mark = move || {
        marking.mark::<Pop>(true);
        marking.mark::<Pop>(false);
    };
    let pop = || {
        let (ring, popped) = (ring.clone(), popped.clone());
        move || {
            let value = ring.pop();
            assert!(value.is_some(), "empty with an item");
            popped.get().extend(value);
        }
    };
    together(turn, [Box::new(mark), Box::new(pop()), Box::new(pop())]);
    assert_eq!(popped_all(&ring, &popped), [1, 2]);
    assert_eq!(ring.push(3), Ok(()));
    let told = ring.pop_marked().map(|(_, marked)| marked);
    assert_eq!(told, Some(false), "the mark is still there");
}
