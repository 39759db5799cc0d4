//! The arguments of `windlass report`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Where the records are [default: target/windlass/records]
    #[arg(long, value_name = "DIR")]
    pub(super) records: Option<PathBuf>,
    /// Where index.html, report.md and results.json go [default: target/windlass/report]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}
