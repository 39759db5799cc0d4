//! The token over a mutex and a condition variable: for threads that wait for nothing else.

use std::task::{RawWaker, RawWakerVTable, Wake, Waker};
use std::{mem::ManuallyDrop, time::Duration, time::Instant};

use super::token::Token;
use crate::sync::{Arc, Condvar, Mutex};

/// The sleeping end: belongs to one thread.
///
/// ```
/// use windlass::park::Parker;
///
/// let mut parker = Parker::new();
/// let unparker = parker.unparker();
/// let other = std::thread::spawn(move || unparker.unpark());
/// parker.park();
/// # other.join().unwrap();
/// ```
#[derive(Debug, Default)]
pub struct Parker(Arc<Bed>);

/// The waking end: clone it, share it, send it. Also a [`std::task::Wake`], so that `Waker::from`
/// makes a waker of an `Arc` of it.
#[derive(Clone, Debug)]
pub struct Unparker(Arc<Bed>);

#[derive(Debug, Default)]
struct Bed {
    token: Token,
    lock: Mutex<()>,
    wake: Condvar,
}

impl Parker {
    /// A parker without a token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Another handle that wakes this parker.
    pub fn unparker(&self) -> Unparker {
        Unparker(self.0.clone())
    }

    /// A waker that wakes this parker; it allocates nothing.
    pub fn waker(&self) -> Waker {
        let bed = Arc::into_raw(self.0.clone()).cast();
        // SAFETY: the functions keep a waker's contract: each waker owns one reference to the bed,
        // and a bed may be used from any thread.
        unsafe { Waker::new(bed, &WAKING) }
    }

    /// Sleeps until a token is there, and takes it. Returns at once when one is there already.
    pub fn park(&mut self) {
        self.sleep(None);
    }

    /// Takes the token, if it is there; never sleeps.
    pub(crate) fn take(&mut self) -> bool {
        self.0.token.is_notified() && self.0.token.finish()
    }

    /// As [`Parker::park`], at most for `timeout`. Whether a token was taken.
    pub fn park_timeout(&mut self, timeout: Duration) -> bool {
        self.sleep(Some((Instant::now(), timeout)))
    }

    /// At most for the time from the moment on.
    fn sleep(&mut self, bound: Option<(Instant, Duration)>) -> bool {
        if !self.0.token.prepare() {
            return true;
        }
        let mut asleep = unpoisoned(self.0.lock.lock());
        while !self.0.token.is_notified() {
            asleep = match bound.map(|(begun, most)| most.saturating_sub(begun.elapsed())) {
                None => unpoisoned(self.0.wake.wait(asleep)),
                Some(Duration::ZERO) => break,
                Some(left) => unpoisoned(self.0.wake.wait_timeout(asleep, left)).0,
            };
        }
        drop(asleep);
        self.0.token.finish()
    }
}

impl Unparker {
    /// Leaves the token and wakes the thread if it sleeps. Never blocks for longer than the sleeper
    /// needs to fall asleep.
    pub fn unpark(&self) {
        self.0.unpark();
    }
}

impl Bed {
    fn unpark(&self) {
        if self.token.notify() {
            // The sleeper holds the lock from before it looks at the token until it waits: passing
            // through the lock means that the signal cannot fall between the two.
            drop(unpoisoned(self.lock.lock()));
            self.wake.notify_one();
        }
    }

    /// The bed of a waker made by [`Parker::waker`]. Dropping it drops the waker's reference.
    ///
    /// # Safety
    /// `bed` is such a waker's data.
    unsafe fn of_waker(bed: *const ()) -> Arc<Self> {
        // SAFETY: it came from `Arc::into_raw`.
        unsafe { Arc::from_raw(bed.cast()) }
    }
}

/// The functions of the wakers made by [`Parker::waker`]: called with their data only.
const WAKING: RawWakerVTable = RawWakerVTable::new(
    |bed| {
        // SAFETY: a waker's data, whose reference the waker keeps.
        let bed = ManuallyDrop::new(unsafe { Bed::of_waker(bed) });
        RawWaker::new(Arc::into_raw(Arc::clone(&bed)).cast(), &WAKING)
    },
    // SAFETY: a waker's data, whose reference goes with it.
    |bed| unsafe { Bed::of_waker(bed) }.unpark(),
    // SAFETY: a waker's data, whose reference the waker keeps.
    |bed| ManuallyDrop::new(unsafe { Bed::of_waker(bed) }).unpark(),
    // SAFETY: a waker's data, whose reference goes with it.
    |bed| drop(unsafe { Bed::of_waker(bed) }),
);

impl Wake for Unparker {
    fn wake(self: std::sync::Arc<Self>) {
        self.unpark();
    }

    fn wake_by_ref(self: &std::sync::Arc<Self>) {
        self.unpark();
    }
}

/// The mutex guards no data, so a poisoned one is as good as new.
fn unpoisoned<T>(result: Result<T, std::sync::PoisonError<T>>) -> T {
    result.unwrap_or_else(std::sync::PoisonError::into_inner)
}
