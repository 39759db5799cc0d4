//! One circuit, shared by those who call one service.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::circuit::{BreakerSettings, Circuit, CircuitMetrics, Open, Outcome, Pass, State};
use crate::sync::lock;
use crate::workflow::moment;
use crate::workflow::settings::InvalidSetting;

/// A [`Circuit`] to share between tasks and threads. Cheap to clone; clones are one breaker. Its
/// time is that of the runtime its callers are in, or the system's.
///
/// ```
/// use windlass::workflow::breaker::{Breaker, BreakerSettings, CallError};
///
/// let breaker = Breaker::new(BreakerSettings { calls_min: 2, ..BreakerSettings::default() })?;
/// let runtime = windlass::Runtime::new()?;
/// runtime.block_on(async {
///     for _ in 0..2 {
///         let failed = breaker.call(async { Err::<(), _>("no reply") }).await;
///         assert_eq!(failed, Err(CallError::Failed("no reply")));
///     }
///     let refused = breaker.call(async { Ok::<_, &str>("never begun") }).await;
///     assert!(matches!(refused, Err(CallError::Open(open)) if !open.retry_after.is_zero()));
/// });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Breaker(Arc<Mutex<Circuit>>);

/// Why a call through a breaker gave no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// It was not made.
    Open(Open),
    /// It was made, and failed so.
    Failed(E),
}

impl<E: std::fmt::Display> std::fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(open) => write!(f, "{open}"),
            Self::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open(open) => Some(open),
            Self::Failed(error) => Some(error),
        }
    }
}

/// Leave for one call. Dropped without an outcome it counts as cancelled.
#[derive(Debug)]
#[must_use = "what became of the call is to be told, by `succeeded` or `failed`"]
pub struct Permit {
    breaker: Breaker,
    pass: Option<Pass>,
    /// What it means that it is dropped.
    dropped: Outcome,
}

impl Breaker {
    /// A closed breaker.
    ///
    /// # Errors
    /// As [`Circuit::new`].
    pub fn new(settings: BreakerSettings) -> Result<Self, InvalidSetting> {
        Ok(Self(Arc::new(Mutex::new(Circuit::new(settings, moment::now())?))))
    }

    /// Leave for one call, for who tells its outcome by hand.
    ///
    /// # Errors
    /// [`Open`]: the call is not to be made.
    pub fn try_pass(&self) -> Result<Permit, Open> {
        let pass = self.with(|circuit, now| circuit.admit(now))?;
        Ok(Permit { breaker: self.clone(), pass: Some(pass), dropped: Outcome::Unknown })
    }

    /// Makes the call if the circuit is not open; an error is a failure of the service. Where some
    /// errors are the caller's own fault, use [`Breaker::call_judged`].
    ///
    /// A panic of the call is a failure, and goes through. Dropped before its end, the call counts
    /// as cancelled, and so neither for nor against the service: put time limits *inside*.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CallError<E>> {
        self.call_judged(call, Result::is_err).await
    }

    /// As [`Breaker::call`]; `is_failure` says whether a reply speaks against the service.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call_judged<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        is_failure: impl FnOnce(&Result<T, E>) -> bool,
    ) -> Result<T, CallError<E>> {
        let mut permit = self.try_pass().map_err(CallError::Open)?;
        let mut call = pin!(call);
        let reply = poll_fn(|cx| {
            // Who is dropped in the midst of a poll has panicked; between two, it was cancelled.
            permit.dropped = Outcome::Failure;
            let polled = call.as_mut().poll(cx);
            permit.dropped = Outcome::Unknown;
            polled
        })
        .await;
        permit.judge(&reply, is_failure);
        reply.map_err(CallError::Failed)
    }

    /// As [`Breaker::call`], on a thread.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call_blocking<T, E>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CallError<E>> {
        self.call_judged_blocking(call, Result::is_err)
    }

    /// As [`Breaker::call_judged`], on a thread.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call_judged_blocking<T, E>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
        is_failure: impl FnOnce(&Result<T, E>) -> bool,
    ) -> Result<T, CallError<E>> {
        let mut permit = self.try_pass().map_err(CallError::Open)?;
        permit.dropped = Outcome::Failure;
        let reply = call();
        permit.judge(&reply, is_failure);
        reply.map_err(CallError::Failed)
    }

    /// The state.
    pub fn state(&self) -> State {
        self.with(|circuit, now| circuit.state(now))
    }

    /// The figures.
    pub fn metrics(&self) -> CircuitMetrics {
        self.with(Circuit::metrics)
    }

    fn with<R>(&self, act: impl FnOnce(&mut Circuit, Instant) -> R) -> R {
        let now = moment::now();
        act(&mut lock(&self.0), now)
    }
}

impl Permit {
    /// The service did its work.
    pub fn succeeded(mut self) {
        self.settle(Outcome::Success);
    }

    /// The service did not do its work.
    pub fn failed(mut self) {
        self.settle(Outcome::Failure);
    }

    fn judge<R>(mut self, reply: &R, is_failure: impl FnOnce(&R) -> bool) {
        let failed = is_failure(reply);
        self.settle(if failed { Outcome::Failure } else { Outcome::Success });
    }

    fn settle(&mut self, outcome: Outcome) {
        if let Some(pass) = self.pass.take() {
            self.breaker.with(|circuit, now| circuit.settle(pass, outcome, now));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.settle(self.dropped);
    }
}
