//! Which other processes are busy.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

/// The kernel counts processor time in hundredths of a second.
const TICKS_PER_S: f64 = 100.0;

/// Processes that use less than this share of a core are not named.
const SHARE_MIN: f64 = 0.05;

/// So many are named.
const NAMED_MAX: usize = 3;

/// Processor time of each process at one moment.
pub(super) struct Census {
    at: Instant,
    processes: BTreeMap<u32, (String, u64)>,
}

impl Census {
    /// Counts now; empty where it cannot be read.
    pub(super) fn take() -> Census {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let processes = entries.filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            Some((id, name_and_ticks(&stat)?))
        });
        Census { at: Instant::now(), processes: processes.collect() }
    }

    /// The busiest since then beside this one: name, id, and share of a core.
    pub(super) fn busiest(&self) -> Vec<String> {
        busiest(self, &Census::take(), std::process::id())
    }
}

fn busiest(before: &Census, after: &Census, own: u32) -> Vec<String> {
    let seconds = after.at.duration_since(before.at).as_secs_f64().max(1e-3);
    let mut shares: Vec<(f64, String)> = after
        .processes
        .iter()
        .filter(|(id, _)| **id != own)
        .map(|(id, (name, ticks))| {
            let first = before.processes.get(id).map_or(0, |(_, ticks)| *ticks);
            let share = ticks.saturating_sub(first) as f64 / TICKS_PER_S / seconds;
            (share, format!("{name} ({id}) {:.0} %", share * 100.0))
        })
        .filter(|(share, _)| *share >= SHARE_MIN)
        .collect();
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    shares.into_iter().take(NAMED_MAX).map(|(_, said)| said).collect()
}

/// Name and user + system ticks from `/proc/<pid>/stat`, whose name may itself hold brackets.
fn name_and_ticks(stat: &str) -> Option<(String, u64)> {
    let (open, close) = (stat.find('(')?, stat.rfind(')')?);
    let fields: Vec<&str> = stat.get(close + 1..)?.split_whitespace().collect();
    let ticks = fields.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some((stat.get(open + 1..close)?.to_owned(), ticks))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_busiest_come_first_and_this_one_not_at_all() {
        let census = |at, ticks: [u64; 4]| {
            let named = ["own", "idle", "busy", "busier"].into_iter().map(str::to_owned);
            Census { at, processes: (1..).zip(named.zip(ticks)).collect() }
        };
        let began = Instant::now();
        let before = census(began, [0, 10, 10, 10]);
        let after = census(began + Duration::from_secs(2), [200, 14, 60, 190]);
        let named = busiest(&before, &after, 1);
        assert_eq!(named, ["busier (4) 90 %", "busy (3) 25 %"]);
    }

    #[test]
    fn the_kernels_line_is_read() {
        let line = "7 (a) b (c) S 3 7 7 0 -1 0 0 0 0 0 5 6 7 8 20 0 1";
        assert_eq!(name_and_ticks(line), Some(("a) b (c".to_owned(), 11)));
        assert_eq!(name_and_ticks("nothing"), None);
        assert_eq!(name_and_ticks(") ("), None);
    }
}
