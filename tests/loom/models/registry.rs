//! The table of tasks: no place is given twice, none is lost, a walk sees whole cells.

use std::future::pending;
use std::sync::Arc as StdArc;

use loom::sync::Arc;

use super::hands::Note;
use crate::explore::{Model, Role, together};
use crate::task::{self, Index, JoinHandle, Readied, Registry, Schedule, TaskRef};

pub(crate) const MODELS: &[Model] = &[
    Model::new(
        "registry: two take and give back",
        &[1, 1],
        take_and_give_back,
    )
    .preemptions(Some(3))
    .stale(&[1, 1]),
    Model::new("registry: a used table", &[1, 1], used_table)
        .preemptions(Some(3))
        .stale(&[1, 1]),
    Model::new(
        "registry: a place is found again",
        &[1, 1],
        given_back_is_free,
    )
    .preemptions(None),
    Model::new("registry: two spawns, then a walk", &[1, 1], two_spawns).preemptions(Some(3)),
    Model::new("registry: spawn against walk", &[1, 1], spawn_walk).preemptions(None),
];

/// Who holds which place, behind loom's back.
type Held = Note<Vec<Index>>;

fn take(registry: &Registry, held: &Held) -> Index {
    let Some(index) = registry.acquire() else {
        panic!("no place, though one is free");
    };
    let mut held = held.get();
    assert!(!held.contains(&index), "{index:?} is given twice");
    held.push(index);
    index
}

fn give_back(registry: &Registry, held: &Held, index: Index) {
    held.get().retain(|held| *held != index);
    registry.release(index);
}

fn cycle(registry: &Arc<Registry>, held: &Held, times: usize) -> Role {
    let (registry, held) = (registry.clone(), held.clone());
    Box::new(move || {
        for _ in 0..times {
            let index = take(&registry, &held);
            give_back(&registry, &held, index);
        }
    })
}

fn all_are_free(registry: &Registry, held: &Held, places: usize) {
    (0..places).for_each(|_| _ = take(registry, held));
    assert!(registry.acquire().is_none(), "more places than there are");
}

/// Fresh places are taken from the left; both threads hold at most one.
fn take_and_give_back(turn: usize) {
    let registry = Arc::new(Registry::new(2));
    let held = Note::new(Vec::new());
    together(
        turn,
        [cycle(&registry, &held, 2), cycle(&registry, &held, 1)],
    );
    all_are_free(&registry, &held, 2);
}

/// Every place was used, so that the free list runs through the places.
fn used_table(turn: usize) {
    let registry = Arc::new(Registry::new(3));
    let held = Note::new(Vec::new());
    let used: Vec<Index> = (0..3).map(|_| take(&registry, &held)).collect();
    used.into_iter()
        .for_each(|index| give_back(&registry, &held, index));
    let keep = take(&registry, &held);
    let (own, note) = (registry.clone(), held.clone());
    let give: Role = Box::new(move || {
        let other = take(&own, &note);
        give_back(&own, &note, keep);
        give_back(&own, &note, other);
    });
    together(turn, [give, cycle(&registry, &held, 1)]);
    all_are_free(&registry, &held, 3);
}

/// A link written by the thread that gave back is seen by the one that takes.
fn given_back_is_free(turn: usize) {
    let registry = Arc::new(Registry::new(3));
    let held = Note::new(Vec::new());
    let first = take(&registry, &held);
    let second = take(&registry, &held);
    let (own, note) = (registry.clone(), held.clone());
    let give: Role = Box::new(move || {
        give_back(&own, &note, second);
        give_back(&own, &note, first);
    });
    let (own, note) = (registry.clone(), held.clone());
    let take_one: Role = Box::new(move || _ = take(&own, &note));
    together(turn, [give, take_one]);
    all_are_free(&registry, &held, 2);
}

struct Nowhere(Registry);

impl Schedule for Nowhere {
    fn schedule(&self, _: TaskRef, _: Readied) {}

    fn release(&self, index: Index) {
        self.0.release(index);
    }
}

/// The walk ends tasks as shutdown does: either it sees the task whole, or not at all.
fn spawn_walk(turn: usize) {
    let (nowhere, handles) = (nowhere(), Note::new(Vec::new()));
    let own = nowhere.clone();
    let walk: Role = Box::new(move || end(&own.0));
    together(turn, [spawn(&nowhere, &handles), walk]);
    all_end(&nowhere, &handles);
}

fn two_spawns(turn: usize) {
    let (nowhere, handles) = (nowhere(), Note::new(Vec::new()));
    together(turn, [spawn(&nowhere, &handles), spawn(&nowhere, &handles)]);
    all_end(&nowhere, &handles);
}

fn nowhere() -> StdArc<Nowhere> {
    StdArc::new(Nowhere(Registry::new(2)))
}

fn spawn(nowhere: &StdArc<Nowhere>, handles: &Note<Vec<JoinHandle<()>>>) -> Role {
    let (own, note) = (nowhere.clone(), handles.clone());
    Box::new(move || {
        let Some(index) = own.0.acquire() else {
            panic!("no place, though two are free");
        };
        let (task, handle) = task::spawn(pending::<()>(), own.clone(), index);
        own.0.publish(index, task);
        note.get().push(handle);
    })
}

fn end(registry: &Registry) {
    // SAFETY: a task in the table has not completed, and nobody runs tasks here.
    registry.walk(|task| unsafe { task.shut_down() });
}

fn all_end(nowhere: &StdArc<Nowhere>, handles: &Note<Vec<JoinHandle<()>>>) {
    end(&nowhere.0);
    assert_eq!(nowhere.0.len(), 0, "a task is left in the table");
    let handles = std::mem::take(&mut *handles.get());
    assert!(
        handles.iter().all(JoinHandle::is_finished),
        "the walk passed a task by"
    );
    drop(handles);
    assert_eq!(StdArc::strong_count(nowhere), 1, "a cell is not freed");
}
