//! A gate: how many do something at once, and what becomes of the others.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use super::policy::{Policy, PressureSettings};
use crate::sync::lock;
use crate::workflow::blocking::{block_on, block_timeout};
use crate::workflow::moment::now;
use crate::workflow::rate::Gcra;
use crate::workflow::refusal::{PressureMetrics, Refusal};
use crate::workflow::seats::{Enter, Seat, Seats};
use crate::workflow::settings::{InvalidSetting, demand};

/// Lets at most so many in at once, and does with the others what its [`Policy`] says. Cheap to
/// clone; clones are one gate.
///
/// ```
/// use windlass::workflow::pressure::{Gate, Policy, PressureSettings};
///
/// let settings = PressureSettings { capacity: 1, policy: Policy::Reject, ..Default::default() };
/// let gate = Gate::new(settings)?;
/// let runtime = windlass::Runtime::new()?;
/// runtime.block_on(async {
///     let seat = gate.enter().await.expect("it is empty");
///     let refused = gate.enter().await.unwrap_err();
///     let reply = format!("503\r\nRetry-After: {}", refused.retry_after_s().unwrap_or(1));
///     assert_eq!(reply, "503\r\nRetry-After: 1");
///     drop(seat);
///     assert!(gate.enter().await.is_ok());
/// });
/// assert_eq!((gate.metrics().admitted, gate.metrics().rejected), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    seats: Arc<Seats>,
    waits: bool,
    gcra: Option<Arc<Mutex<Gcra>>>,
}

impl Gate {
    /// A gate with nobody inside.
    ///
    /// # Errors
    /// Names the setting that cannot be meant: no place, no line to shed from, a hint of no time.
    pub fn new(settings: PressureSettings) -> Result<Self, InvalidSetting> {
        let checked = settings.check(now())?;
        let PressureSettings { capacity, policy, waiting_max, .. } = settings;
        let sheds = policy == Policy::ShedOldest;
        let line_is_there = waiting_max > 0 || !sheds;
        demand(line_is_there, "waiting_max", &waiting_max, "at least 1: those who wait are shed")?;
        let seats = Seats::new(capacity, waiting_max, sheds, checked.hints);
        let gcra = checked.gcra.map(|gcra| Arc::new(Mutex::new(gcra)));
        Ok(Self { seats, waits: sheds || policy == Policy::Block, gcra })
    }

    /// A place, if one is free; whatever the policy, it does not wait.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn try_enter(&self) -> Result<Seat, Refusal> {
        let seat = self.seats.try_enter()?;
        let Some(gcra) = &self.gcra else { return Ok(seat) };
        let now = now();
        let allowed = lock(gcra).try_take(now);
        match allowed {
            Ok(()) => Ok(seat),
            Err(retry_after) => {
                self.seats.reject(seat);
                Err(Refusal::TooFast { retry_after })
            }
        }
    }

    /// A place, if one is free, past the policy and its rate: for work that is there already, as an
    /// earlier process left it. `None`: there is none, or nobody is let in any more.
    pub fn occupy(&self) -> Option<Seat> {
        self.seats.occupy()
    }

    /// A place, as the policy has it: the future waits, or is ready with a [`Refusal`]. The place
    /// is left when the [`Seat`] is dropped, also by a panic.
    ///
    /// **Cancel safety.** Dropped before it is ready, it leaves the line; a place that it was given
    /// is the next one's.
    pub fn enter(&self) -> Entering<'_> {
        let waiting = self.waits.then(|| self.seats.enter());
        Entering { gate: self, waiting }
    }

    /// As [`Gate::enter`], blocking the thread while it waits.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn enter_blocking(&self) -> Result<Seat, Refusal> {
        block_on(self.enter())
    }

    /// As [`Gate::enter_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// [`Refusal`]; when the time is over, [`Refusal::TooLate`].
    pub fn enter_timeout(&self, timeout: Duration) -> Result<Seat, Refusal> {
        block_timeout(timeout, self.enter()).unwrap_or_else(|| Err(self.seats.too_late()))
    }

    /// What to tell somebody who waits no longer, where a time limit is put around
    /// [`Gate::enter`]. It counts as rejected.
    pub fn too_late(&self) -> Refusal {
        self.seats.too_late()
    }

    /// Lets nobody in any more; those who wait are told. Who is inside goes on.
    pub fn close(&self) {
        self.seats.close();
    }

    /// The figures.
    pub fn metrics(&self) -> PressureMetrics {
        self.seats.metrics()
    }
}

/// The future of [`Gate::enter`].
#[derive(Debug)]
#[must_use = "nobody comes in before it is polled"]
pub struct Entering<'a> {
    gate: &'a Gate,
    waiting: Option<Enter>,
}

impl Future for Entering<'_> {
    type Output = Result<Seat, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.waiting {
            Some(waiting) => Pin::new(waiting).poll(cx),
            None => Poll::Ready(self.gate.try_enter()),
        }
    }
}
