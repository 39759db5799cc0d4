//! What the system says of a server process. Where there is no `/proc`, it says nothing.

use std::fs;

/// What `/proc/PID/stat` counts in, on every Linux: hundredths of a second.
const TICK_US: f64 = 10_000.0;

/// Processor time the process has used, its ended threads included, in microseconds.
pub(crate) fn cpu_us(pid: u32) -> Option<f64> {
    cpu_us_in(&format!("/proc/{pid}/stat"))
}

/// Processor time the calling thread has used, in microseconds.
pub(crate) fn own_thread_cpu_us() -> Option<f64> {
    // In nanoseconds, where the system counts so; hundredths of a second are coarse for a window.
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok());
    match ns {
        Some(ns) => Some(ns / 1e3),
        None => cpu_us_in("/proc/thread-self/stat"),
    }
}

fn cpu_us_in(path: &str) -> Option<f64> {
    let stat = fs::read_to_string(path).ok()?;
    // The name stands in brackets and may hold anything; utime and stime are fields 14 and 15.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) * TICK_US)
}

/// Threads of the process, and its resident memory in MiB.
pub(crate) fn threads_and_rss_mib(pid: u32) -> Option<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some((field("Threads:")?, field("VmRSS:")? / 1024.0))
}
