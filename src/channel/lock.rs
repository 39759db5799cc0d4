//! A lock for a few moves of pointers: one compare-exchange to take, one store to give back.
//!
//! Whoever finds it taken spins, then yields its thread: what is under it never blocks, so only a
//! holder that the system has stopped is waited for longer, as with a slot of the ring. (Under
//! real-time scheduling, a thread of higher priority on the holder's core would wait for ever:
//! the ring and this lock are not for that.)

use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{AtomicU32, Backoff, UnsafeCell};

const FREE: u32 = 0;
const TAKEN: u32 = 1;

#[derive(Debug)]
pub(super) struct Lock<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the lock.
unsafe impl<T: Send> Send for Lock<T> {}
// SAFETY: whoever took the lock alone reaches the value, one thread after the other.
unsafe impl<T: Send> Sync for Lock<T> {}

// What is under the lock does not panic, so nobody sees it half done.
impl<T> std::panic::UnwindSafe for Lock<T> {}
impl<T> std::panic::RefUnwindSafe for Lock<T> {}

impl<T> Lock<T> {
    pub(super) fn new(value: T) -> Self {
        Self { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Runs `touch` under the lock. It must not panic: the lock would stay taken.
    #[inline]
    pub(super) fn with<R>(&self, touch: impl FnOnce(&mut T) -> R) -> R {
        if !self.try_take() {
            self.take_slow();
        }
        // SAFETY: the lock is taken by this call.
        let result = self.value.with_mut(|value| touch(unsafe { &mut *value }));
        // [channel.unlocked] pairs with [channel.locked]: what was done under the lock is seen.
        self.state.store(FREE, Release);
        result
    }

    #[inline]
    fn try_take(&self) -> bool {
        // [channel.locked] pairs with [channel.unlocked]: what was done under the lock is seen.
        self.state.compare_exchange_weak(FREE, TAKEN, Acquire, Relaxed).is_ok()
    }

    #[cold]
    fn take_slow(&self) {
        let mut backoff = Backoff::new();
        while self.state.load(Relaxed) == TAKEN || !self.try_take() {
            backoff.snooze();
        }
    }
}
