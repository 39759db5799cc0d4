//! What the system says of a server process. Where there is no `/proc`, it says nothing.

use std::fs;

/// What `/proc/PID/stat` counts in, on every Linux: hundredths of a second.
const TICK_US: f64 = 10_000.0;

/// Processor time the process has used so far, its ended threads included.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// In microseconds, as exact as the kernel's scheduler counts.
    pub cpu_us: f64,
    /// The kernel's samples of which of it was user code and which the kernel's, in hundredths of
    /// a second: coarse.
    ticks: (f64, f64),
}

impl Used {
    /// By the process, up to now.
    pub fn by(pid: u32) -> Option<Used> {
        let ticks = ticks_in(&format!("/proc/{pid}/stat"))?;
        Some(Used { cpu_us: clock_us(pid).unwrap_or((ticks.0 + ticks.1) * TICK_US), ticks })
    }

    /// Processor time since then, in microseconds, and how much of it was user code.
    pub fn since(self, then: Used) -> (f64, f64) {
        let cpu_us = self.cpu_us - then.cpu_us;
        let (user, system) = (self.ticks.0 - then.ticks.0, self.ticks.1 - then.ticks.1);
        (cpu_us, cpu_us * user / (user + system).max(1.0))
    }
}

/// What the clock of another process's processor time says, in microseconds.
fn clock_us(pid: u32) -> Option<f64> {
    let mut clock: libc::clockid_t = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both calls write one value each, to which the pointers lead.
    let read = unsafe {
        libc::clock_getcpuclockid(pid.try_into().ok()?, &raw mut clock) == 0
            && libc::clock_gettime(clock, &raw mut time) == 0
    };
    read.then(|| time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3)
}

/// Processor time the calling thread has used, in microseconds.
pub fn own_thread_cpu_us() -> Option<f64> {
    // In nanoseconds, where the system counts so; hundredths of a second are coarse for a window.
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok());
    match ns {
        Some(ns) => Some(ns / 1e3),
        None => ticks_in("/proc/thread-self/stat").map(|(user, system)| (user + system) * TICK_US),
    }
}

/// User and system time.
fn ticks_in(path: &str) -> Option<(f64, f64)> {
    let stat = fs::read_to_string(path).ok()?;
    // The name stands in brackets and may hold anything; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)?, ticks(12)?))
}

/// Threads of the process, and its resident memory in MiB.
pub fn threads_and_rss_mib(pid: u32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some((field("Threads:")?, field("VmRSS:")? / 1024.0))
}

/// Context switches of the process's threads so far, of their own will or not; those of threads
/// that have ended are not among them.
pub fn switches(pid: u32) -> Option<f64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let of_thread = |status: String| {
        let counts = status.lines().filter(|line| line.contains("voluntary_ctxt_switches:"));
        counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).sum::<f64>()
    };
    // A thread that ends meanwhile has no file any more.
    let texts = threads.flatten().map(|thread| fs::read_to_string(thread.path().join("status")));
    Some(texts.flatten().map(of_thread).sum())
}

/// Resident memory of the process in KiB, exact to the page.
///
/// # Errors
/// What the system does not tell.
pub fn resident_kib(pid: u32) -> Result<f64, String> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find(|line| line.starts_with("Rss:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .ok_or_else(|| format!("{path}: no number behind Rss:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_switched_and_takes_memory() {
        let own = std::process::id();
        assert!(switches(own).unwrap() > 0.0);
        assert!(resident_kib(own).unwrap() > 100.0);
        assert!(switches(u32::MAX).is_none() && resident_kib(u32::MAX).is_err());
    }
}
