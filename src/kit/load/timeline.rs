//! What became of an open loop's requests, by when they were due.

use std::time::Duration;

/// How long one slice is.
pub const SLICE: Duration = Duration::from_millis(25);

/// Slices that are told apart; what is due later counts to the last.
const SLICES_MAX: usize = 1 << 14;

/// The requests that were due in one slice of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Requests that were answered as expected.
    pub taken: u64,
    /// Requests that the server refused, as it may.
    pub refused: u64,
    /// The longest that one of them took.
    pub latency_max: Duration,
}

/// A window's slices, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Slice>);

impl Timeline {
    /// The slices; each begins [`SLICE`] after the one before.
    pub fn slices(&self) -> &[Slice] {
        &self.0
    }

    /// Counts a request that was due so long after the window's start.
    pub(super) fn record(&mut self, due: Duration, latency: Duration, refused: bool) {
        let at = ((due.as_nanos() / SLICE.as_nanos()) as usize).min(SLICES_MAX - 1);
        if at >= self.0.len() {
            self.0.resize(at + 1, Slice::default());
        }
        let slice = &mut self.0[at];
        slice.taken += u64::from(!refused);
        slice.refused += u64::from(refused);
        slice.latency_max = slice.latency_max.max(latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_count_where_they_were_due() {
        let (mut timeline, ms) = (Timeline::default(), Duration::from_millis);
        timeline.record(ms(60), ms(3), false);
        timeline.record(ms(74), ms(9), true);
        timeline.record(ms(0), ms(1), false);
        let of = |taken, refused, latency| Slice { taken, refused, latency_max: ms(latency) };
        assert_eq!(timeline.slices(), [of(1, 0, 1), of(0, 0, 0), of(1, 1, 9)]);
        timeline.record(Duration::MAX, ms(1), true);
        assert_eq!(timeline.slices().len(), SLICES_MAX);
    }
}
