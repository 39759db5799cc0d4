//! The end of a slab: once, by whoever is the last, when nobody uses it any more.

use std::sync::Arc;

use super::hands::Note;
use super::house::{House, Stage};
use crate::explore::{Model, Role, together};
use crate::task::{Colony, JoinHandle};

pub(crate) const MODELS: &[Model] = &[
    Model::new("slab: two more owners come and go", &[11, 11], parts).preemptions(None),
    Model::new("slab: two owners go", &[3, 3], two_owners).preemptions(None),
    Model::new("slab: the owner goes against the last cell", &[3, 3], last_cell).preemptions(None),
    Model::new("slab: the owner goes against two cells", &[140, 100, 130], two_cells),
    Model::new("slab: a magazine goes against its owner", &[3, 3], magazine).preemptions(Some(3)),
    Model::new("slab: walkers, owners and wakers go", &[600, 580, 360], walker),
];

fn ended(house: &Arc<House>) {
    assert_eq!(Arc::strong_count(house), 1, "the slab has not ended, or twice");
}

fn two_owners(turn: usize) {
    let house = House::new(false);
    let one = Colony::new(1, 0, house.clone());
    let other = one.clone();
    together(turn, [Box::new(move || drop(one)), Box::new(move || drop(other))]);
    ended(&house);
}

/// Each takes a part of its own, and gives it up.
fn parts(turn: usize) {
    let house = House::new(false);
    let colony = Arc::new(Colony::new(1, 0, house.clone()));
    let part = || -> Role {
        let colony = colony.clone();
        Box::new(move || drop(Colony::clone(&colony)))
    };
    together(turn, [part(), part()]);
    assert_eq!(Arc::strong_count(&house), 2, "it ended too early");
    drop(colony);
    ended(&house);
}

fn last_cell(turn: usize) {
    let mut stage = Stage::new(2, 1);
    stage.event(1)();
    drop(stage.handle.take());
    stage.finish();
    let (owner, waker) = (stage.colony.take(), stage.wakers.pop());
    together(turn, [Box::new(move || drop(owner)), Box::new(move || drop(waker))]);
    ended(&stage.house);
    stage.check(1);
}

/// Each goes on a thread of its own.
fn two_cells(turn: usize) {
    let house = House::new(false);
    let colony = Colony::new(2, 0, house.clone());
    let run = |colony: &Colony<Arc<House>>| -> Role {
        let Ok((task, handle)) = colony.slab().spawn(async {}) else {
            panic!("no permit");
        };
        drop(handle);
        // SAFETY: it was spawned here, and is run once.
        Box::new(move || unsafe { task.run() })
    };
    let (one, other) = (run(&colony), run(&colony));
    together(turn, [Box::new(move || drop(colony)), one, other]);
    ended(&house);
}

fn magazine(turn: usize) {
    let house = House::new(false);
    let colony = Colony::new(2, 1, house.clone());
    let magazine = colony.slab().magazine();
    let Ok((task, handle)) = colony.slab().spawn(async {}) else {
        panic!("no permit");
    };
    drop(handle);
    let inside: Role = Box::new(move || {
        // SAFETY: it was spawned here, and is run once.
        magazine.enter(|| unsafe { task.run() });
        drop(magazine);
    });
    together(turn, [inside, Box::new(move || drop(colony))]);
    ended(&house);
}

/// The reaper's walk, then its end, against a waker and the join handle.
fn walker(turn: usize) {
    let mut stage = Stage::new(1, 1);
    let (walk, wake) = (stage.shut_down(), stage.event(1));
    let back: Note<Option<JoinHandle<_>>> = Note::new(stage.handle.take());
    stage.colony = None;
    let go: Role = Box::new(move || {
        let handle = back.get().take();
        drop(handle);
    });
    together(turn, [walk, wake, go]);
    ended(&stage.house);
    stage.check(0);
}
