//! One rate limit, shared by those who keep to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::gcra::{Gcra, Rate};
use crate::sync::lock;
use crate::time::sleep;
use crate::workflow::blocking::block_on;
use crate::workflow::moment::now;
use crate::workflow::refusal::{Hints, Refusal};
use crate::workflow::seats::Seats;
use crate::workflow::settings::InvalidSetting;

/// A [`Gcra`] to share between tasks and threads, which wait in line for a permit. Cheap to clone;
/// clones are one limiter. Its time is that of the runtime its callers are in, or the system's.
///
/// ```
/// use std::time::{Duration, Instant};
/// use windlass::workflow::rate::{Rate, RateLimiter};
///
/// let rate = Rate { permits: 1000, per: Duration::from_secs(1), burst: 1 };
/// let limiter = RateLimiter::new(rate, 100)?;
/// let runtime = windlass::Runtime::new()?;
/// let begun = Instant::now();
/// runtime.block_on(async {
///     for _ in 0..4 {
///         limiter.take().await?;
///     }
///     Ok::<_, windlass::workflow::Refusal>(())
/// })?;
/// assert!(begun.elapsed() >= Duration::from_millis(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RateLimiter {
    gcra: Arc<Mutex<Gcra>>,
    /// One seat: its owner waits for the next permit, the others wait for the seat. So a waiter
    /// that goes takes nothing with it.
    turn: Arc<Seats>,
}

impl RateLimiter {
    /// At most `waiting_max` wait beside the one whose turn is next; others are refused.
    ///
    /// # Errors
    /// As [`Gcra::new`].
    pub fn new(rate: Rate, waiting_max: usize) -> Result<Self, InvalidSetting> {
        let gcra = Arc::new(Mutex::new(Gcra::new(rate, now())?));
        Ok(Self { gcra, turn: Seats::new(1, waiting_max, false, Hints::DEFAULT) })
    }

    /// A permit, if there is one and nobody waits.
    ///
    /// # Errors
    /// [`Refusal::TooFast`], with the time after which there will be one.
    pub fn try_take(&self) -> Result<(), Refusal> {
        let retry_after = match self.waiters() {
            0 => match self.ask() {
                Ok(()) => return Ok(()),
                Err(wait) => wait,
            },
            ahead => {
                let count = u32::try_from(ahead + 1).unwrap_or(u32::MAX);
                lock(&self.gcra).wait(count, now())
            }
        };
        Err(Refusal::TooFast { retry_after })
    }

    /// Waits for a permit, in line.
    ///
    /// **Cancel safety.** Dropped before it is ready, it has taken no permit; the next in line
    /// waits in its place.
    ///
    /// # Errors
    /// [`Refusal::Full`] when as many as may wait do.
    ///
    /// # Panics
    /// As [`sleep`](fn@crate::time::sleep), when it must wait.
    pub async fn take(&self) -> Result<(), Refusal> {
        if self.try_take().is_ok() {
            return Ok(());
        }
        let _turn = self.turn.enter().await?;
        while let Err(wait) = self.ask() {
            sleep(wait).await;
        }
        Ok(())
    }

    /// As [`RateLimiter::take`], on a thread, which sleeps.
    ///
    /// # Errors
    /// As [`RateLimiter::take`].
    pub fn take_blocking(&self) -> Result<(), Refusal> {
        if self.try_take().is_ok() {
            return Ok(());
        }
        let _turn = block_on(self.turn.enter())?;
        while let Err(wait) = self.ask() {
            std::thread::sleep(wait);
        }
        Ok(())
    }

    /// How many wait for a permit.
    pub fn waiters(&self) -> usize {
        let figures = self.turn.metrics();
        figures.depth + figures.waiters
    }

    fn ask(&self) -> Result<(), Duration> {
        let now = now();
        lock(&self.gcra).try_take(now)
    }
}
