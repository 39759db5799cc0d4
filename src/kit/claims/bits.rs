//! Small pieces that several claims measure with.

use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::measure::process::Used;

/// Adds a time; one beyond the bounds counts at the bound.
pub(super) fn record(into: &mut Histogram<u64>, time: Duration) {
    into.saturating_record(time.as_nanos().min(u128::from(u64::MAX)) as u64);
}

/// The time in milliseconds that this share of the times does not exceed; a sample's value must be
/// above zero, so it is a microsecond at least.
pub(super) fn ms(times: &Histogram<u64>, share: f64) -> f64 {
    (times.value_at_quantile(share) as f64 / 1e6).max(0.001)
}

/// Sleeps until `due`, if that is still to come.
pub(super) fn sleep_to(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        thread::sleep(left);
    }
}

/// Processor time of this whole process.
pub(super) struct OwnCpu(Used);

impl OwnCpu {
    /// From now on.
    pub(super) fn now() -> Result<OwnCpu, String> {
        let used = Used::by(std::process::id());
        used.map(OwnCpu).ok_or_else(|| "this system tells no processor time".to_owned())
    }

    /// What was used since, in microseconds, of this process's ended threads too.
    pub(super) fn spent_us(&self) -> Result<f64, String> {
        Ok(OwnCpu::now()?.0.since(self.0).0.max(0.0))
    }
}
