//! What is made otherwise: tables whose elements are made one by one, since a loom atomic is not
//! zero bytes; sizes; locks; values for each of loom's threads.

use std::sync::PoisonError;

use loom::sync::{Mutex, MutexGuard};

/// `len` elements, each made by `zero`.
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

/// As the door's, of loom's mutexes.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

macro_rules! for_each_thread {
    ($(#[$meta:meta])* static $name:ident: $of:ty = const { $value:expr };) => {
        loom::thread_local! {
            $(#[$meta])*
            static $name: $of = $value;
        }
    };
}
pub(crate) use for_each_thread as thread_local;
