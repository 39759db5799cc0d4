//! Small pieces that several claims measure with.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::measure::paths;
use crate::kit::measure::process::Used;

/// Shortest and longest time told apart, in nanoseconds.
const NANOS: (u64, u64) = (1_000, 120_000_000_000);

/// A histogram of times in nanoseconds.
pub(super) fn nanos_histogram() -> Result<Histogram<u64>, String> {
    Histogram::new_with_bounds(NANOS.0, NANOS.1, 3).map_err(|error| error.to_string())
}

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

/// A folder of its own, gone when this is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// A new one, on the disk that the build is on: temporary folders may be in memory.
    pub(super) fn fresh(name: &str) -> Result<Folder, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{}-{number}", std::process::id());
        let folder = paths::target_dir().join("windlass").join("tmp").join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Folder(folder))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What still has files open there keeps them; nothing else depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
