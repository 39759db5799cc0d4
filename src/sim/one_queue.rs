//! The queue of ready tasks of one node: chance says which is next.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use super::dice::Dice;
use crate::executor::{Policy, RunQueue, RunQueues};
use crate::sync::{lock, within};

/// All tasks of a node stand in one queue.
#[derive(Debug)]
pub(super) struct OneQueue;

impl Policy for OneQueue {
    const OWN_QUEUES: bool = false;
    const LIFO_RUN_MAX: u32 = 0;
    /// The world says when to look at the timers.
    const TURN_TASKS: u32 = u32::MAX;
}

/// The kind of [`DrawnQueue`].
#[derive(Debug)]
pub(super) struct DrawnQueues;

impl RunQueues for DrawnQueues {
    type Queue<T: Send> = DrawnQueue<T>;
}

/// A queue from which one of those that wait is drawn. What it gives up against a ring: a push may
/// allocate, and there is a lock; in a world one thread does everything.
#[derive(Debug)]
pub(super) struct DrawnQueue<T> {
    dice: Arc<Dice>,
    tasks: Mutex<Vec<T>>,
}

thread_local! {
    /// Whose dice the queues get that are made now.
    static DICE: RefCell<Option<Arc<Dice>>> = const { RefCell::new(None) };
}

/// Has the queues that `make` makes draw by these dice.
pub(super) fn drawn_by<R>(dice: &Arc<Dice>, make: impl FnOnce() -> R) -> R {
    within(|dice| DICE.replace(dice), Some(dice.clone()), make)
}

impl<T: Send> RunQueue<T> for DrawnQueue<T> {
    fn with_capacity(_: usize) -> Self {
        let dice = DICE.with_borrow(Clone::clone);
        Self { dice: dice.unwrap_or_else(|| Arc::new(Dice::new(0))), tasks: Mutex::default() }
    }

    fn push(&self, task: T) -> Result<(), T> {
        lock(&self.tasks).push(task);
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let mut tasks = lock(&self.tasks);
        if tasks.is_empty() {
            return None;
        }
        let drawn = self.dice.pick(tasks.len());
        Some(tasks.swap_remove(drawn))
    }

    fn len(&self) -> usize {
        lock(&self.tasks).len()
    }
}
