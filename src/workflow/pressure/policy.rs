//! What to do under pressure, and within what bounds.

use std::time::{Duration, Instant};

use crate::workflow::rate::{Gcra, Rate};
use crate::workflow::refusal::Hints;
use crate::workflow::settings::{InvalidSetting, demand};

/// What happens to who comes when it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It waits, first come, first served. When as many as may wait do, it is refused.
    Block,
    /// It is refused, and told when to come again.
    #[default]
    Reject,
    /// It is let in, and the oldest goes: of the items in a queue, of those who wait at a gate.
    ShedOldest,
    /// It is refused; so is, also when it is not full, who comes faster than the rate.
    RateLimit(Rate),
}

/// The settings of a [`Gate`](super::Gate) and of a [`PressureQueue`](super::PressureQueue).
#[derive(Clone, Debug)]
pub struct PressureSettings {
    /// So many are inside, at most. Default: 256.
    pub capacity: usize,
    /// What happens when it is full. Default: [`Policy::Reject`].
    pub policy: Policy,
    /// So many may wait to be let in, where the policy has them wait. Default: 256.
    pub waiting_max: usize,
    /// After what time to come again, as long as nothing was measured. Default: 1 s.
    pub retry_after_first: Duration,
    /// Nobody is sent away for longer. Default: 60 s.
    pub retry_after_max: Duration,
}

impl Default for PressureSettings {
    fn default() -> Self {
        Self {
            capacity: 256,
            policy: Policy::Reject,
            waiting_max: 256,
            retry_after_first: Hints::DEFAULT.first,
            retry_after_max: Hints::DEFAULT.max,
        }
    }
}

/// What the settings come to.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) hints: Hints,
    pub(super) gcra: Option<Gcra>,
}

impl PressureSettings {
    pub(super) fn check(&self, now: Instant) -> Result<Checked, InvalidSetting> {
        demand(self.capacity > 0, "capacity", &self.capacity, "at least 1")?;
        let hints = Hints { first: self.retry_after_first, max: self.retry_after_max }.check()?;
        let gcra = match self.policy {
            Policy::RateLimit(rate) => Some(Gcra::new(rate, now)?),
            Policy::Block | Policy::Reject | Policy::ShedOldest => None,
        };
        Ok(Checked { hints, gcra })
    }
}
