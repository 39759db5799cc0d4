//! What models use beside the rooms: notes that loom does not see, counting wakers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::sync::Backoff;

/// A value shared behind loom's back: it orders nothing. For the system, all threads of a model are
/// one.
pub(crate) struct Note<T>(Arc<Mutex<T>>);

impl<T> Clone for Note<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Note<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    /// The guard must be gone before the next call of loom's.
    pub(crate) fn get(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A waker that counts its wakes in a relaxed counter, which orders nothing.
pub(crate) struct Counting {
    wakes: AtomicUsize,
}

impl Counting {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { wakes: AtomicUsize::new(0) })
    }

    pub(crate) fn wakes(&self) -> usize {
        self.wakes.load(Ordering::Relaxed)
    }
}

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
    }
}

/// A counting waker.
pub(crate) fn counting() -> (Arc<Counting>, Waker) {
    let counting = Counting::new();
    (counting.clone(), Waker::from(counting))
}

/// How often a woken thread looks again at once. Each yield of loom's makes old values vanish, so
/// that yielding at once would hide a missing ordering.
const TURNS_AT_ONCE: u32 = 3;

/// The patience of a thread that was woken.
pub(crate) struct Patience {
    turns: u32,
    backoff: Backoff,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self { turns: 0, backoff: Backoff::new() }
    }

    /// Looks again: at once at first, later only after the others had their turn.
    pub(crate) fn turn(&mut self) {
        self.turns += 1;
        if self.turns > TURNS_AT_ONCE {
            self.backoff.snooze();
        }
    }
}
