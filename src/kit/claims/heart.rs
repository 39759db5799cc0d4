//! A heart that is to beat once a millisecond, and how late its beats come: whether a thread goes
//! on with other work.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;

/// How often the heart is to beat.
pub(super) const BEAT: Duration = Duration::from_millis(1);

/// When each beat is due, and how late those were that came.
pub(super) struct Heart {
    began: Instant,
    beats: u32,
    late: Histogram<u64>,
}

impl Heart {
    /// One that begins now.
    pub(super) fn new() -> Heart {
        Heart { began: Instant::now(), beats: 0, late: nanos_histogram() }
    }

    /// How long since it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// When the next beat is due.
    pub(super) fn due(&self) -> Instant {
        self.began + BEAT * (self.beats + 1)
    }

    /// Counts all beats that are due by now; one that was missed counts with all of its lateness.
    pub(super) fn beat(&mut self) {
        let now = Instant::now();
        while self.due() <= now {
            let late = now.duration_since(self.due()).as_nanos() as u64;
            self.late.saturating_record(late.max(1));
            self.beats += 1;
        }
    }

    /// The lateness, in ms, that a hundredth of the beats exceeds.
    pub(super) fn sample(self) -> Sample {
        let ms = |share: f64| self.late.value_at_quantile(share) as f64 / 1e6;
        Sample::new(ms(0.99).max(0.001))
            .with("late_ms_p50", ms(0.50))
            .with("late_ms_p999", ms(0.999))
            .with("late_ms_max", ms(1.0))
            .with_latencies("lateness", self.late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_beats_count_with_all_their_lateness() {
        let mut heart = Heart { began: Instant::now() - BEAT * 100, ..Heart::new() };
        heart.beat();
        assert!(heart.beats >= 100);
        let sample = heart.sample();
        assert!(sample.value >= 98.0 && sample.side["late_ms_p50"] >= 49.0, "{sample:?}");
    }
}
