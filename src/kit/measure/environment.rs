//! What a number was measured on: machine, kernel, compiler, commit, command. Read tolerantly:
//! what cannot be read is absent, never an error.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The facts that travel with each record; a fact that could not be read is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// The processor's name.
    pub cpu_model: Option<String>,
    /// Processors this process may run on.
    pub cores: Option<usize>,
    /// The kernel's name and release.
    pub kernel: Option<String>,
    /// Main memory in MiB.
    pub memory_mib: Option<u64>,
    /// The frequency governor of the first core.
    pub governor: Option<String>,
    /// Whether the machine is virtual, and which.
    pub virtualised: Option<String>,
    /// The compiler's version line.
    pub rustc: Option<String>,
    /// The commit measured.
    pub commit: Option<String>,
    /// Whether the tree had no changes beside that commit.
    pub clean: Option<bool>,
    /// The command that repeats the run.
    pub command: String,
    /// When the run began, UTC, as `2026-01-31T12:00:00Z`.
    pub time_utc: String,
    /// The soft limit of open files.
    pub open_files_max: Option<u64>,
    /// windlass's version.
    pub windlass: String,
}

impl Environment {
    /// Reads the facts. `command` is what repeats the run; `tree` is a directory of the working
    /// tree whose commit is asked for.
    #[must_use]
    pub fn read(command: &str, tree: &Path) -> Self {
        let cpuinfo = read("/proc/cpuinfo").unwrap_or_default();
        let status = output(tree, "git", &["status", "--porcelain"]);
        Self {
            cpu_model: field(&cpuinfo, "model name").or_else(|| field(&cpuinfo, "Model")),
            cores: std::thread::available_parallelism().ok().map(usize::from),
            kernel: kernel(),
            memory_mib: read("/proc/meminfo").and_then(|text| memory_mib(&text)),
            governor: read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            virtualised: virtualised(&cpuinfo),
            rustc: output(tree, "rustc", &["-V"]),
            commit: output(tree, "git", &["rev-parse", "HEAD"]),
            clean: status.map(|text| text.is_empty()),
            command: command.to_owned(),
            time_utc: utc(SystemTime::now()),
            open_files_max: read("/proc/self/limits").and_then(|text| open_files_max(&text)),
            windlass: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// `time` as `2026-01-31T12:00:00Z`; times before 1970 give 1970.
#[must_use]
pub fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1)
}

fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn output(tree: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null());
    if tree.is_dir() {
        command.current_dir(tree);
    }
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}

/// The value of the first `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kernel() -> Option<String> {
    let release = read("/proc/sys/kernel/osrelease")?;
    let name = read("/proc/sys/kernel/ostype").unwrap_or_default();
    Some(format!("{name} {release}").trim().to_owned())
}

fn memory_mib(meminfo: &str) -> Option<u64> {
    let kib: u64 = field(meminfo, "MemTotal")?.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

fn virtualised(cpuinfo: &str) -> Option<String> {
    let vendor = read("/sys/class/dmi/id/sys_vendor").or_else(|| read("/sys/hypervisor/type"));
    let flags = field(cpuinfo, "flags")?;
    match (flags.split_whitespace().any(|flag| flag == "hypervisor"), vendor) {
        (true, Some(vendor)) => Some(format!("yes ({vendor})")),
        (true, None) => Some("yes".to_owned()),
        (false, _) => Some("no".to_owned()),
    }
}

fn open_files_max(limits: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_right() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_767_225_599), "2025-12-31T23:59:59Z");
    }

    #[test]
    fn facts_are_read_and_absence_is_tolerated() {
        let here = Environment::read("cargo bench", Path::new("/nonexistent"));
        assert_eq!(here.command, "cargo bench");
        assert!(here.time_utc.ends_with('Z'));
        assert_eq!(output(Path::new("."), "no-such-program-here", &[]), None);
        assert_eq!(memory_mib("MemTotal:  2048 kB\n"), Some(2));
        assert_eq!(memory_mib("garbage"), None);
        let limits = "Limit  Soft  Hard Units\nMax open files  1024  4096  files\n";
        assert_eq!(open_files_max(limits), Some(1024));
    }

    #[test]
    fn an_older_records_missing_facts_are_absent() {
        let read: Environment = serde_json::from_str("{\"command\":\"x\"}").unwrap();
        assert_eq!(read.command, "x");
        assert_eq!(read.commit, None);
    }
}
