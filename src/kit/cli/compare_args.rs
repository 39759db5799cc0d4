//! The arguments of `windlass compare`, and what they start.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use crate::kit::measure::builds::{BuildsPlan, Workload};
use crate::kit::report::comparison::{self, Shown};

/// Open files beside those of the connections.
const FILES_BESIDE: u64 = 64;

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The run before: a directory of records or of a report, a record, or a results.json; with
    /// --bin a windlass binary
    old: PathBuf,
    /// The run after, or the other binary
    new: PathBuf,
    /// With --bin: what the servers are asked for [default: hello-64 hello-1000 wait-5ms-1000]
    #[arg(value_name = "WORKLOAD", value_parser = Workload::parse, requires = "bin")]
    workloads: Vec<Workload>,
    /// Measure two builds of windlass in turn, instead of reading what was measured
    #[arg(long)]
    bin: bool,
    /// With --bin: how often both are started and measured; ten or more let small changes be seen
    #[arg(long, value_name = "N", default_value_t = 12, requires = "bin",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=100))]
    blocks: usize,
    /// With --bin: length of a measured window in ms; each block has four for each workload
    #[arg(long, value_name = "MS", default_value_t = 300, requires = "bin",
        value_parser = RangedU64ValueParser::<u64>::new().range(10..=60_000))]
    window_ms: u64,
    /// Also judge values that nothing measured in the same run stands beside
    #[arg(long, conflicts_with = "bin")]
    absolute: bool,
    /// Exit with 1 when something is slower beyond noise, else with 3 when a bench is void or its
    /// machine was too noisy, when nothing tells how much two runs differ, or when no change could
    /// have been found in so few rounds
    #[arg(long)]
    check: bool,
    /// Print Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Show all rows
    #[arg(long)]
    all: bool,
}

impl CompareArgs {
    /// Compares, and prints the changes: the exit code.
    pub(super) fn run(&self) -> ExitCode {
        let shown = match (self.markdown, self.json) {
            (true, _) => Shown::Markdown,
            (_, true) => Shown::Json,
            _ => Shown::Terminal { all: self.all },
        };
        if !self.bin {
            return comparison::command(&self.old, &self.new, self.absolute, self.check, shown);
        }
        let mut plan = BuildsPlan { blocks: self.blocks, ..BuildsPlan::default() };
        plan.window = Duration::from_millis(self.window_ms);
        if !self.workloads.is_empty() {
            plan.workloads.clone_from(&self.workloads);
        }
        raise_open_files(&plan);
        let shows = io::stderr().is_terminal();
        let mut progress = |counted: usize| {
            if shows {
                // Nobody may be looking: then nobody misses it.
                let _ = write!(io::stderr(), "\rblock {counted} of {} ", self.blocks);
            }
        };
        let code = comparison::builds_command(
            [&self.old, &self.new],
            &plan,
            self.check,
            shown,
            &mut progress,
        );
        if shows {
            eprintln!();
        }
        code
    }
}

/// The client keeps the connections of both builds open.
fn raise_open_files(plan: &BuildsPlan) {
    let most = plan.workloads.iter().map(|workload| workload.connections()).max().unwrap_or(0);
    let wanted = 2 * most as u64 + FILES_BESIDE;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed >= wanted => {}
        Ok(allowed) => eprintln!(
            "windlass compare: the system allows {allowed} open files, and {wanted} are needed: \
             raise ulimit -Hn, or choose a workload of fewer connections"
        ),
        Err(error) => {
            eprintln!("windlass compare: cannot raise the limit of open files: {error}");
        }
    }
}
