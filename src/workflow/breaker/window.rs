//! Calls and failures of the last while, in slices of time.

use std::time::{Duration, Instant};

const SLICES: usize = 10;

/// A window that slides by a tenth of its length: it covers nine to ten tenths of it.
#[derive(Clone, Debug)]
pub(super) struct Window {
    begun: Instant,
    slice_ns: u128,
    /// Which slice is the newest, counted from the beginning.
    newest: u128,
    slices: [Tally; SLICES],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) calls: u64,
    pub(super) failures: u64,
}

impl Window {
    pub(super) fn new(length: Duration, now: Instant) -> Self {
        let slice_ns = (length.as_nanos() / SLICES as u128).max(1);
        Self { begun: now, slice_ns, newest: 0, slices: [Tally::default(); SLICES] }
    }

    /// One call has ended.
    pub(super) fn record(&mut self, failed: bool, now: Instant) {
        self.slide(now);
        let slice = &mut self.slices[(self.newest % SLICES as u128) as usize];
        slice.calls += 1;
        slice.failures += u64::from(failed);
    }

    /// What the window holds now.
    pub(super) fn tally(&mut self, now: Instant) -> Tally {
        self.slide(now);
        self.slices.iter().fold(Tally::default(), |sum, slice| Tally {
            calls: sum.calls + slice.calls,
            failures: sum.failures + slice.failures,
        })
    }

    /// Empties the slices that have gone by; none when the clock went back.
    fn slide(&mut self, now: Instant) {
        let newest = now.saturating_duration_since(self.begun).as_nanos() / self.slice_ns;
        let passed = newest.saturating_sub(self.newest).min(SLICES as u128);
        for passed in 0..passed {
            let slice = (newest - passed) % SLICES as u128;
            self.slices[slice as usize] = Tally::default();
        }
        self.newest = self.newest.max(newest);
    }
}
