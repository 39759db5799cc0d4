//! The timers of one reactor: the wheel under a lock, and the conversion between instants and
//! ticks.

use std::{sync::Arc, task::Waker, time::Duration, time::Instant};

use super::clock::Clock;
use super::wheel::{Key, Wheel};
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// The wheel's resolution, 32,768 ns: a timer is due at the end of the tick its deadline falls in.
pub(crate) const TICK_NS: u128 = 1 << 15;

/// Deadlines beyond, in 36 years, are looked at anew then.
const FAR: u64 = 1 << 45;

pub(crate) struct Timers {
    clock: Arc<dyn Clock>,
    start: Instant,
    /// All timers up to this tick have been taken.
    passed: AtomicU64,
    inside: Mutex<Inside>,
}

struct Inside {
    wheel: Wheel<Waker>,
    /// The tick until which the driver sleeps, or will; 0 while it is awake.
    asleep_until: u64,
}

impl Timers {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let inside = Mutex::new(Inside { wheel: Wheel::new(), asleep_until: 0 });
        Self { start: clock.now(), clock, passed: AtomicU64::new(0), inside }
    }

    /// The time by the reactor's clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Adds a timer. `true`: the driver sleeps beyond its deadline, so it must look again.
    pub(super) fn insert(&self, deadline: Instant, waker: Waker) -> (Option<Key>, bool) {
        let tick = self.tick(deadline);
        let mut inside = lock(&self.inside);
        let notify = tick < inside.asleep_until;
        (inside.wheel.insert(tick, waker), notify)
    }

    /// The first tick at which the deadline has passed.
    fn tick(&self, deadline: Instant) -> u64 {
        let from_start = deadline.saturating_duration_since(self.start).as_nanos();
        u64::try_from(from_start.div_ceil(TICK_NS)).unwrap_or(FAR).min(FAR)
    }

    /// Whether a timer of this deadline still stands in the wheel, if nobody has taken it out. Who
    /// finds that it does is woken when it is due.
    pub(crate) fn is_ahead(&self, deadline: Instant) -> bool {
        self.tick(deadline) > self.passed.load(Ordering::Relaxed)
    }

    /// Sets the waker of a timer. `false`: the timer is due, or was cancelled.
    pub(crate) fn set_waker(&self, key: Key, waker: &Waker) -> bool {
        let mut inside = lock(&self.inside);
        let Some(old) = inside.wheel.get_mut(key) else { return false };
        let old = (!old.will_wake(waker)).then(|| std::mem::replace(old, waker.clone()));
        drop(inside);
        drop(old);
        true
    }

    /// Takes a timer out; no effect when it is due.
    pub(crate) fn cancel(&self, key: Key) {
        // The guard ends first: dropping a waker may run a future's drop, which may cancel another
        // timer.
        let _waker = lock(&self.inside).wheel.cancel(key);
    }

    /// How long until the next timer may be due, in real time. Who asks sleeps until then: it is
    /// notified when an earlier one is added, until it calls [`Timers::take_due`].
    pub(super) fn until_next(&self) -> Option<Duration> {
        let mut inside = lock(&self.inside);
        let tick = inside.wheel.first_deadline();
        inside.asleep_until = tick.unwrap_or(u64::MAX);
        let due = self.start + Duration::from_nanos_u128(u128::from(tick?) * TICK_NS);
        self.clock.until(due)
    }

    /// Takes the wakers of all timers that are due.
    pub(super) fn take_due(&self, due: &mut Vec<Waker>) {
        let mut inside = lock(&self.inside);
        inside.asleep_until = 0;
        if inside.wheel.len() > 0 {
            let elapsed = self.now().saturating_duration_since(self.start);
            self.advance(&mut inside, (elapsed.as_nanos() / TICK_NS) as u64, due);
        }
    }

    /// Takes the wakers of all timers, due or not.
    pub(super) fn take_all(&self) -> Vec<Waker> {
        let mut all = Vec::new();
        self.advance(&mut lock(&self.inside), u64::MAX, &mut all);
        all
    }

    fn advance(&self, inside: &mut Inside, to: u64, due: &mut Vec<Waker>) {
        // Relaxed: whom the wakes that follow bring here sees it by them.
        self.passed.store(to.max(self.passed.load(Ordering::Relaxed)), Ordering::Relaxed);
        inside.wheel.advance(to, |waker| due.push(waker));
    }
}
