//! The breaker as a machine that is told the time.

use std::time::{Duration, Instant};

use super::window::{Tally, Window};
use crate::workflow::settings::{InvalidSetting, MILLION, demand, millionths};

/// The settings of a breaker.
#[derive(Clone, Debug)]
pub struct BreakerSettings {
    /// It opens when this share of the calls in the window has failed. Default: 0.5.
    pub failure_share: f64,
    /// With fewer calls in the window it does not open. Default: 20.
    pub calls_min: u64,
    /// How far back calls count. Default: 10 s.
    pub window: Duration,
    /// How long it stays open before probes are let through. Default: 5 s.
    pub open_for: Duration,
    /// So many calls are let through half-open, and must succeed for it to close. Default: 3.
    pub probes: u32,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failure_share: 0.5,
            calls_min: 20,
            window: Duration::from_secs(10),
            open_for: Duration::from_secs(5),
            probes: 3,
        }
    }
}

/// Which state a breaker is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// All calls pass.
    #[default]
    Closed,
    /// All calls are refused.
    Open,
    /// Probes pass, other calls are refused.
    HalfOpen,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The service did its work.
    Success,
    /// It did not.
    Failure,
    /// Nobody knows: the call was cancelled.
    Unknown,
}

/// The breaker lets nobody through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Before that it is of no use to come again.
    pub retry_after: Duration,
}

says!([] Open: |own, f| write!(f, "the circuit is open; try again in {:?}", own.retry_after));

/// Leave for one call; [`Circuit::settle`] takes it back.
#[derive(Debug)]
#[must_use = "what became of the call is to be told, by `Circuit::settle`"]
pub struct Pass {
    term: u64,
}

/// A circuit breaker without a clock or a lock. Time that goes back is taken for time that stands
/// still.
///
/// ```
/// use std::time::{Duration, Instant};
/// use windlass::workflow::breaker::{BreakerSettings, Circuit, Outcome, State};
///
/// let settings = BreakerSettings { calls_min: 2, probes: 1, ..BreakerSettings::default() };
/// let open_for = settings.open_for;
/// let mut now = Instant::now();
/// let mut circuit = Circuit::new(settings, now)?;
/// for _ in 0..2 {
///     let pass = circuit.admit(now)?;
///     circuit.settle(pass, Outcome::Failure, now);
/// }
/// assert_eq!(circuit.admit(now).unwrap_err().retry_after, open_for);
/// now += open_for;
/// let probe = circuit.admit(now)?;
/// assert_eq!(circuit.state(now), State::HalfOpen);
/// circuit.settle(probe, Outcome::Success, now);
/// assert_eq!(circuit.state(now), State::Closed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Circuit {
    settings: BreakerSettings,
    share_millionths: u64,
    /// The latest time it was told.
    now: Instant,
    term: u64,
    phase: Phase,
    figures: CircuitMetrics,
}

#[derive(Debug)]
enum Phase {
    Closed(Window),
    Open { since: Instant },
    HalfOpen { under_way: u32, succeeded: u32, last_probe: Instant },
}

/// The figures of a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CircuitMetrics {
    /// The state.
    pub state: State,
    /// Calls that passed.
    pub passed: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Calls that succeeded.
    pub succeeded: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were cancelled.
    pub unknown: u64,
    /// So often it has opened, counting failed probes.
    pub opened: u64,
    /// Calls in the window; 0 unless it is closed.
    pub window_calls: u64,
    /// Of these, failed.
    pub window_failures: u64,
}

impl Circuit {
    /// A closed circuit.
    ///
    /// # Errors
    /// Names the setting that cannot be meant: no share, no calls, no time, no probes.
    pub fn new(settings: BreakerSettings, now: Instant) -> Result<Self, InvalidSetting> {
        let share_millionths = millionths("failure_share", settings.failure_share)?;
        let BreakerSettings { calls_min, window, open_for, probes, .. } = settings;
        demand(calls_min > 0, "calls_min", &calls_min, "at least 1")?;
        demand(!window.is_zero(), "window", &window, "more than zero")?;
        demand(!open_for.is_zero(), "open_for", &open_for, "more than zero")?;
        demand(probes > 0, "probes", &probes, "at least 1")?;
        let phase = Phase::Closed(Window::new(window, now));
        let figures = CircuitMetrics::default();
        Ok(Self { settings, share_millionths, now, term: 0, phase, figures })
    }

    /// The settings.
    pub fn settings(&self) -> &BreakerSettings {
        &self.settings
    }

