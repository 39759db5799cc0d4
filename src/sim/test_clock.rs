//! A clock that tests hold in their hands.

use std::time::{Duration, Instant};

use crate::reactor::{Clock, TICK_NS, Tell};
use crate::sync::{Mutex, lock};

/// A clock that can be stopped, moved ahead and let go again: tests of an hour's waiting take no
/// hour. It stands still at first.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use windlass::{sim::TestClock, time::sleep};
///
/// let clock = Arc::new(TestClock::new());
/// let runtime = windlass::Runtime::builder().clock(clock.clone()).build()?;
/// let task = runtime.spawn(async { sleep(Duration::from_secs(3600)).await });
/// while !task.is_finished() {
///     clock.advance(Duration::from_secs(60));
/// }
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[derive(Debug)]
pub struct TestClock(Mutex<State>);

struct State {
    start: Instant,
    /// The clock's time at `since`; while it stands still, all the time.
    time: Instant,
    since: Option<Instant>,
    tell: Vec<Tell>,
}

impl TestClock {
    /// A clock that stands still at the present moment.
    pub fn new() -> Self {
        let start = Instant::now();
        Self(Mutex::new(State { start, time: start, since: None, tell: Vec::new() }))
    }

    /// Stops the clock. No effect when it stands still.
    pub fn pause(&self) {
        self.jump(Duration::ZERO, Some(false));
    }

    /// Lets the clock go, as fast as real time does, from the time at which it stands.
    pub fn resume(&self) {
        self.jump(Duration::ZERO, Some(true));
    }

    /// Moves the clock ahead, by up to 33 us more: to the end of what timers count in. Those that
    /// are due then wake their tasks soon, on the workers: this does not wait for them. A timer
    /// that a task sets after that counts from the new time. Further than an `Instant` can count
    /// the clock does not move.
    pub fn advance(&self, by: Duration) {
        self.jump(by, None);
    }

    /// Moves it by so much, and stops it, lets it go, or leaves it as it is.
    fn jump(&self, by: Duration, goes: Option<bool>) {
        let mut state = lock(&self.0);
        let tick = Duration::from_nanos_u128(TICK_NS - 1);
        state.time = state
            .now()
            .checked_add(by.saturating_add(tick))
            .map_or_else(|| state.now(), |time| state.floor(time));
        let goes = goes.unwrap_or(state.since.is_some());
        state.since = goes.then(Instant::now);
        state.tell.retain_mut(|tell| tell());
    }
}

impl State {
    fn now(&self) -> Instant {
        self.floor(self.time + self.since.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// The beginning of the tick, so that runtimes made at any time count as this clock does.
    fn floor(&self, time: Instant) -> Instant {
        let elapsed_ns = (time - self.start).as_nanos();
        self.start + Duration::from_nanos_u128(elapsed_ns - elapsed_ns % TICK_NS)
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        lock(&self.0).now()
    }

    fn until(&self, time: Instant) -> Option<Duration> {
        let state = lock(&self.0);
        (state.since.is_some() || time <= state.time)
            .then(|| time.saturating_duration_since(state.now()))
    }

    fn on_jump(&self, tell: Tell) {
        lock(&self.0).tell.push(tell);
    }
}

shows!([] State: |own| State { time: own.time, since: own.since });
