//! A worker's LIFO slot: whom a task woke last while it was polled, and who runs next while its
//! values are in the cache. The worker alone puts a task there; it takes it back, or, when it
//! stands still in a poll, another worker does.
//!
//! **Progress.** Wait-free. Putting a task into an empty slot is a plain store: nobody else fills
//! it.

use crate::{sync::AtomicUsize, sync::Ordering, task::TaskRef};

/// The address of the task, or 0.
#[derive(Debug, Default)]
pub(crate) struct LifoSlot(AtomicUsize);

impl LifoSlot {
    /// For the worker alone: puts a task there, and returns the one it displaces.
    #[inline]
    pub(crate) fn put(&self, task: TaskRef) -> Option<TaskRef> {
        if self.0.load(Ordering::Relaxed) == 0 {
            // [lifo.put] pairs with [lifo.taken]: what came before the wake is seen by who runs it.
            self.0.store(task.address(), Ordering::Release);
            return None;
        }
        // [lifo.displaced] pairs with [lifo.taken]: as above.
        TaskRef::from_address(self.0.swap(task.address(), Ordering::Release))
    }

    /// Takes the task, if there is one.
    #[inline]
    pub(crate) fn take(&self) -> Option<TaskRef> {
        if self.0.load(Ordering::Relaxed) == 0 {
            return None;
        }
        // [lifo.taken] pairs with [lifo.put], [lifo.displaced]: the task is seen as it was woken.
        TaskRef::from_address(self.0.swap(0, Ordering::Acquire))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}
