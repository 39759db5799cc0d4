//! How fast what waits is served, and from that, when it is worth to come again.

use std::time::{Duration, Instant};

/// The mean time between two departures while there was always somebody to serve.
///
/// An exponentially weighted mean, each departure an eighth (as TCP smooths its round trips, V.
/// Jacobson, "Congestion avoidance and control", 1988). Time without work does not count: what
/// leaves then tells how fast work comes, and not how fast it is done.
#[derive(Debug)]
pub(super) struct Drain {
    /// The last departure, or the beginning of the busy time.
    since: Option<Instant>,
    mean: Option<Duration>,
}

/// One part in so many is each departure's share of the mean.
const SMOOTHING: u32 = 8;

impl Drain {
    pub(super) fn new() -> Self {
        Self { since: None, mean: None }
    }

    /// From now on there is always somebody to serve. No effect when that was so.
    pub(super) fn busy(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// One was served; `goes_on`: there are others.
    pub(super) fn departed(&mut self, now: Instant, goes_on: bool) {
        if let Some(since) = self.since.take() {
            let took = now.saturating_duration_since(since);
            self.mean = Some(self.mean.map_or(took, |mean| {
                let kept = mean - mean / SMOOTHING;
                kept.saturating_add(took / SMOOTHING)
            }));
        }
        self.since = goes_on.then_some(now);
    }

    /// In what time so many will be served, if it goes on as it has of late. `None`: none was ever
    /// served. A service that stands still just now makes it longer.
    pub(super) fn time_for(&self, backlog: usize, now: Instant) -> Option<Duration> {
        let stands =
            self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let each = self.mean?.max(stands);
        Some(each.saturating_mul(u32::try_from(backlog).unwrap_or(u32::MAX)))
    }
}
