//! Wall-clock time, for what outlives the process: what is stored says when it is due.
//!
//! Futures wait by the runtime's clock, which no restart survives; a database keeps milliseconds
//! since 1970. [`WallClock`] is the seam, so that tests and simulations hold both in their hands.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{cmp, fmt};

use crate::reactor::Clock;
use crate::sync::lock;

/// Tells the milliseconds since 1970.
pub trait WallClock: Send + Sync + fmt::Debug {
    /// The present time.
    fn now_ms(&self) -> u64;
}

/// The system's wall clock. When the system sets it, it jumps: ahead, what waits is due early (a
/// message whose lease seems over is delivered again); back, late by as much.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWall;

impl WallClock for SystemWall {
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        whole_ms(since)
    }
}

/// A wall clock that stands still until a test moves it.
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::wall::{ManualWall, WallClock};
///
/// let wall = ManualWall::new(1_000);
/// wall.advance(Duration::from_millis(500));
/// assert_eq!(wall.now_ms(), 1_500);
/// ```
#[derive(Debug, Default)]
pub struct ManualWall(Mutex<u64>);

impl ManualWall {
    /// A clock that stands at so many milliseconds.
    pub fn new(now_ms: u64) -> Self {
        Self(Mutex::new(now_ms))
    }

    /// Moves it ahead; parts of a millisecond are left out.
    pub fn advance(&self, by: Duration) {
        let mut now_ms = lock(&self.0);
        *now_ms = now_ms.saturating_add(whole_ms(by));
    }

    /// Sets it, ahead or back, as a system's clock may be set.
    pub fn set(&self, now_ms: u64) {
        *lock(&self.0) = now_ms;
    }
}

impl WallClock for ManualWall {
    fn now_ms(&self) -> u64 {
        *lock(&self.0)
    }
}

/// A wall clock that goes as a runtime's clock does, so that a [`TestClock`](crate::sim::TestClock)
/// moves timers and stored times together.
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use windlass::sim::TestClock;
/// use windlass::workflow::wall::{ClockWall, WallClock};
///
/// let clock = Arc::new(TestClock::new());
/// let wall = ClockWall::new(clock.clone(), 0);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(wall.now_ms(), 60_000);
/// ```
#[derive(Debug)]
pub struct ClockWall {
    clock: Arc<dyn Clock>,
    start: Instant,
    start_ms: u64,
}

impl ClockWall {
    /// A wall clock that shows `start_ms` now and goes as `clock` does.
    pub fn new(clock: Arc<dyn Clock>, start_ms: u64) -> Self {
        Self { start: clock.now(), clock, start_ms }
    }
}

impl WallClock for ClockWall {
    fn now_ms(&self) -> u64 {
        let elapsed = self.clock.now().saturating_duration_since(self.start);
        self.start_ms.saturating_add(whole_ms(elapsed))
    }
}

/// Times that SQLite's integers hold: later ones are cut off here.
#[allow(dead_code, reason = "which parts are built depends on the features")]
pub(super) const LAST_MS: u64 = i64::MAX as u64;

/// The moment so long after `now_ms`: never early, so a part of a millisecond counts as a whole
/// one.
#[allow(dead_code, reason = "which parts are built depends on the features")]
pub(super) fn after_ms(now_ms: u64, delay: Duration) -> u64 {
    let ms = u64::try_from(delay.as_nanos().div_ceil(1_000_000)).unwrap_or(LAST_MS);
    cmp::min(now_ms.saturating_add(ms), LAST_MS)
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
