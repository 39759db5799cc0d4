//! Noise gates: what the rest of the machine did while a window was measured.
//!
//! Four things are read before and after: time stolen by the hypervisor, processor time used by
//! processes that are neither this one nor its descendants, the kernel's cpu pressure, and
//! involuntary context switches. The last two also rise when the workload itself has more threads
//! than cores: a *crowded* window records them and is not judged by them.
//!
//! What the machine does before anything is measured, [`spin_test`] tells.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use super::spin::{Grade, Spin, spin_test};

/// More stolen time than this share of the machine makes a window noisy.
pub const STEAL_SHARE_MAX: f64 = 0.02;
/// More foreign processor time than this share of the machine makes a window noisy.
pub const FOREIGN_SHARE_MAX: f64 = 0.10;
/// More cpu pressure than this share of the time makes a window noisy, unless it is crowded.
pub const PRESSURE_SHARE_MAX: f64 = 0.25;
/// More involuntary switches a second than this make a window noisy, unless it is crowded.
pub const INVOLUNTARY_PER_S_MAX: f64 = 500.0;

/// A gate passed by so many times its limit makes a window unusable.
pub const UNUSABLE_TIMES: f64 = 5.0;

/// The kernel counts in hundredths of a second: fewer than this are rounding, not noise.
const TICKS_MIN: f64 = 4.0;

/// Counters at one moment; what cannot be read is `None` and gates nothing.
#[derive(Debug, Clone)]
pub struct Snapshot {
    at: Instant,
    machine: Option<Machine>,
    own_ticks: Option<u64>,
    pressure_us: Option<u64>,
    involuntary: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Machine {
    total: u64,
    busy: u64,
    steal: u64,
}

/// What was seen between two snapshots: shares are of the whole machine's time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Noise {
    /// How long the window was, in seconds.
    pub seconds: f64,
    /// Share of time stolen by the hypervisor.
    pub steal_share: Option<f64>,
    /// Share of time used by unrelated processes.
    pub foreign_share: Option<f64>,
    /// Share of the window in which some task waited for a processor.
    pub pressure_share: Option<f64>,
    /// Involuntary context switches a second, of this process's threads.
    pub involuntary_per_s: Option<f64>,
    /// Why the window is noisy; empty when it is quiet.
    pub reasons: Vec<String>,
}

