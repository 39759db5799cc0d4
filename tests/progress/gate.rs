//! A place at which a thread stands still until it is let go.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::support::{BOUND, wait_until};

#[derive(Default)]
pub(crate) struct Gate {
    reached: AtomicBool,
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stands still here until the gate opens, at most for as long as any test lasts.
    pub(crate) fn stand(&self) {
        self.reached.store(true, Ordering::Release);
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_timeout_while(is_open, BOUND, |is_open| !*is_open));
    }

    /// Waits until somebody stands here.
    pub(crate) fn reached(&self) {
        wait_until(|| self.reached.load(Ordering::Acquire));
    }

    pub(crate) fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    pub(crate) fn is_open(&self) -> bool {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The result of a thread that was let go.
pub(crate) fn joined<T>(thread: JoinHandle<T>) -> T {
    wait_until(|| thread.is_finished());
    thread.join().expect("it does not panic")
}
