//! One place for one waker: a poll registers, an event wakes, and no wake-up falls between.
//!
//! The algorithm is that of `AtomicWaker` in futures-rs (Carl Lerche). Two bits say who holds the
//! place:
//!
//! ```text
//! | 1: WAKING | 0: REGISTERING |
//!
//!        register (1)            (1) compare-exchange IDLE -> REGISTERING: the place is ours
//!   IDLE ------------> REGISTERING   (2) the waker is stored; REGISTERING -> IDLE
//!    ^ |  <------------    |     (3) fetch_or WAKING on IDLE: take the waker, (4) clear, wake
//!    | |  register (2)     | wake (3')   (3') fetch_or WAKING while registering: leave it to
//!    | | wake (3)          v         the registrar, who finds the bit and wakes itself (5)
//!    | +-----> WAKING   REGISTERING | WAKING
//!    +-- (4) ----+          |
//!    +---------- (5) -------+
//! ```
//!
//! **The race.** (a) A poll finds its event not there. (b) The event happens and wakes: nobody is
//! registered. (c) The poll registers and sleeps. Hence the rule for callers: *register, then look
//! again*. All steps are read-modify-writes of one word, hence ordered: if `wake` came wholly
//! before `register`, the latter's acquire makes the event visible to the second look; if they
//! overlap, one of them sees the other's bit; if it came after, it finds the waker.
//!
//! **Progress.** Both calls are wait-free apart from the waker's own code.

use std::task::Waker;

use crate::sync::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::{AtomicUsize, UnsafeCell};

const IDLE: usize = 0;
const REGISTERING: usize = 1;
const WAKING: usize = 2;

/// A place for one [`Waker`]. One task at a time registers; anybody wakes.
#[derive(Debug)]
pub(crate) struct WakeCell {
    state: AtomicUsize,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the waker is touched only by whoever moved `state` away from IDLE, and `Waker` is
// `Send + Sync`.
unsafe impl Sync for WakeCell {}
// SAFETY: as above.
unsafe impl Send for WakeCell {}

impl WakeCell {
    pub(crate) fn new() -> Self {
        Self { state: AtomicUsize::new(IDLE), waker: UnsafeCell::new(None) }
    }

    /// Stores the waker that the next [`WakeCell::wake`] uses. Afterwards the caller looks for its
    /// event again.
    pub(crate) fn register(&self, waker: &Waker) {
        // [wake_cell.hold] pairs with [wake_cell.done], [wake_cell.given_back], [wake_cell.wake]:
        // the place is ours and whole, and the event before an earlier wake is seen.
        if self.state.compare_exchange(IDLE, REGISTERING, Acquire, Relaxed).is_err() {
            // The waker is being taken this moment, or another task registers against the rule:
            // look again.
            return waker.wake_by_ref();
        }
        let registering = Registering(self);
        let old = self.waker.with_mut(|place| {
            // SAFETY: the bit REGISTERING, set by this thread, keeps all others from the place.
            let place = unsafe { &mut *place };
            let is_there = place.as_ref().is_some_and(|old| old.will_wake(waker));
            if is_there { None } else { place.replace(waker.clone()) }
        });
        drop(registering);
        drop(old);
    }

    /// Takes the waker, if there is one, and wakes it.
    pub(crate) fn wake(&self) {
        self.take().into_iter().for_each(Waker::wake);
    }

    /// Takes the waker without waking it. While somebody registers, that one is woken instead.
    pub(crate) fn take(&self) -> Option<Waker> {
        // [wake_cell.wake] pairs with [wake_cell.stored], [wake_cell.given_back], [wake_cell.hold]:
        // the waker is seen whole, and the event before this call is seen by who registers next.
        if self.state.fetch_or(WAKING, AcqRel) != IDLE {
            return None;
        }
        // SAFETY: the bit WAKING, set by this thread on an idle cell, keeps all others from the
        // place.
        let waker = self.waker.with_mut(|place| unsafe { (*place).take() });
        // [wake_cell.done] pairs with [wake_cell.hold]: the place is empty, and the event is seen.
        self.state.fetch_and(!WAKING, Release);
        waker
    }
}

/// Gives the place back, also when cloning the waker panicked.
struct Registering<'a>(&'a WakeCell);

impl Drop for Registering<'_> {
    fn drop(&mut self) {
        let cell = self.0;
        // [wake_cell.stored] pairs with [wake_cell.wake]: the waker is seen whole.
        let stored = cell.state.compare_exchange(REGISTERING, IDLE, Release, Relaxed);
        if stored.is_ok() {
            return;
        }
        // SAFETY: the wake that came meanwhile left the place to us: REGISTERING is still set.
        let waker = cell.waker.with_mut(|place| unsafe { (*place).take() });
        // [wake_cell.given_back] pairs with [wake_cell.wake], [wake_cell.hold]: the place is empty
        // for the next to come. The task woken now sees the event once it has registered again.
        cell.state.swap(IDLE, Release);
        waker.into_iter().for_each(Waker::wake);
    }
}
