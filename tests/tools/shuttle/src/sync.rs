//! The door over shuttle's types. shuttle takes each atomic call for sequentially consistent: it
//! finds wrong protocols among many threads, not weak orderings.

#[path = "../../../../src/sync/discard.rs"]
mod discard;
#[path = "../../../../src/sync/within.rs"]
mod within;

use std::sync::{LockResult, PoisonError};

pub(crate) use discard::discard;
pub(crate) use shuttle::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use shuttle::thread_local;
pub(crate) use within::within;

/// Waiting: the others get their turn.
#[derive(Debug)]
pub(crate) struct Backoff;

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self
    }

    pub(crate) fn spin(&mut self) {}

    pub(crate) fn stay_away(&mut self) {}

    pub(crate) fn snooze(&mut self) {
        shuttle::thread::yield_now();
    }
}

/// A cell in whose accesses others may get their turn: two at once are a failure.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T> {
    taken: AtomicUsize,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { taken: AtomicUsize::new(0), value: std::cell::UnsafeCell::new(value) }
    }

    #[track_caller]
    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        assert_eq!(self.taken.swap(1, Ordering::SeqCst), 0, "two accesses at once");
        let result = write(self.value.get());
        assert_eq!(self.taken.swap(0, Ordering::SeqCst), 1, "two accesses at once");
        result
    }
}

/// As the door's.
///
/// # Safety
/// As that of the door it stands in for; nothing is demanded here.
pub(crate) unsafe fn boxed_zeroed<T>(len: usize, zero: impl Fn() -> T) -> Box<[T]> {
    (0..len).map(|_| zero()).collect()
}

/// The models' size.
pub(crate) const fn shrunk(_size: usize, models: usize) -> usize {
    models
}

/// As the door's, of shuttle's mutexes.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    let locked: LockResult<_> = mutex.lock();
    locked.unwrap_or_else(PoisonError::into_inner)
}
