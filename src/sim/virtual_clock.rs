//! The clock of a world: it stands still until the world moves it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::reactor::Clock;
use crate::sync::lock;

/// A clock that only the world moves. What it shows between two worlds' beginnings has no meaning.
#[derive(Debug)]
pub(super) struct VirtualClock {
    start: Instant,
    passed: Mutex<Duration>,
}

impl VirtualClock {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), passed: Mutex::default() }
    }

    /// The time since the world began.
    pub(super) fn passed(&self) -> Duration {
        *lock(&self.passed)
    }

    pub(super) fn advance(&self, by: Duration) {
        let mut passed = lock(&self.passed);
        *passed = passed.saturating_add(by);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        self.start + self.passed()
    }

    /// In virtual time: the world asks, and jumps.
    fn until(&self, time: Instant) -> Option<Duration> {
        Some(time.saturating_duration_since(self.now()))
    }
}
