//! The closing summary: what the targets of one `cargo test` have counted, together.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use crate::totals::Total;

/// The targets that count.
pub(crate) const TARGETS: [&str; 6] =
    ["histories", "linearizability", "loom", "orders_sim", "progress", "sim"];

/// What came of the files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// By name.
    counts: BTreeMap<String, usize>,
    /// Targets that were not in this run.
    pub(crate) missing: Vec<&'static str>,
    /// Files that were this run's, to be removed.
    pub(crate) read: Vec<String>,
}

/// Sums up the files that children of `parent` have written; a file is its target's name and its
/// text. Those of other runs are left alone.
pub(crate) fn summary(files: &[(String, String)], parent: u32) -> Summary {
    let mut summary = Summary::default();
    for (target, text) in files {
        let mut lines = text.lines();
        if lines.next() != Some(&format!("parent {parent}")) {
            continue;
        }
        for (count, name) in lines.filter_map(|line| line.split_once(' ')) {
            let count = count.parse().unwrap_or(0);
            *summary.counts.entry(name.to_owned()).or_default() += count;
        }
        summary.read.push(target.clone());
    }
    let came = |target: &&str| summary.read.iter().any(|read| read == target);
    summary.missing = TARGETS.into_iter().filter(|target| !came(target)).collect();
    summary
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "closing summary")?;
        for total in Total::ALL {
            let count = self.counts.get(total.name());
            let count = count.map_or_else(|| "-".to_owned(), ToString::to_string);
            writeln!(f, "{count:>12}  {}", total.name())?;
        }
        if !self.missing.is_empty() {
            writeln!(f, "not in this run: {}", self.missing.join(", "))?;
        }
        Ok(())
    }
}

/// Options of the test harness that take a value.
const WITH_VALUE: [&str; 6] =
    ["--color", "--format", "--logfile", "--shuffle-seed", "--test-threads", "-Z"];

/// Whether the whole was run: no test was chosen by name, and none is only listed.
pub(crate) fn is_whole(arguments: &[String]) -> bool {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(&argument.as_str()) {
            arguments.next();
        } else if !argument.starts_with('-') || argument == "--list" || argument == "--skip" {
            return false;
        }
    }
    true
}
