//! Ticks at a fixed period.

use std::time::{Duration, Instant};

use super::sleep::{FAR, now, sleep_until};

/// What an [`Interval`] does about ticks that came due while nobody waited for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTicks {
    /// Leaves them out: the next tick comes at the next multiple of the period.
    #[default]
    Skip,
    /// Makes up for them at once, one after the other.
    Burst,
    /// Counts the period anew from each tick that is late.
    Delay,
}

/// Ticks every `period`, the first at once. Missed ticks are skipped, unless
/// [`Interval::missed_ticks`] says otherwise. A period of zero is taken as one nanosecond.
///
/// ```
/// use std::time::Duration;
/// use windlass::time::{MissedTicks, interval};
///
/// let runtime = windlass::Runtime::new()?;
/// runtime.block_on(async {
///     let mut ticks = interval(Duration::from_millis(2)).missed_ticks(MissedTicks::Delay);
///     let first = ticks.tick().await;
///     assert!(ticks.tick().await - first >= Duration::from_millis(2));
/// });
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub fn interval(period: Duration) -> Interval {
    let period = period.max(Duration::from_nanos(1));
    Interval { next: now(), period, missed: MissedTicks::Skip }
}

/// The ticks of [`interval`].
#[derive(Debug)]
pub struct Interval {
    next: Instant,
    period: Duration,
    missed: MissedTicks,
}

impl Interval {
    /// The same, with another rule for missed ticks.
    pub fn missed_ticks(self, missed: MissedTicks) -> Self {
        Self { missed, ..self }
    }

    /// Waits for the next tick and tells when it was due. Cancel safe: a dropped future has taken
    /// no tick.
    ///
    /// # Panics
    /// As [`sleep`](fn@super::sleep).
    pub async fn tick(&mut self) -> Instant {
        sleep_until(self.next).await;
        let (due, now) = (self.next, now());
        let period_ns = self.period.as_nanos();
        let periods = now.saturating_duration_since(due).as_nanos() / period_ns + 1;
        let ahead_ns = u64::try_from(period_ns.saturating_mul(periods)).unwrap_or(u64::MAX);
        let ahead = Duration::from_nanos(ahead_ns);
        let next = match self.missed {
            MissedTicks::Burst => due.checked_add(self.period),
            MissedTicks::Delay if periods > 1 => now.checked_add(self.period),
            MissedTicks::Skip | MissedTicks::Delay => due.checked_add(ahead),
        };
        self.next = next.unwrap_or(now + FAR);
        due
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }
}
