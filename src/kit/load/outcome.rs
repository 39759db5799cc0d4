//! What came of a measured window.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::timeline::Timeline;

/// Shortest and longest latency told apart, in nanoseconds. (A shortest of a microsecond would
/// round all below half a millisecond to 512 ns.)
const LATENCY_NS_MIN: u64 = 1;
const LATENCY_NS_MAX: u64 = 120_000_000_000;

/// Requests that failed, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Errors {
    /// The connection could not be opened, or ended in the middle of a reply.
    pub connection: u64,
    /// The reply was not what was expected.
    pub reply: u64,
    /// No whole reply within the deadline.
    pub deadline: u64,
}

impl Errors {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.connection + self.reply + self.deadline
    }
}

/// What came of a measured window.
#[derive(Clone, Debug)]
pub struct LoadOutcome {
    /// Requests answered as expected.
    pub requests: u64,
    /// Requests that the server refused, as it may.
    pub refused: u64,
    /// Requests that failed.
    pub errors: Errors,
    /// What the first failure looked like.
    pub first_error: Option<String>,
    /// Requests that were tried again on a new connection.
    pub retries: u64,
    /// Connections opened.
    pub connects: u64,
    /// Requests of an open loop that found the backlog full and were never sent.
    pub dropped: u64,
    /// Of those answered as expected, the ones whose reply came before the window's time was over.
    pub in_time: u64,
    /// The window's time; all that passed, where a number of requests was asked for, or it was
    /// ended early.
    pub time: Duration,
    /// From the first request to the last reply.
    pub elapsed: Duration,
    /// Time from sending a request (with a connection of its own: from connecting; in an open loop
    /// from when it was meant to be sent) to its whole, checked reply, in nanoseconds.
    pub latency_ns: Histogram<u64>,
    /// The same of the requests that were refused, which `latency_ns` leaves out.
    pub refused_ns: Histogram<u64>,
    /// How late the generator itself noticed that a request was due, in nanoseconds (open loop
    /// only): time that a latency holds and the server is not to blame for.
    pub late_ns: Histogram<u64>,
    /// What became of the requests by when they were due (open loop only).
    pub timeline: Timeline,
}

impl LoadOutcome {
    pub(super) fn new() -> LoadOutcome {
        LoadOutcome {
            requests: 0,
            refused: 0,
            errors: Errors::default(),
            first_error: None,
            retries: 0,
            connects: 0,
            dropped: 0,
            in_time: 0,
            time: Duration::ZERO,
            elapsed: Duration::ZERO,
            latency_ns: nanos_histogram(),
            refused_ns: nanos_histogram(),
            late_ns: nanos_histogram(),
            timeline: Timeline::default(),
        }
    }

    /// Requests answered as expected per second.
    pub fn requests_per_s(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Requests answered as expected per second of the window's time. What was on its way at its
    /// end does not count, nor does the time that it took.
    pub fn in_time_per_s(&self) -> f64 {
        self.in_time as f64 / self.time.as_secs_f64().max(1e-9)
    }

    pub(super) fn record(&mut self, latency: Duration, refused: bool) {
        let (count, histogram) = match refused {
            false => (&mut self.requests, &mut self.latency_ns),
            true => (&mut self.refused, &mut self.refused_ns),
        };
        *count += 1;
        add(histogram, latency);
    }

    pub(super) fn record_lateness(&mut self, late: Duration) {
        add(&mut self.late_ns, late);
    }
}

fn add(histogram: &mut Histogram<u64>, time: Duration) {
    // A value beyond the bounds is counted at the bound, not lost.
    histogram.saturating_record(time.as_nanos().min(u128::from(u64::MAX)) as u64);
}

/// An empty histogram of nanoseconds, from 1 ns to 2 minutes, exact to a thousandth: all latencies
/// are kept in such, so that those of several windows can be put together.
pub fn nanos_histogram() -> Histogram<u64> {
    let bounded = Histogram::new_with_bounds(LATENCY_NS_MIN, LATENCY_NS_MAX, 3);
    // The bounds are constants that it takes; one that grows would do as well.
    bounded.unwrap_or_else(|_| Histogram::new(3).expect("3 digits are within 0 to 5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_answered_and_what_is_refused_is_counted_apart() {
        let mut outcome = LoadOutcome::new();
        (1..=3).for_each(|ms| outcome.record(ms * MS, false));
        (1..=2).for_each(|_| outcome.record(9 * MS, true));
        outcome.record_lateness(5 * MS);
        outcome.elapsed = 1_500 * MS;
        assert_eq!((outcome.requests, outcome.refused, outcome.requests_per_s()), (3, 2, 2.0));
        let told = [&outcome.latency_ns, &outcome.refused_ns, &outcome.late_ns]
            .map(|nanos| (nanos.len(), (nanos.mean() / 1e6).round()));
        assert_eq!(told, [(3, 2.0), (2, 9.0), (1, 5.0)]);
    }

    #[test]
    fn no_time_at_all_and_times_beyond_all_bounds_are_counted() {
        let mut outcome = LoadOutcome::new();
        for time in [Duration::ZERO, Duration::MAX] {
            outcome.record(time, false);
        }
        assert_eq!((outcome.requests, outcome.latency_ns.len()), (2, 2));
        let most = outcome.latency_ns.max();
        assert!(most >= LATENCY_NS_MAX && outcome.latency_ns.min() <= 1, "{most}");
        assert!(outcome.requests_per_s() > 0.0 && outcome.requests_per_s().is_finite());
    }

    #[test]
    fn what_comes_late_is_no_part_of_the_windows_rate() {
        let mut outcome = LoadOutcome::new();
        (outcome.in_time, outcome.time) = (6, 1_500 * MS);
        (outcome.requests, outcome.elapsed) = (8, 1_600 * MS);
        assert_eq!((outcome.in_time_per_s(), outcome.requests_per_s()), (4.0, 5.0));
        outcome.time = Duration::ZERO;
        assert!(outcome.in_time_per_s().is_finite());
    }

    #[test]
    fn all_errors_count() {
        assert_eq!(Errors { connection: 1, reply: 20, deadline: 300 }.total(), 321);
    }
}
