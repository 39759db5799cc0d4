//! The timers of one reactor: the wheel under a lock, and the conversion between instants and
//! ticks.

use std::task::Waker;
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::wheel::{Key, Wheel};
use crate::sync::{Arc, Mutex, lock};

/// The wheel's resolution: a timer is due at the end of the millisecond its deadline falls in.
const TICK_NS: u128 = 1_000_000;

pub(crate) struct Timers {
    clock: Arc<dyn Clock>,
    start: Instant,
    wheel: Mutex<Wheel<Waker>>,
}

impl Timers {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { start: clock.now(), clock, wheel: Mutex::new(Wheel::new()) }
    }

    /// The time by the reactor's clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Adds a timer. `true`: it is the first to be due, so a sleeping driver must look again.
    pub(super) fn insert(&self, deadline: Instant, waker: Waker) -> (Option<Key>, bool) {
        let tick = self.tick_after(deadline);
        let mut wheel = lock(&self.wheel);
        let first = wheel.next_tick().is_none_or(|next| tick < next);
        (wheel.insert(tick, waker), first)
    }

    /// Sets the waker of a timer. `false`: the timer is due, or was cancelled.
    pub(crate) fn set_waker(&self, key: Key, waker: &Waker) -> bool {
        let mut wheel = lock(&self.wheel);
        let Some(old) = wheel.get_mut(key) else { return false };
        let old = (!old.will_wake(waker)).then(|| std::mem::replace(old, waker.clone()));
        drop(wheel);
        drop(old);
        true
    }

    /// Takes a timer out; no effect when it is due.
    pub(crate) fn cancel(&self, key: Key) {
        // The guard ends first: dropping a waker may run a future's drop, which may cancel another
        // timer.
        let waker = lock(&self.wheel).cancel(key);
        drop(waker);
    }

    /// How long until the next timer may be due.
    pub(super) fn until_next(&self) -> Option<Duration> {
        let tick = lock(&self.wheel).next_tick()?;
        let due = self.start + Duration::from_nanos_u128(u128::from(tick) * TICK_NS);
        Some(due.saturating_duration_since(self.clock.now()))
    }

    /// Takes the wakers of all timers that are due.
    pub(super) fn take_due(&self, due: &mut Vec<Waker>) {
        let mut wheel = lock(&self.wheel);
        if wheel.len() == 0 {
            return;
        }
        let elapsed = self.now().saturating_duration_since(self.start);
        wheel.advance((elapsed.as_nanos() / TICK_NS) as u64, |waker| due.push(waker));
    }

    /// Takes the wakers of all timers, due or not.
    pub(super) fn take_all(&self) -> Vec<Waker> {
        let mut all = Vec::new();
        lock(&self.wheel).advance(u64::MAX, |waker| all.push(waker));
        all
    }

    /// The first tick at which `deadline` has passed.
    fn tick_after(&self, deadline: Instant) -> u64 {
        let from_start_ns = deadline.saturating_duration_since(self.start).as_nanos();
        u64::try_from(from_start_ns.div_ceil(TICK_NS)).unwrap_or(u64::MAX)
    }
}