    /// Leave for one call.
    ///
    /// # Errors
    /// [`Open`]: the call is not to be made.
    pub fn admit(&mut self, now: Instant) -> Result<Pass, Open> {
        let now = self.at(now);
        if let Some(wait) = self.refuses_for(now) {
            self.figures.refused += 1;
            return Err(Open { retry_after: wait });
        }
        let begins_probing = match &self.phase {
            Phase::Closed(_) => false,
            Phase::Open { .. } => true,
            // All places are taken, and yet it does not refuse: those probes are given up.
            Phase::HalfOpen { .. } => self.probes_left() == 0,
        };
        if begins_probing {
            self.begin(Phase::HalfOpen { under_way: 0, succeeded: 0, last_probe: now });
        }
        if let Phase::HalfOpen { under_way, last_probe, .. } = &mut self.phase {
            *under_way += 1;
            *last_probe = now;
        }
        self.figures.passed += 1;
        Ok(Pass { term: self.term })
    }

    /// A call has ended.
    pub fn settle(&mut self, pass: Pass, outcome: Outcome, now: Instant) {
        let now = self.at(now);
        match outcome {
            Outcome::Success => self.figures.succeeded += 1,
            Outcome::Failure => self.figures.failed += 1,
            Outcome::Unknown => self.figures.unknown += 1,
        }
        if pass.term != self.term {
            return;
        }
        match &mut self.phase {
            // The share may have risen since the last call ended, as others slid out of the window;
            // a call that says nothing does not open it for that.
            Phase::Closed(_) if outcome == Outcome::Unknown => {}
            Phase::Closed(window) => {
                window.record(outcome == Outcome::Failure, now);
                if self.has_failed_too_often(now) {
                    self.open(now);
                }
            }
            Phase::HalfOpen { under_way, succeeded, .. } => {
                *under_way = under_way.saturating_sub(1);
                *succeeded += u32::from(outcome == Outcome::Success);
                if outcome == Outcome::Failure {
                    self.open(now);
                } else if *succeeded >= self.settings.probes {
                    self.begin(Phase::Closed(Window::new(self.settings.window, now)));
                }
            }
            // No call begins while it is open.
            Phase::Open { .. } => {}
        }
    }

    /// The state at that time.
    pub fn state(&self, now: Instant) -> State {
        match &self.phase {
            Phase::Closed(_) => State::Closed,
            Phase::Open { .. } if self.refuses_for(now.max(self.now)).is_some() => State::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// The figures at that time.
    pub fn metrics(&mut self, now: Instant) -> CircuitMetrics {
        let now = self.at(now);
        let state = self.state(now);
        let Tally { calls, failures } = self.tally(now);
        CircuitMetrics { state, window_calls: calls, window_failures: failures, ..self.figures }
    }

    fn at(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    fn begin(&mut self, phase: Phase) {
        self.phase = phase;
        self.term += 1;
    }

    fn open(&mut self, now: Instant) {
        self.figures.opened += 1;
        self.begin(Phase::Open { since: now });
    }

    /// How much longer it lets nobody through.
    fn refuses_for(&self, now: Instant) -> Option<Duration> {
        let since = match &self.phase {
            Phase::Open { since } => since,
            Phase::HalfOpen { last_probe, .. } if self.probes_left() == 0 => last_probe,
            Phase::Closed(_) | Phase::HalfOpen { .. } => return None,
        };
        let left = self.settings.open_for.saturating_sub(now.saturating_duration_since(*since));
        (!left.is_zero()).then_some(left)
    }

    /// How many probes may begin, beside those that are under way or have succeeded.
    fn probes_left(&self) -> u32 {
        match self.phase {
            Phase::HalfOpen { under_way, succeeded, .. } => {
                self.settings.probes.saturating_sub(under_way.saturating_add(succeeded))
            }
            Phase::Closed(_) | Phase::Open { .. } => 0,
        }
    }

    fn tally(&mut self, now: Instant) -> Tally {
        match &mut self.phase {
            Phase::Closed(window) => window.tally(now),
            Phase::Open { .. } | Phase::HalfOpen { .. } => Tally::default(),
        }
    }

    fn has_failed_too_often(&mut self, now: Instant) -> bool {
        let Tally { calls, failures } = self.tally(now);
        let share = u128::from(failures) * u128::from(MILLION);
        let most = u128::from(calls) * u128::from(self.share_millionths);
        calls >= self.settings.calls_min && failures > 0 && share >= most
    }
}
