//! The arguments of `windlass bench`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, RangedU64ValueParser, TypedValueParser};

use crate::kit::claims::{self, claim::Claim};
use crate::kit::measure::paths;
use crate::kit::measure::profile::Profile;

/// Measure the claims about asynchronism on this machine, and write the report.
///
/// Progress goes to standard error, the summary to standard output. Ctrl-C drops the group that
/// runs, keeps what was measured before, and still writes the report; a second one ends at once.
///
/// Exit code 0: measured. 1: something could not be written; with --check, a claim was refuted or
/// something could not be measured. 2: wrong arguments. 3: windlass measured against itself showed
/// a winner, so this machine is too noisy to judge. 130: ended by Ctrl-C.
#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// The claims to measure, in this order [default: all]
    #[arg(value_name = "CLAIM", value_parser = claim())]
    claims: Vec<&'static Claim>,
    /// A first look, with wide intervals: all claims in a little over two minutes
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Everything, as long as it takes
    #[arg(long)]
    full: bool,
    /// Exactly so many rounds of each group; below 6 no comparison is decided
    #[arg(long, value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub(super) rounds: Option<usize>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(super) json: bool,
    /// Where index.html, report.md and results.json go, and the records into its directory records
    /// [default: target/windlass/report and target/windlass/records]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Exit with 1 when a claim is refuted, or something could not be measured
    #[arg(long)]
    pub(super) check: bool,
    /// List the claims, and measure nothing
    #[arg(long)]
    pub(super) list: bool,
}

/// Takes the name of a claim.
fn claim() -> impl TypedValueParser<Value = &'static Claim> {
    let names = claims::ALL.iter().map(|claim| PossibleValue::new(claim.id).help(claim.title));
    PossibleValuesParser::new(names)
        .try_map(|name| claims::named(&name).ok_or_else(|| format!("there is no claim {name}")))
}

impl BenchArgs {
    /// The claims asked for, each once.
    pub(super) fn claims(&self) -> Vec<&'static Claim> {
        let asked = if self.claims.is_empty() { claims::ALL } else { &self.claims };
        let mut once: Vec<&'static Claim> = Vec::new();
        for &claim in asked {
            if once.iter().all(|other| other.id != claim.id) {
                once.push(claim);
            }
        }
        once
    }

    pub(super) fn profile(&self) -> Profile {
        match (self.quick, self.full) {
            (true, _) => Profile::Quick,
            (_, true) => Profile::All,
            _ => Profile::Default,
        }
    }

    /// The directories of the records and of the report.
    pub(super) fn directories(&self) -> (PathBuf, PathBuf) {
        match &self.out {
            Some(out) => (out.join("records"), out.clone()),
            None => (paths::records_dir(), paths::report_dir()),
        }
    }

    /// The command that repeats it.
    pub(super) fn command(&self) -> String {
        let mut words = vec!["windlass bench".to_owned()];
        words.extend(self.claims.iter().map(|claim| claim.id.to_owned()));
        words.extend(self.quick.then(|| "--quick".to_owned()));
        words.extend(self.full.then(|| "--full".to_owned()));
        words.extend(self.rounds.map(|rounds| format!("--rounds {rounds}")));
        words.join(" ")
    }
}
