//! What those are told who are not let in, and how many they are.

use std::time::Duration;

use super::settings::{InvalidSetting, demand};

/// Why somebody was not let in; and when it is worth to come again, where that can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No place was free, and as many as may wait did.
    Full {
        /// When, as it has gone of late, what is ahead will be done.
        retry_after: Duration,
    },
    /// It came faster than the rate limit allows.
    TooFast {
        /// When the rate limit allows another.
        retry_after: Duration,
    },
    /// It waited, and made room for somebody newer.
    Shed {
        /// When, as it has gone of late, what is ahead will be done.
        retry_after: Duration,
    },
    /// No place was free within the time that it would wait.
    TooLate {
        /// When, as it has gone of late, what is ahead will be done.
        retry_after: Duration,
    },
    /// Nobody is let in any more.
    Closed,
}

impl Refusal {
    /// After what time to come again; `None`: never.
    pub fn retry_after(&self) -> Option<Duration> {
        match *self {
            Self::Full { retry_after }
            | Self::TooFast { retry_after }
            | Self::Shed { retry_after }
            | Self::TooLate { retry_after } => Some(retry_after),
            Self::Closed => None,
        }
    }

    /// The same for HTTP's `Retry-After`: whole seconds, rounded up, at least one.
    pub fn retry_after_s(&self) -> Option<u64> {
        let after = self.retry_after()?;
        Some(after.as_secs().saturating_add(u64::from(after.subsec_nanos() > 0)).max(1))
    }
}

says!([] Refusal: |own, f| {
    let why = match own {
        Self::Full { .. } => "no place is free",
        Self::TooFast { .. } => "the rate limit is reached",
        Self::Shed { .. } => "it waited, and made room for somebody newer",
        Self::TooLate { .. } => "no place became free in time",
        Self::Closed => return f.write_str("nobody is let in any more"),
    };
    write!(f, "{why}; try again in {:?}", own.retry_after().unwrap_or_default())
});

/// The figures of what bounds how many are inside: gates, queues, bulkheads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PressureMetrics {
    /// How many may be inside.
    pub capacity: usize,
    /// How many are inside: work under way behind a gate, items in a queue.
    pub depth: usize,
    /// The most there ever were.
    pub depth_max: usize,
    /// How many wait to be let in.
    pub waiters: usize,
    /// The most that ever did.
    pub waiters_max: usize,
    /// How many were let in.
    pub admitted: u64,
    /// How many were not, of those that came (`Full`, `TooFast`, `TooLate`).
    pub rejected: u64,
    /// How many had to go for somebody newer.
    pub shed: u64,
}

impl PressureMetrics {
    /// So many are inside, so many wait.
    pub(super) fn measure(&mut self, depth: usize, waiters: usize) {
        self.depth_max = self.depth_max.max(depth);
        self.waiters_max = self.waiters_max.max(waiters);
        (self.depth, self.waiters) = (depth, waiters);
    }
}

/// Within what times those who are refused are sent to come again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hints {
    /// While nothing was measured.
    pub(super) first: Duration,
    pub(super) max: Duration,
}

impl Hints {
    pub(super) const DEFAULT: Self =
        Self { first: Duration::from_secs(1), max: Duration::from_secs(60) };

    pub(super) fn check(self) -> Result<Self, InvalidSetting> {
        let Self { first, max } = self;
        demand(!first.is_zero(), "retry_after_first", &first, "more than zero")?;
        demand(max >= first, "retry_after_max", &max, "at least `retry_after_first`")?;
        Ok(self)
    }

    pub(super) fn hint(self, measured: Option<Duration>) -> Duration {
        measured.unwrap_or(self.first).min(self.max)
    }
}
