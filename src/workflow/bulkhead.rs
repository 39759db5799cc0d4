//! A bulkhead: a bounded number at once, and a bounded number that waits; the rest is refused.

use std::sync::Arc;
use std::time::Duration;

use super::blocking::{block_on, block_timeout};
use super::refusal::{Hints, PressureMetrics, Refusal};
use super::seats::Seats;
use super::settings::{InvalidSetting, demand};

pub use super::seats::{Enter, Seat};

/// The settings of a [`Bulkhead`].
#[derive(Clone, Debug)]
pub struct BulkheadSettings {
    /// So many may be inside at once. Default: 16.
    pub concurrent_max: usize,
    /// So many may wait; 0: who finds no place is refused. Default: 64.
    pub waiting_max: usize,
}

impl Default for BulkheadSettings {
    fn default() -> Self {
        Self { concurrent_max: 16, waiting_max: 64 }
    }
}

/// Bounds how much of a program one thing can take up, so that the rest goes on when it is slow:
/// at most so many inside, so many waiting, first come, first served. Cheap to clone; clones are
/// one bulkhead.
///
/// Whoever is inside holds a [`Seat`]; when that is dropped, also by a panic, who has waited
/// longest gets it.
///
/// ```
/// use windlass::workflow::bulkhead::{Bulkhead, BulkheadSettings};
///
/// let reports = Bulkhead::new(BulkheadSettings { concurrent_max: 1, waiting_max: 0 })?;
/// let runtime = windlass::Runtime::new()?;
/// runtime.block_on(async {
///     let seat = reports.enter().await.expect("it is empty");
///     let refused = reports.call(async { "never begun" }).await.unwrap_err();
///     assert_eq!(refused.retry_after_s(), Some(1));
///     drop(seat);
///     assert_eq!(reports.call(async { "done" }).await, Ok("done"));
/// });
/// assert_eq!(reports.call_blocking(|| "done by a thread"), Ok("done by a thread"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bulkhead(Arc<Seats>);

impl Bulkhead {
    /// An empty bulkhead.
    ///
    /// # Errors
    /// When nobody could ever be inside.
    pub fn new(settings: BulkheadSettings) -> Result<Self, InvalidSetting> {
        let BulkheadSettings { concurrent_max, waiting_max } = settings;
        demand(concurrent_max > 0, "concurrent_max", &concurrent_max, "at least 1")?;
        Ok(Self(Seats::new(concurrent_max, waiting_max, false, Hints::DEFAULT)))
    }

    /// A place, if one is free.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn try_enter(&self) -> Result<Seat, Refusal> {
        self.0.try_enter()
    }

    /// Waits for a place, in line. A bound on the waiting is put around it, by
    /// [`timeout`](fn@crate::time::timeout).
    ///
    /// The future gives [`Refusal::Full`] at once when as many as may wait do. **Cancel safety.**
    /// Dropped before it is ready, it leaves the line; a place that it was given is the next one's.
    pub fn enter(&self) -> Enter {
        self.0.enter()
    }

    /// As [`Bulkhead::enter`], blocking the thread.
    ///
    /// # Errors
    /// [`Refusal::Full`].
    pub fn enter_blocking(&self) -> Result<Seat, Refusal> {
        block_on(self.enter())
    }

    /// As [`Bulkhead::enter_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// [`Refusal::Full`], and [`Refusal::TooLate`] when the time is over.
    pub fn enter_timeout(&self, timeout: Duration) -> Result<Seat, Refusal> {
        block_timeout(timeout, self.enter()).unwrap_or_else(|| Err(self.0.too_late()))
    }

    /// What to tell somebody who waits no longer, where a time limit is put around
    /// [`Bulkhead::enter`]. It counts as rejected.
    pub fn too_late(&self) -> Refusal {
        self.0.too_late()
    }

    /// Runs `work` inside.
    ///
    /// # Errors
    /// [`Refusal::Full`]: it was not begun.
    pub async fn call<F: Future>(&self, work: F) -> Result<F::Output, Refusal> {
        let _seat = self.enter().await?;
        Ok(work.await)
    }

    /// As [`Bulkhead::call`], on a thread.
    ///
    /// # Errors
    /// [`Refusal::Full`]: it was not begun.
    pub fn call_blocking<T>(&self, work: impl FnOnce() -> T) -> Result<T, Refusal> {
        let _seat = self.enter_blocking()?;
        Ok(work())
    }

    /// The figures.
    pub fn metrics(&self) -> PressureMetrics {
        self.0.metrics()
    }
}
