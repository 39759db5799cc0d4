//! `windlass report`: its arguments, and what it does.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::kit::report::results::Level;
use crate::kit::report::{self, ReportError, ReportOptions};

use super::exit::{self, Failed};
use super::opener;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Where the records are [default: target/windlass/records]
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Where index.html, report.md and results.json go [default: target/windlass/report]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Show the page in the browser
    #[arg(long)]
    open: bool,
    /// Exit with 3 when the run is unusable, else with 1 when a claim or a bar is refuted or
    /// something that was tried could not be measured
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: ReportArgs) -> Result<ExitCode, Failed> {
    let default = ReportOptions::default();
    let options = ReportOptions {
        records: args.records.unwrap_or(default.records),
        out: args.out.unwrap_or(default.out),
    };
    let outcome = report::run(&options).map_err(|error| match error {
        ReportError::NoRecords(..) => Failed::usage(error),
        ReportError::Write(..) => Failed::new(error),
    })?;
    if args.open {
        opener::open(&outcome.address).map_err(Failed::new)?;
    }
    if !args.check {
        return Ok(ExitCode::SUCCESS);
    }
    let results = &outcome.results;
    let failed: Vec<String> = results.refuted().into_iter().chain(results.failed()).collect();
    let unusable = results.quality.level == Level::Unusable;
    Ok(ExitCode::from(exit::judged(unusable, &failed)))
}
