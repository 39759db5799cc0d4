//! Run queues that the executor is given in place of its ring.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrayvec::ArrayVec;
use crossbeam_queue::ArrayQueue;

use crate::executor::{RunQueue, RunQueues};
use crate::sync::lock;

/// Tasks that the mutex's queue hands out at once at most: no executor's batch is larger.
const BATCH_MAX: usize = 128;

/// crossbeam's lock-free queue, which has no batches.
#[derive(Debug)]
pub struct Arrays;

impl RunQueues for Arrays {
    type Queue<T: Send> = OneByOne<T>;
}

/// See [`Arrays`].
#[derive(Debug)]
pub struct OneByOne<T>(ArrayQueue<T>);

impl<T: Send> RunQueue<T> for OneByOne<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(ArrayQueue::new(capacity))
    }

    fn push(&self, task: T) -> Result<(), T> {
        self.0.push(task)
    }

    fn pop(&self) -> Option<T> {
        self.0.pop()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A `VecDeque` under a mutex, as well as that can be done: with room for all from the start,
/// batches under one lock, and its length beside it, so that who only looks does not lock.
#[derive(Debug)]
pub struct Locks;

impl RunQueues for Locks {
    type Queue<T: Send> = Locked<T>;
}

/// See [`Locks`].
#[derive(Debug)]
pub struct Locked<T> {
    tasks: Mutex<VecDeque<T>>,
    len: AtomicUsize,
}

impl<T> Locked<T> {
    /// Runs `work` on the tasks, and notes how many are left.
    fn with<R>(&self, work: impl FnOnce(&mut VecDeque<T>) -> R) -> R {
        let mut tasks = lock(&self.tasks);
        let result = work(&mut tasks);
        // Under the lock, so in order; who must see it besides has fences of its own (the
        // executor's, between a push and falling asleep).
        self.len.store(tasks.len(), Ordering::Release);
        result
    }
}

fn push<T>(tasks: &mut VecDeque<T>, task: T) -> Result<(), T> {
    if tasks.len() == tasks.capacity() {
        return Err(task);
    }
    tasks.push_back(task);
    Ok(())
}

impl<T: Send> RunQueue<T> for Locked<T> {
    fn with_capacity(capacity: usize) -> Self {
        let tasks = Mutex::new(VecDeque::with_capacity(capacity));
        Self { tasks, len: AtomicUsize::new(0) }
    }

    fn push(&self, task: T) -> Result<(), T> {
        self.with(|tasks| push(tasks, task))
    }

    fn pop(&self) -> Option<T> {
        if self.is_empty() { None } else { self.with(VecDeque::pop_front) }
    }

    fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    fn push_many(&self, mut from: impl ExactSizeIterator<Item = T>) -> Result<(), T> {
        self.with(|tasks| from.try_for_each(|task| push(tasks, task)))
    }

    fn pop_many(&self, most: usize, mut take: impl FnMut(T)) -> usize {
        if most < 2 || self.is_empty() {
            return self.pop().into_iter().map(take).count();
        }
        // Not under the lock: `take` may push into another queue, whose worker takes from this one.
        let mut taken = ArrayVec::<T, BATCH_MAX>::new();
        self.with(|tasks| {
            let most = most.min(BATCH_MAX).min(tasks.len());
            taken.extend(tasks.drain(..most));
        });
        let count = taken.len();
        taken.into_iter().for_each(&mut take);
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is pushed comes out once, in order, by ones and in batches; more than there is room for
    /// is refused.
    fn keeps_order<Q: RunQueue<usize>>() {
        let queue = Q::with_capacity(300);
        assert_eq!((queue.len(), queue.is_empty(), queue.pop()), (0, true, None));
        assert_eq!(queue.push(0), Ok(()));
        assert_eq!(queue.push_many(1..300), Ok(()));
        assert_eq!(queue.len(), 300);
        let mut out: Vec<usize> = queue.pop().into_iter().collect();
        while out.len() < 300 {
            let (before, most) = (out.len(), 200);
            let count = queue.pop_many(most, |task| out.push(task));
            assert!(count > 0 && count <= most && out.len() == before + count);
        }
        assert_eq!(out, (0..300).collect::<Vec<_>>());
        assert_eq!(queue.pop_many(5, |_| unreachable!("it is empty")), 0);
    }

    #[test]
    fn the_baselines_are_queues() {
        keeps_order::<OneByOne<usize>>();
        keeps_order::<Locked<usize>>();
        let full = Locked::with_capacity(2);
        let room = full.tasks.lock().expect("no panic").capacity();
        assert_eq!(full.push_many(0..room), Ok(()));
        assert_eq!((full.push(9), full.len()), (Err(9), room));
    }
}
