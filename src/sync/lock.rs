//! Mutexes whose data is whole at every moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic under the lock: nothing is left half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
