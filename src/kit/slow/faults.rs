//! How the slow service behaves, and how that is changed while it runs.

use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// No latency or stall is longer, in milliseconds.
const WAIT_MS_MAX: u64 = 600_000;

/// How the service behaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Faults {
    /// How long the work takes, in milliseconds.
    pub latency_ms: u64,
    /// How much longer or shorter it may take.
    pub jitter_ms: u64,
    /// Which share of the calls fails, from 0 to 1.
    pub fail_rate: f64,
    /// How long each call stands still beside that, in milliseconds.
    pub stall_ms: u64,
    /// Whether the service has vanished: no call gets a reply.
    pub gone: bool,
}

impl Default for Faults {
    /// 200 ms, give or take 20; nothing fails.
    fn default() -> Faults {
        Faults { latency_ms: 200, jitter_ms: 20, fail_rate: 0.0, stall_ms: 0, gone: false }
    }
}

/// A change of [`Faults`]: what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// See [`Faults::latency_ms`].
    pub latency_ms: Option<u64>,
    /// See [`Faults::jitter_ms`].
    pub jitter_ms: Option<u64>,
    /// See [`Faults::fail_rate`].
    pub fail_rate: Option<f64>,
    /// See [`Faults::stall_ms`].
    pub stall_ms: Option<u64>,
    /// See [`Faults::gone`].
    pub gone: Option<bool>,
    /// For so many milliseconds; then all is again as it was. Without it, for good.
    pub for_ms: Option<u64>,
}

/// A setting that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFaults {
    /// Its name.
    pub field: &'static str,
    /// What would be right.
    pub right: String,
}

impl fmt::Display for BadFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field, self.right)
    }
}

impl std::error::Error for BadFaults {}

impl Faults {
    /// Checks the bounds.
    ///
    /// # Errors
    /// Names the first setting that cannot be meant.
    pub fn check(&self) -> Result<(), BadFaults> {
        let bad = |field, right| Err(BadFaults { field, right });
        let waits = [
            ("latency_ms", self.latency_ms),
            ("jitter_ms", self.jitter_ms),
            ("stall_ms", self.stall_ms),
        ];
        if let Some((field, _)) = waits.into_iter().find(|(_, ms)| *ms > WAIT_MS_MAX) {
            return bad(field, format!("at most {WAIT_MS_MAX}"));
        }
        if !(0.0..=1.0).contains(&self.fail_rate) {
            return bad("fail_rate", "a share from 0 to 1".to_owned());
        }
        Ok(())
    }

    /// How long a call waits; `jitter` is a number from 0 to 1.
    pub(super) fn wait(&self, jitter: f64) -> Duration {
        let Faults { latency_ms, jitter_ms, stall_ms, .. } = *self;
        let jitter_ms = jitter_ms as f64 * (2.0 * jitter - 1.0);
        let ms = (latency_ms as f64 + jitter_ms).max(0.0) + stall_ms as f64;
        Duration::from_secs_f64(ms / 1000.0)
    }

    fn changed(self, change: &Change) -> Faults {
        Faults {
            latency_ms: change.latency_ms.unwrap_or(self.latency_ms),
            jitter_ms: change.jitter_ms.unwrap_or(self.jitter_ms),
            fail_rate: change.fail_rate.unwrap_or(self.fail_rate),
            stall_ms: change.stall_ms.unwrap_or(self.stall_ms),
            gone: change.gone.unwrap_or(self.gone),
        }
    }
}

/// The faults that hold, and those that hold again afterwards.
#[derive(Debug)]
pub(super) struct Switch {
    lasting: Faults,
    passing: Option<(Faults, Instant)>,
}

impl Switch {
    pub(super) fn new(faults: Faults) -> Switch {
        Switch { lasting: faults, passing: None }
    }

    /// What holds at `now`.
    pub(super) fn at(&mut self, now: Instant) -> Faults {
        self.passing = self.passing.filter(|(_, until)| now < *until);
        self.passing.map_or(self.lasting, |(faults, _)| faults)
    }

    /// Changes what holds from `now` on: to what.
    pub(super) fn change(&mut self, change: &Change, now: Instant) -> Result<Faults, BadFaults> {
        let faults = self.at(now).changed(change);
        faults.check()?;
        match change.for_ms {
            Some(ms) if ms > WAIT_MS_MAX => {
                let right = format!("at most {WAIT_MS_MAX}");
                return Err(BadFaults { field: "for_ms", right });
            }
            Some(ms) => self.passing = Some((faults, now + Duration::from_millis(ms))),
            None => (self.lasting, self.passing) = (faults, None),
        }
        Ok(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_last_or_pass() {
        let now = Instant::now();
        let after = |ms| now + Duration::from_millis(ms);
        let mut switch = Switch::new(Faults::default());
        let passing = Change { gone: Some(true), for_ms: Some(50), ..Change::default() };
        assert!(switch.change(&passing, now).expect("a change").gone);
        assert!(switch.at(after(49)).gone && !switch.at(after(50)).gone);
        let lasting = Change { fail_rate: Some(0.3), ..Change::default() };
        switch.change(&lasting, now).expect("a change");
        assert_eq!(switch.at(after(9_999)), Faults { fail_rate: 0.3, ..Faults::default() });
        for (bad, field) in [
            (Change { fail_rate: Some(1.1), ..Change::default() }, "fail_rate"),
            (Change { fail_rate: Some(f64::NAN), ..Change::default() }, "fail_rate"),
            (Change { stall_ms: Some(u64::MAX), ..Change::default() }, "stall_ms"),
            (Change { for_ms: Some(u64::MAX), ..Change::default() }, "for_ms"),
        ] {
            assert_eq!(switch.change(&bad, now).unwrap_err().field, field);
        }
        assert_eq!(switch.at(now).fail_rate, 0.3, "what cannot be meant changes nothing");
    }

    #[test]
    fn waits_are_around_the_latency() {
        let faults = Faults { stall_ms: 1000, ..Faults::default() };
        assert_eq!(faults.wait(0.0), Duration::from_millis(1180));
        assert_eq!(faults.wait(0.5), Duration::from_millis(1200));
        let short = Faults { latency_ms: 1, jitter_ms: 20, ..Faults::default() };
        assert_eq!(short.wait(0.0), Duration::ZERO);
    }
}
