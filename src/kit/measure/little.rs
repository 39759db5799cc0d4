//! Little's law: the requests under way at once are their rate times the time each takes. A closed
//! loop knows how many there are, so the law checks its two figures against each other.

use std::fmt;

/// The law may be missed by this share; more means that the client miscounts.
pub const SHARE_MAX: f64 = 0.10;
/// With fewer requests on each connection than this, the beginning and the end weigh too much.
pub const REQUESTS_MIN: u64 = 4;

/// One window of a closed loop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosedLoop {
    /// Requests under way at a time: the connections.
    pub connections: usize,
    /// Requests answered.
    pub requests: u64,
    /// The window, in seconds, from the first request to the last reply.
    pub seconds: f64,
    /// Mean latency in seconds.
    pub mean_s: f64,
    /// The longest latency in seconds.
    pub max_s: f64,
}

/// The figures of a closed loop contradict each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Missed {
    /// Requests at once, by rate and latency.
    pub seen: f64,
    /// At least so many were to be expected.
    pub least: f64,
    /// At most so many were to be expected.
    pub most: f64,
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, least, most } = self;
        write!(
            f,
            "Little's law is missed: rate x mean latency says {seen:.1} requests at once, \
             expected are {least:.1} to {most:.1}"
        )
    }
}

impl std::error::Error for Missed {}

/// Requests at once: `per_s` requests a second, each of which takes `mean_s` seconds.
#[must_use]
pub fn concurrency(per_s: f64, mean_s: f64) -> f64 {
    per_s * mean_s
}

/// Checks a window, and gives the concurrency by the law. It must be the connections, within
/// [`SHARE_MAX`], less what is missing while the last requests run out, which is at most as long as
/// the slowest one took. A window of fewer than [`REQUESTS_MIN`] requests on each connection is
/// not judged.
///
/// # Errors
/// [`Missed`], with what was expected.
pub fn littles_law(window: &ClosedLoop) -> Result<f64, Missed> {
    let seconds = window.seconds.max(1e-9);
    let seen = concurrency(window.requests as f64 / seconds, window.mean_s);
    let most = window.connections as f64;
    let least = most * (1.0 - window.max_s / seconds).max(0.0);
    let judged = window.requests >= REQUESTS_MIN * window.connections as u64;
    let kept = (least * (1.0 - SHARE_MAX)..=most * (1.0 + SHARE_MAX)).contains(&seen);
    if judged && !kept { Err(Missed { seen, least, most }) } else { Ok(seen) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_agree_pass_and_others_are_told() {
        let window = ClosedLoop {
            connections: 64,
            requests: 64_000,
            seconds: 1.0,
            mean_s: 1e-3,
            max_s: 0.1,
        };
        assert_eq!(littles_law(&window), Ok(64.0));
        // The last requests ran out for a tenth of the window: fewer are right too.
        assert!(littles_law(&ClosedLoop { requests: 56_000, ..window }).is_ok());
        let missed = littles_law(&ClosedLoop { requests: 40_000, ..window }).unwrap_err();
        assert!(missed.to_string().contains("says 40.0 requests at once, expected are 57.6"));
        assert!(littles_law(&ClosedLoop { mean_s: 2e-3, ..window }).is_err());
        let few = ClosedLoop { requests: 200, ..window };
        assert!(littles_law(&few).is_ok(), "too few to judge");
    }
}
