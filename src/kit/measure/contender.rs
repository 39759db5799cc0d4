//! What is compared: a contender's role, a sample, and which direction is better.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::figure::Series;

/// Why a contender is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What the project makes: the one whose ratios are asked for.
    Subject,
    /// The blocking way of doing the same.
    Baseline,
    /// Another project's way of doing the same.
    Peer,
    /// What the machine itself allows: shown for scale, never ranked.
    Limit,
    /// The subject measured a second time: any difference is the method's own error.
    Control,
}

/// Which direction of the value is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// Times, bytes.
    Lower,
    /// Rates.
    Higher,
}

/// One measured value and what was measured beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// In the group's unit; above zero.
    pub value: f64,
    /// Named values measured beside it, unit last in the name (`cpu_us_per_request`).
    pub side: BTreeMap<String, f64>,
    /// Latencies behind the value, in nanoseconds, by name: those of all rounds are put together.
    pub latencies: BTreeMap<String, Histogram<u64>>,
    /// What happened over the window's time, by name: that of the last round is kept.
    pub series: BTreeMap<String, Series>,
}

impl Sample {
    /// A sample of `value`, in the group's unit.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self { value, ..Self::default() }
    }

    /// Adds the latencies (nanoseconds) that the value comes from.
    #[must_use]
    pub fn with_latencies(mut self, name: &str, nanos: Histogram<u64>) -> Self {
        self.latencies.insert(name.to_owned(), nanos);
        self
    }

    /// Adds what happened over the window's time.
    #[must_use]
    pub fn with_series(mut self, name: &str, series: Series) -> Self {
        self.series.insert(name.to_owned(), series);
        self
    }

    /// Adds a value measured beside it; `name` carries its unit last (`cpu_us_per_request`).
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.side.insert(name.to_owned(), value);
        self
    }
}