impl Noise {
    /// Whether a gate was tripped.
    #[must_use]
    pub fn is_noisy(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// How far a run can be trusted: by what was seen during it, and by the spin test before it, where
/// there was one. What disturbed that may have ended since, so alone it makes a run noisy at most.
/// The reasons are empty when it is quiet.
#[must_use]
pub fn grade(during: &Noise, before: Option<&Spin>) -> (Grade, Vec<String>) {
    let mut grade = if during.is_noisy() { Grade::Noisy } else { Grade::Quiet };
    let far = |share: Option<f64>, max: f64| share.is_some_and(|s| s > UNUSABLE_TIMES * max);
    if far(during.steal_share, STEAL_SHARE_MAX) || far(during.foreign_share, FOREIGN_SHARE_MAX) {
        grade = Grade::Unusable;
    }
    let mut reasons = during.reasons.clone();
    if let Some(spin) = before {
        grade = grade.max(spin.grade.min(Grade::Noisy));
        reasons.extend(spin.reasons.iter().cloned());
    }
    (grade, reasons)
}

impl Snapshot {
    /// Reads the counters now.
    #[must_use]
    pub fn take() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        Self {
            at: Instant::now(),
            machine: read("/proc/stat").and_then(|text| machine(&text)),
            own_ticks: family_ticks(std::process::id()),
            pressure_us: read("/proc/pressure/cpu").and_then(|text| pressure_us(&text)),
            involuntary: involuntary(),
        }
    }

    /// What happened since this snapshot. `crowded`: the workload itself has more threads than
    /// cores, so pressure and switches are recorded but do not judge it.
    #[must_use]
    pub fn since(&self, crowded: bool) -> Noise {
        between(self, &Self::take(), crowded)
    }
}

fn between(before: &Snapshot, after: &Snapshot, crowded: bool) -> Noise {
    let seconds = after.at.duration_since(before.at).as_secs_f64().max(1e-9);
    let machine = before.machine.zip(after.machine);
    let grown = |a: Option<u64>, b: Option<u64>| Some(b?.saturating_sub(a?) as f64);
    let own = grown(before.own_ticks, after.own_ticks);
    let total = machine.map(|(a, b)| b.total.saturating_sub(a.total).max(1) as f64);
    let steal = machine.map(|(a, b)| b.steal.saturating_sub(a.steal) as f64);
    let busy = machine.map(|(a, b)| b.busy.saturating_sub(a.busy) as f64);
    let foreign = busy.zip(own).map(|(busy, own)| (busy - own).max(0.0));
    let share = |ticks: Option<f64>| Some(ticks? / total?);
    let pressure = grown(before.pressure_us, after.pressure_us).map(|us| us / 1e6 / seconds);
    let switches = grown(before.involuntary, after.involuntary).map(|count| count / seconds);
    let mut noise = Noise {
        seconds,
        steal_share: share(steal),
        foreign_share: share(foreign),
        pressure_share: pressure,
        involuntary_per_s: switches,
        reasons: Vec::new(),
    };
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut gate = |name: &str, seen: Option<f64>, limit: f64, enough: bool, text: String| {
        if enough && seen.is_some_and(|seen| seen > limit) {
            noise.reasons.push(format!("{name} {text}"));
        }
    };
    let ticks = |count: Option<f64>| count.is_some_and(|count| count >= TICKS_MIN);
    let (stolen, others) = (share(steal), share(foreign));
    let shown = |share: Option<f64>| percent(share.unwrap_or_default());
    gate("stolen time", stolen, STEAL_SHARE_MAX, ticks(steal), shown(stolen));
    gate("other processes", others, FOREIGN_SHARE_MAX, ticks(foreign), shown(others));
    gate("cpu pressure", pressure, PRESSURE_SHARE_MAX, !crowded, shown(pressure));
    let rate = format!("{:.0} a second", switches.unwrap_or_default());
    gate("involuntary switches", switches, INVOLUNTARY_PER_S_MAX, !crowded, rate);
    noise
}

/// The `cpu` line: user nice system idle iowait irq softirq steal guest guest_nice.
fn machine(stat: &str) -> Option<Machine> {
    let line = stat.lines().find(|line| line.starts_with("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map_while(|n| n.parse().ok()).collect();
    if ticks.len() < 4 {
        return None;
    }
    let steal = ticks.get(7).copied().unwrap_or(0);
    let total: u64 = ticks.iter().take(8).sum();
    let idle = ticks[3] + ticks.get(4).copied().unwrap_or(0);
    // Interrupts are counted as nobody's: they serve the measured sockets too.
    let interrupts: u64 = ticks.iter().skip(5).take(2).sum();
    Some(Machine { total, busy: total.saturating_sub(idle + steal + interrupts), steal })
}

fn pressure_us(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with("some"))?;
    line.split_whitespace().find_map(|word| word.strip_prefix("total=")?.parse().ok())
}

/// Processor time of a process and all its descendants, ended and waited-for ones included.
fn family_ticks(root: u32) -> Option<u64> {
    let mut processes = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat"));
        if let Some(parsed) = stat.ok().and_then(|text| parent_and_ticks(&text)) {
            processes.insert(pid, parsed);
        }
    }
    let belongs = |mut pid: u32| {
        for _ in 0..64 {
            if pid == root {
                return true;
            }
            match processes.get(&pid) {
                Some(&(parent, _)) => pid = parent,
                None => return false,
            }
        }
        false
    };
    processes.get(&root)?;
    Some(processes.iter().filter(|(pid, _)| belongs(**pid)).map(|(_, seen)| seen.1).sum())
}

/// Parent and user + system ticks (children's included) from `/proc/<pid>/stat`, whose second
/// field, the name, may itself hold spaces and brackets.
fn parent_and_ticks(stat: &str) -> Option<(u32, u64)> {
    let rest = &stat[stat.rfind(')')? + 1..];
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some((fields.get(1)?.parse().ok()?, ticks))
}

fn involuntary() -> Option<u64> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?;
    let count = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("status")).ok()?;
        let line = text.lines().find(|line| line.starts_with("nonvoluntary_ctxt_switches"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    Some(count.sum())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// One second of a machine that counts 200 ticks in it.
    fn window(busy: u64, steal: u64, own: u64, pressure_us: u64, crowded: bool) -> Noise {
        let before = Snapshot {
            at: Instant::now(),
            machine: Some(Machine { total: 0, busy: 0, steal: 0 }),
            own_ticks: Some(0),
            pressure_us: Some(0),
            involuntary: Some(0),
        };
        let after = Snapshot {
            at: before.at + Duration::from_secs(1),
            machine: Some(Machine { total: 200, busy, steal }),
            own_ticks: Some(own),
            pressure_us: Some(pressure_us),
            involuntary: Some(0),
        };
        between(&before, &after, crowded)
    }

    #[test]
    fn each_gate_trips_by_its_own_cause() {
        assert!(!window(100, 0, 100, 0, false).is_noisy());
        assert!(window(100, 10, 100, 0, false).reasons[0].contains("stolen time 5 %"));
        assert!(window(150, 0, 100, 0, false).reasons[0].contains("other processes 25 %"));
        assert!(window(100, 0, 100, 500_000, false).reasons[0].contains("cpu pressure 50 %"));
        assert!(!window(100, 0, 100, 500_000, true).is_noisy(), "crowded");
    }

    #[test]
    fn the_worse_of_before_and_during_grades_a_run() {
        let quiet = window(100, 0, 100, 0, false);
        assert_eq!(grade(&quiet, None), (Grade::Quiet, vec![]));
        assert_eq!(grade(&window(100, 10, 100, 0, false), None).0, Grade::Noisy);
        assert_eq!(grade(&window(100, 30, 100, 0, false), None).0, Grade::Unusable);
        assert_eq!(grade(&window(200, 0, 90, 0, false), None).0, Grade::Unusable);
        let reasons = vec!["spin test: so".to_owned()];
        let spin = Spin { grade: Grade::Unusable, reasons, ..Spin::default() };
        assert_eq!(grade(&quiet, Some(&spin)), (Grade::Noisy, spin.reasons.clone()));
    }

    #[test]
    fn kernel_texts_are_parsed_and_garbage_is_not() {
        let stat = "cpu  100 0 50 800 10 1 2 7 0 0\ncpu0 1 2 3\n";
        let seen = machine(stat).unwrap();
        assert_eq!((seen.total, seen.busy, seen.steal), (970, 150, 7));
        assert_eq!(machine("cpu x"), None);
        let text = "some avg10=0.00 avg60=0.00 avg300=0.27 total=13913200\nfull total=0";
        assert_eq!(pressure_us(text), Some(13_913_200));
        assert_eq!(pressure_us(""), None);
        let line = "7 (a) b (c) S 3 7 7 0 -1 0 0 0 0 0 5 6 7 8 20 0 1";
        assert_eq!(parent_and_ticks(line), Some((3, 26)));
        assert_eq!(parent_and_ticks("nothing"), None);
    }

    #[test]
    fn a_real_window_is_read() {
        let before = Snapshot::take();
        let noise = before.since(true);
        assert!(noise.seconds > 0.0);
    }
}
