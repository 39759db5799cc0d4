//! Pushes by force: each displaces one item or none, the oldest, and nothing is lost.

use loom::sync::Arc;

use super::hands::Note;
use crate::explore::{Model, together};
use crate::ring::{Handle, PushError, Ring};

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: force against pop", &[60, 39], against_pop).stale(&[70, 52]),
    Model::new("ring: force against pop, one slot", &[71, 89], against_pop_one),
    Model::new("ring: force against push", &[3, 81], against_push).stale(&[3, 81]),
    Model::new("ring: force against force", &[310, 310], against_force).stale(&[420, 420]),
    Model::new("ring: force against force, three of four", &[570, 570], against_force_three),
    Model::new("ring: force against pop and push", &[200, 4_500, 4_700], against_both),
    Model::new("ring: force against a batch of pops", &[81, 550], against_batch_pop),
    Model::new("ring: force against a batch of pushes", &[24, 43], against_batch_push),
    Model::new("ring: under force full stays full", &[3, 35], stays_full),
    Model::new("ring: force with room", &[23, 23], with_room),
];

/// What came out, from the first that was displaced or popped on, and what is left.
struct Out {
    displaced: Note<Vec<usize>>,
    popped: Note<Vec<usize>>,
}

impl Out {
    fn new() -> Self {
        Self { displaced: Note::new(Vec::new()), popped: Note::new(Vec::new()) }
    }

    /// A push by force that must go in.
    fn force(&self, ring: &Arc<Ring<usize>>, value: usize) -> impl FnOnce() + 'static {
        let (ring, displaced) = (ring.clone(), self.displaced.clone());
        move || match ring.force_push(value) {
            Ok(oldest) => displaced.get().extend(oldest),
            Err(refused) => panic!("{refused:?}"),
        }
    }

    fn pop(&self, ring: &Arc<Ring<usize>>) -> impl FnOnce() + 'static {
        let (ring, popped) = (ring.clone(), self.popped.clone());
        move || {
            let value = ring.pop();
            assert!(value.is_some(), "empty with an item");
            popped.get().extend(value);
        }
    }

    /// Everything, each once, what is left in its order; how many were displaced.
    fn check(&self, ring: &Ring<usize>, all: usize) -> usize {
        let left: Vec<usize> = ring.drain().collect();
        let mut everything = left;
        everything.extend(self.displaced.get().iter());
        everything.extend(self.popped.get().iter());
        everything.sort_unstable();
        assert!(everything.iter().copied().eq(1..=all), "{everything:?}");
        self.displaced.get().len()
    }
}

/// A full ring that holds 1, 2 ..
fn full(capacity: usize) -> Arc<Ring<usize>> {
    let ring = Arc::new(Ring::starting_at(capacity, usize::MAX));
    (1..=capacity).for_each(|value| assert_eq!(ring.push(value), Ok(())));
    ring
}

fn pop_of(turn: usize, capacity: usize) {
    let (ring, out) = (full(capacity), Out::new());
    let force = out.force(&ring, capacity + 1);
    together(turn, [Box::new(force), Box::new(out.pop(&ring))]);
    let (displaced, popped) = (out.displaced.get().clone(), out.popped.get().clone());
    match displaced[..] {
        [] => assert_eq!(popped, [1]),
        [1] => assert_eq!(popped, [2]),
        _ => panic!("{displaced:?} displaced"),
    }
    out.check(&ring, capacity + 1);
}

fn against_pop(turn: usize) {
    pop_of(turn, 2);
}

fn against_pop_one(turn: usize) {
    pop_of(turn, 1);
}

/// The ring is full all the time, so no other push may find room.
fn against_push(turn: usize) {
    let (ring, out) = (full(2), Out::new());
    let pushing = ring.clone();
    let push = move || assert_eq!(pushing.push(9), Err(PushError::Full(9)));
    together(turn, [Box::new(out.force(&ring, 3)), Box::new(push)]);
    assert_eq!(*out.displaced.get(), [1]);
    assert_eq!(ring.drain().collect::<Vec<_>>(), [2, 3]);
}

