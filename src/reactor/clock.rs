//! Where timers get the time from: the system, or a simulation.

use std::{fmt, time::Instant};

/// A monotonic clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current time; never less than an earlier answer.
    fn now(&self) -> Instant;
}

/// The system's monotonic clock, `Instant::now`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}
