//! `windlass report`: its arguments, and what it does.

use std::path::PathBuf;

use clap::Args;

use crate::kit::report::{self, ReportError, ReportOptions};

use super::exit::Failed;
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
}

pub(super) fn run(args: ReportArgs) -> Result<(), Failed> {
    let default = ReportOptions::default();
    let options = ReportOptions {
        records: args.records.unwrap_or(default.records),
        out: args.out.unwrap_or(default.out),
    };
    let outcome = report::run(&options).map_err(|error| match error {
        ReportError::NoRecords(..) => Failed::usage(error),
        ReportError::Write(..) => Failed::new(error),
    })?;
    match args.open {
        true => opener::open(&outcome.address).map_err(Failed::new),
        false => Ok(()),
    }
}
