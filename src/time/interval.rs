//! Ticks at a fixed period.

use std::time::{Duration, Instant};

use super::sleep::{now, sleep_until};

/// Ticks every `period`, the first at once. Ticks that were missed are skipped: the next one comes
/// at the next multiple of the period. A period of zero is taken as one nanosecond.
pub fn interval(period: Duration) -> Interval {
    Interval { next: now(), period: period.max(Duration::from_nanos(1)) }
}

/// The ticks of [`interval`].
#[derive(Debug)]
pub struct Interval {
    next: Instant,
    period: Duration,
}

impl Interval {
    /// Waits for the next tick and tells when it was due. Cancel safe: a dropped future has taken
    /// no tick.
    ///
    /// # Panics
    /// As [`sleep`](fn@super::sleep).
    pub async fn tick(&mut self) -> Instant {
        sleep_until(self.next).await;
        let due = self.next;
        let late = now().saturating_duration_since(due);
        let missed = late.as_nanos() / self.period.as_nanos();
        let ahead = self.period.as_nanos().saturating_mul(missed + 1);
        let ahead = Duration::from_nanos(u64::try_from(ahead).unwrap_or(u64::MAX));
        self.next = due.checked_add(ahead).unwrap_or(due);
        due
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
