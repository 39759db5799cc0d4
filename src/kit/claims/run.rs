//! Measures claims, one after the other, and keeps each one's record as soon as it is measured.

use std::path::Path;

use crate::kit::measure::environment::Environment;
use crate::kit::measure::noise::{Snapshot, spin_test};
use crate::kit::measure::previous::keep_previous;
use crate::kit::measure::profile::Profile;
use crate::kit::measure::record::{Record, RecordError, Run};

use super::claim::{Claim, Course, Step};

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Wish<'w> {
    /// The claims, in this order.
    pub claims: Vec<&'static Claim>,
    /// How long it may take.
    pub profile: Profile,
    /// Exactly so many rounds for each group.
    pub rounds: Option<usize>,
    /// Where the records go.
    pub records: &'w Path,
    /// The command that repeats it.
    pub command: String,
    /// A directory of the working tree whose commit is measured.
    pub tree: &'w Path,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Finished {
    /// The claims whose record was written.
    pub measured: Vec<&'static str>,
    /// What could not be measured, and why.
    pub failures: Vec<String>,
    /// It was stopped before all was measured.
    pub stopped: bool,
}

/// Measures the claims and writes a record for each. `go_on` is told of each step and says whether
/// to go on: when not, the group that runs is dropped, and what was measured before is kept.
///
/// # Errors
/// [`RecordError`] when a record cannot be written.
pub fn run(
    wish: &Wish<'_>,
    go_on: &mut dyn FnMut(&'static Claim, Step<'_>) -> bool,
) -> Result<Finished, RecordError> {
    let mut finished = Finished::default();
    for &claim in &wish.claims {
        let spin = Some(spin_test());
        let environment = Environment::read(&wish.command, wish.tree);
        let before = Snapshot::take();
        let mut told = |step: Step<'_>| go_on(claim, step);
        let mut course = Course::new(wish.profile, wish.rounds, &mut told);
        (claim.run)(&mut course);
        let (groups, failures, stopped) = course.finish();
        finished.failures.extend(failures.iter().map(|why| format!("{}/{why}", claim.id)));
        if groups.iter().any(|group| group.failure.is_none()) || !failures.is_empty() {
            let (profile, noise) = (wish.profile.name().to_owned(), before.since(true));
            let mut record = Record::new(&claim.record());
            record.claim = Some(claim.text());
            record.merge(Run { environment, profile, noise, spin }, groups);
            keep_previous(wish.records, &record.bench)?;
            record.write(wish.records)?;
            finished.measured.push(claim.id);
        }
        if stopped {
            finished.stopped = true;
            break;
        }
    }
    Ok(finished)
}
