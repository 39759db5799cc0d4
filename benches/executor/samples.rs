//! Single latencies, of which quantiles are told.

use std::time::Duration;

use windlass_benches::Sample;

/// Latencies in nanoseconds.
#[derive(Default)]
pub(crate) struct Latencies(Vec<u64>);

/// Which quantile is the measured value; the others stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantile {
    Half,
    Last99th,
}

impl Latencies {
    #[inline]
    pub(crate) fn push(&mut self, latency: Duration) {
        self.0.push(latency.as_nanos() as u64);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The quantile asked for, in nanoseconds.
    ///
    /// # Errors
    /// There are none.
    pub(crate) fn sample(mut self, measured: Quantile) -> Result<Sample, String> {
        self.0.sort_unstable();
        let Some(max) = self.0.last().copied() else {
            return Err("nothing was measured".to_owned());
        };
        let at = |share: f64| self.0[((self.0.len() - 1) as f64 * share) as usize] as f64;
        let (half, last) = (at(0.5).max(1.0), at(0.99).max(1.0));
        let sample = match measured {
            Quantile::Half => Sample::new(half).with("p99_ns", last),
            Quantile::Last99th => Sample::new(last).with("p50_ns", half),
        };
        Ok(sample.with("max_ns", max as f64))
    }
}
