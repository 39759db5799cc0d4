//! The LIFO slot: every task comes out once, as it was woken.

use loom::sync::Arc;

use super::hands::Note;
use crate::executor::lifo::LifoSlot;
use crate::explore::{Model, Role, together};
use crate::sync::UnsafeCell;
use crate::task::TaskRef;

pub(crate) const MODELS: &[Model] = &[
    Model::new("lifo: worker against thief", &[3, 55], worker_thief).preemptions(None),
    Model::new("lifo: displaced under a thief", &[3, 150], displaced).preemptions(None),
    Model::new("lifo: worker against two thieves", &[310, 4600, 310], two_thieves)
        .preemptions(Some(3)),
];

const TASKS: usize = 3;

/// The slot, and what each task stands for: written before it is woken, by one thread.
struct Slot {
    lifo: LifoSlot,
    values: [UnsafeCell<usize>; TASKS],
}

/// A pointer that nobody follows.
fn task(number: usize) -> TaskRef {
    match TaskRef::from_address((number + 1) * 64) {
        Some(task) => task,
        None => panic!("no address"),
    }
}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            lifo: LifoSlot::default(),
            values: std::array::from_fn(|_| UnsafeCell::new(0)),
        })
    }

    fn put(&self, number: usize, run: &Note<Vec<usize>>) {
        // SAFETY: the task is not woken yet.
        self.values[number].with_mut(|value| unsafe { *value += 1 });
        if let Some(displaced) = self.lifo.put(task(number)) {
            self.run(displaced, run);
        }
    }

    /// Runs the task: whoever took it is alone with it.
    fn run(&self, task: TaskRef, run: &Note<Vec<usize>>) {
        let number = task.address() / 64 - 1;
        // SAFETY: loom checks that nobody else is there.
        self.values[number].with_mut(|value| unsafe { *value += 1 });
        run.get().push(number);
    }

    fn take(&self, run: &Note<Vec<usize>>) {
        if let Some(task) = self.lifo.take() {
            self.run(task, run);
        }
    }
}

fn thief(slot: &Arc<Slot>, run: &Note<Vec<usize>>) -> Role {
    let (slot, run) = (slot.clone(), run.clone());
    Box::new(move || slot.take(&run))
}

/// The worker puts tasks there and takes one back; each is run once.
fn explored(turn: usize, tasks: usize, thieves: usize) {
    let (slot, run) = (Slot::new(), Note::new(Vec::new()));
    let (own, note) = (slot.clone(), run.clone());
    let worker: Role = Box::new(move || {
        (0..tasks).for_each(|number| own.put(number, &note));
        own.take(&note);
    });
    if thieves == 1 {
        together(turn, [worker, thief(&slot, &run)]);
    } else {
        together(turn, [worker, thief(&slot, &run), thief(&slot, &run)]);
    }
    slot.take(&run);
    let mut run = std::mem::take(&mut *run.get());
    run.sort_unstable();
    assert_eq!(run, (0..tasks).collect::<Vec<_>>(), "each task once");
    assert!(slot.lifo.is_empty());
}

fn worker_thief(turn: usize) {
    explored(turn, 1, 1);
}

fn displaced(turn: usize) {
    explored(turn, 2, 1);
}

fn two_thieves(turn: usize) {
    explored(turn, 2, 2);
}
