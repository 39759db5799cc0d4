//! A token bucket that is one number.

use std::time::{Duration, Instant};

use crate::workflow::settings::{InvalidSetting, demand};

/// So many in such a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many ..
    pub permits: u32,
    /// .. in such a time, evenly.
    pub per: Duration,
    /// So many at once, after a while without any.
    pub burst: u32,
}

impl Rate {
    /// So many a second, and at once a tenth of that (at least one).
    pub fn per_second(permits: u32) -> Self {
        Self { permits, per: Duration::from_secs(1), burst: (permits / 10).max(1) }
    }
}

/// The algorithm without a clock or a lock. In any span of time it allows at most `burst` and as
/// many as the rate has in that span, exactly: it counts in parts of a nanosecond. Only the
/// wait that it tells is rounded, up to whole nanoseconds; with a burst of 1, what that adds is
/// lost. Time that goes back is taken for time that stands still.
///
/// ```
/// use std::time::{Duration, Instant};
/// use windlass::workflow::rate::{Gcra, Rate};
///
/// let mut now = Instant::now();
/// let rate = Rate { permits: 10, per: Duration::from_secs(1), burst: 2 };
/// let mut gcra = Gcra::new(rate, now)?;
/// assert_eq!(gcra.try_take(now), Ok(()));
/// assert_eq!(gcra.try_take(now), Ok(()));
/// assert_eq!(gcra.try_take(now), Err(Duration::from_millis(100)));
/// now += Duration::from_millis(100);
/// assert_eq!(gcra.try_take(now), Ok(()));
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gcra {
    begun: Instant,
    /// The latest time it was told. Here and below a nanosecond has as many parts as there are
    /// permits, and a permit as many parts as `per` has nanoseconds: no division rounds.
    now: u128,
    /// When the next would come, if they came evenly.
    next: u128,
    permits: u128,
    step: u128,
    /// So far ahead of now `next` may be.
    ahead_max: u128,
}

impl Gcra {
    /// With the whole burst to spend.
    ///
    /// # Errors
    /// Names the part that is zero.
    pub fn new(rate: Rate, now: Instant) -> Result<Self, InvalidSetting> {
        let Rate { permits, per, burst } = rate;
        demand(permits > 0, "permits", &permits, "at least 1")?;
        demand(!per.is_zero(), "per", &per, "more than zero")?;
        demand(burst > 0, "burst", &burst, "at least 1")?;
        // A duration has less than 2^94 nanoseconds. So `now`, `ahead_max` and any number of steps
        // are below 2^126, `next` is below 2^127, and no sum below reaches 2^128.
        let (permits, step) = (u128::from(permits), per.as_nanos());
        let ahead_max = step * u128::from(burst);
        Ok(Self { begun: now, now: 0, next: 0, permits, step, ahead_max })
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// The time after which there is one.
    pub fn try_take(&mut self, now: Instant) -> Result<(), Duration> {
        let wait = self.wait(1, now);
        if !wait.is_zero() {
            return Err(wait);
        }
        self.next = self.next.max(self.now) + self.step;
        Ok(())
    }

    /// After what time so many permits will have been there, and the last of them is; zero when it
    /// is there now. More than the burst come one after the other.
    pub fn wait(&mut self, count: u32, now: Instant) -> Duration {
        let elapsed_ns = now.saturating_duration_since(self.begun).as_nanos();
        self.now = self.now.max(elapsed_ns * self.permits);
        let ahead = self.next.max(self.now) + self.step * u128::from(count) - self.now;
        let wait_ns = ahead.saturating_sub(self.ahead_max).div_ceil(self.permits);
        Duration::from_nanos_u128(wait_ns.min(Duration::MAX.as_nanos()))
    }
}
