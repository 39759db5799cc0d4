//! Where timers get the time from: the system, or a simulation.

use std::fmt;
use std::time::{Duration, Instant};

/// A monotonic clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current time; never less than an earlier answer.
    fn now(&self) -> Instant;

    /// How long from now, in real time, until it is `time`. `None`: only after a jump.
    fn until(&self, time: Instant) -> Option<Duration> {
        Some(time.saturating_duration_since(self.now()))
    }

    /// A clock that does not go as real time does keeps `tell`, and calls it each time it has
    /// jumped, until it returns `false`: then reactors that sleep look at their timers again.
    fn on_jump(&self, _tell: Tell) {}
}

/// Tells a reactor that its clock has jumped. `false`: the reactor is gone.
pub type Tell = Box<dyn FnMut() -> bool + Send>;

/// The system's monotonic clock, `Instant::now`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}
