//! A ring that one thread pushes to alone, by shared reference, and that others pop from.

use loom::sync::Arc;

use super::hands::Note;
use super::ring::popped_all;
use crate::explore::{Model, together};
use crate::ring::Ring;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: pushed alone, two take", &[37, 9_400, 84], two_take)
        .stale(&[37, 9_500, 84])
        .preemptions(Some(1)),
    Model::new("ring: pushed alone, round and round", &[4, 640], around),
];

/// Takes up to two at once; they stood one behind the other.
fn take_two(ring: &Ring<usize>, note: &Note<Vec<usize>>) {
    let mut took = Vec::new();
    ring.pop_each(2, |value| took.push(value));
    note.get().extend(took);
}

/// Three go in at a glance; one is popped here, two there.
fn two_take(turn: usize) {
    let ring = Arc::new(Ring::starting_at(4, usize::MAX - 1));
    let popped = Note::new(Vec::new());
    let pushing = ring.clone();
    let push = move || {
        for value in 1..=3 {
            // SAFETY: only this role pushes.
            assert_eq!(unsafe { pushing.try_push_alone(value) }, Ok(()));
        }
    };
    let (popping, note) = (ring.clone(), popped.clone());
    let pop = move || {
        let value = popping.pop();
        note.get().extend(value);
    };
    let (taking, note) = (ring.clone(), popped.clone());
    let take = move || take_two(&taking, &note);
    together(turn, [Box::new(push), Box::new(pop), Box::new(take)]);
    assert_eq!(popped_all(&ring, &popped), [1, 2, 3]);
}

/// A slot is pushed to again only after its value has left.
fn around(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX - 1));
    let popped = Note::new(Vec::new());
    let pushing = ring.clone();
    let push = move || {
        // SAFETY: only this role pushes.
        let pushed = (0..4).filter(|&value| unsafe { pushing.try_push_alone(value) }.is_ok());
        assert!(pushed.count() >= 2, "full with nothing inside");
    };
    let (taking, note) = (ring.clone(), popped.clone());
    let take = move || (0..2).for_each(|_| take_two(&taking, &note));
    together(turn, [Box::new(push), Box::new(take)]);
    let took = popped.get().clone();
    assert!(took.is_sorted(), "{took:?}");
    assert!(popped_all(&ring, &popped).len() >= 2);
}
