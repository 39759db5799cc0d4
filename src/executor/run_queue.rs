//! What queues ready tasks, and how another kind of queue is plugged in.

use crate::ring::Ring;

/// A bounded queue of ready tasks. The executor makes one for what comes from outside, and one for
/// each worker.
///
/// It is generic in what it holds, so that it can do nothing with a task but pass it on, once: a
/// task that a queue drops is never run, and one that it would hand out elsewhere cannot be named.
/// What a wake promises (it never blocks, allocates or fails) is what `push` promises: windlass's
/// ring keeps it, another queue says what it gives up.
///
/// What a thread did before a push must be seen by the one that pops the task, as with any queue
/// that passes values from thread to thread: the executor relies on it.
pub trait RunQueue<T: Send>: Send + Sync {
    /// An empty queue with room for at least `capacity` tasks.
    fn with_capacity(capacity: usize) -> Self;

    /// Adds a task at the end.
    ///
    /// # Errors
    /// The task, when the queue is full: never before it holds `capacity` tasks.
    fn push(&self, task: T) -> Result<(), T>;

    /// Takes the first task. `None` only when the queue was empty at one moment during the call.
    fn pop(&self) -> Option<T>;

    /// The number of tasks; exact when nobody pushes or pops meanwhile. A push that happened before
    /// the call counts.
    fn len(&self) -> usize;

    /// Whether there was no task at one moment during the call.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds many, for which there is room.
    ///
    /// # Errors
    /// A task that was refused; those behind it are lost.
    fn push_many(&self, mut tasks: impl ExactSizeIterator<Item = T>) -> Result<(), T> {
        tasks.try_for_each(|task| self.push(task))
    }

    /// Takes at most `most` of the first tasks. How many.
    fn pop_many(&self, most: usize, mut take: impl FnMut(T)) -> usize {
        let mut taken = 0;
        while taken < most
            && let Some(task) = self.pop()
        {
            take(task);
            taken += 1;
        }
        taken
    }

    /// As [`RunQueue::push`], where only one thread at a time pushes into this queue.
    ///
    /// # Safety
    /// No other thread pushes during the call, and what it pushed before happened before the call.
    ///
    /// # Errors
    /// The task, when the queue is full.
    unsafe fn push_alone(&self, task: T) -> Result<(), T> {
        self.push(task)
    }
}

/// A kind of [`RunQueue`], for tasks of whatever type the executor uses.
pub trait RunQueues: Send + Sync + 'static {
    /// The queue of this kind.
    type Queue<T: Send>: RunQueue<T>;
}

/// windlass's lock-free ring, the default: batches by one compare-exchange, a worker's own pushes
/// by none.
#[derive(Debug)]
pub struct Rings;

impl RunQueues for Rings {
    type Queue<T: Send> = Ring<T>;
}

impl<T: Send> RunQueue<T> for Ring<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, task: T) -> Result<(), T> {
        Self::push(self, task).map_err(|refused| refused.into_value())
    }

    #[inline]
    fn pop(&self) -> Option<T> {
        Self::pop(self)
    }

    #[inline]
    fn len(&self) -> usize {
        Self::len(self)
    }

    #[inline]
    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }

    #[inline]
    fn push_many(&self, tasks: impl ExactSizeIterator<Item = T>) -> Result<(), T> {
        match Self::push_many(self, tasks) {
            Ok(_) => Ok(()),
            Err(refused) => refused.into_rest().next().map_or(Ok(()), Err),
        }
    }

    #[inline]
    fn pop_many(&self, most: usize, take: impl FnMut(T)) -> usize {
        self.pop_each(most, take)
    }

    #[inline]
    unsafe fn push_alone(&self, task: T) -> Result<(), T> {
        // SAFETY: the caller states that nobody else pushes; run queues are never closed or marked.
        unsafe { self.try_push_alone(task) }
    }
}
