//! The spin test: one thread that does nothing but look at the clock, and how long it is held up.

use std::time::{Duration, Instant};

/// Shorter gaps between two readings are the processor's own business.
const GAP_MIN: Duration = Duration::from_micros(20);

/// What a spinning thread saw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spin {
    /// Share of the time that it did not run.
    pub(super) lost_share: f64,
    /// The longest it was held up.
    pub(super) longest: Duration,
}

/// Spins for `time`.
pub(super) fn spin(time: Duration) -> Spin {
    let began = Instant::now();
    let (mut last, mut lost, mut longest) = (began, Duration::ZERO, Duration::ZERO);
    while last - began < time {
        let now = Instant::now();
        let gap = now - last;
        if gap >= GAP_MIN {
            lost += gap;
            longest = longest.max(gap);
        }
        last = now;
    }
    Spin { lost_share: lost.as_secs_f64() / (last - began).as_secs_f64().max(1e-9), longest }
}