fn two_of(turn: usize, capacity: usize) {
    let (ring, out) = (full(capacity), Out::new());
    let (one, other) = (capacity + 1, capacity + 2);
    together(turn, [Box::new(out.force(&ring, one)), Box::new(out.force(&ring, other))]);
    assert!(ring.is_full());
    assert_eq!(out.check(&ring, capacity + 2), 2);
    let mut displaced = out.displaced.get().clone();
    displaced.sort_unstable();
    assert_eq!(displaced, [1, 2]);
}

fn against_force(turn: usize) {
    two_of(turn, 2);
}

fn against_force_three(turn: usize) {
    two_of(turn, 3);
}

/// Whatever the order, one place more is wanted than there is, or none.
fn against_both(turn: usize) {
    let (ring, out) = (full(2), Out::new());
    let (pushing, pushed) = (ring.clone(), Note::new(false));
    let note = pushed.clone();
    let push = move || {
        let went_in = pushing.push(4).is_ok();
        *note.get() = went_in;
    };
    let roles: [crate::explore::Role; 3] =
        [Box::new(out.force(&ring, 3)), Box::new(out.pop(&ring)), Box::new(push)];
    together(turn, roles);
    let went_in = *pushed.get();
    let displaced = out.check(&ring, if went_in { 4 } else { 3 });
    assert!(displaced <= 1 && (!went_in || displaced == 1 || ring.is_empty()));
}

/// A batch takes both items, before or after the first was displaced.
fn against_batch_pop(turn: usize) {
    let (ring, out) = (full(2), Out::new());
    let (popping, popped) = (ring.clone(), out.popped.clone());
    let pop = move || {
        let mut took = Vec::new();
        assert_eq!(popping.pop_many(2, &mut took), 2);
        assert!(took == [1, 2] || took == [2, 3], "{took:?}");
        popped.get().extend(took);
    };
    together(turn, [Box::new(out.force(&ring, 3)), Box::new(pop)]);
    assert!(out.check(&ring, 3) <= 1);
}

/// A batch brings two into two places, of which one was free: one or none finds room.
fn against_batch_push(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    assert_eq!(ring.push(1), Ok(()));
    let out = Out::new();
    let (pushing, pushed) = (ring.clone(), Note::new(0));
    let note = pushed.clone();
    let push = move || {
        let count = pushing.push_slice(&[3, 4]);
        *note.get() = count;
    };
    together(turn, [Box::new(out.force(&ring, 2)), Box::new(push)]);
    let pushed = *pushed.get();
    assert!(pushed <= 1, "{pushed} found room");
    assert_eq!(out.check(&ring, 2 + pushed), pushed);
}

/// Nobody pops, so the ring is never anything but full.
fn stays_full(turn: usize) {
    let (ring, out) = (full(1), Out::new());
    let looking = ring.clone();
    let look = move || assert!(looking.is_full(), "room that never was");
    together(turn, [Box::new(out.force(&ring, 2)), Box::new(look)]);
    assert_eq!(*out.displaced.get(), [1]);
}

/// With one place left, the second of two displaces, by a handle with an old guess.
fn with_room(turn: usize) {
    let ring = Arc::new(Ring::starting_at(2, usize::MAX));
    let mut old = Handle::new(ring.clone());
    assert_eq!(ring.push(1), Ok(()));
    let out = Out::new();
    let displaced = out.displaced.clone();
    let by_handle = move || match old.force_push(2) {
        Ok(oldest) => displaced.get().extend(oldest),
        Err(refused) => panic!("{refused:?}"),
    };
    together(turn, [Box::new(by_handle), Box::new(out.force(&ring, 3))]);
    assert_eq!(*out.displaced.get(), [1]);
    out.check(&ring, 3);
}
