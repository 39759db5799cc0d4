//! The subject against itself, pooled over groups: which of several such controls show a winner,
//! and which have too few rounds to show one.

use super::compare::{self, Outcome};
use super::holm::{holm, within_reach};
use super::ranks;
use super::record::Group;
use super::statistics::{self, Interval, ROUNDS_MIN, SMALLEST_EFFECT};

/// A winner among several controls counts where luck makes one among them less often than this.
pub const LUCK: f64 = 0.05;

/// A number of rounds beyond this is not worth naming.
const ROUNDS_NAMED_MAX: usize = 100;

/// The controls of some groups as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// The pooled ratio; 1 is right.
    pub ratio: Interval,
    /// How many groups have a control.
    pub groups: usize,
    /// A winner is wrong.
    pub outcome: Outcome,
    /// It has too few rounds to show a winner, whatever they say: so many would do. `None`: it
    /// could have shown one.
    pub too_few: Option<usize>,
    /// Its interval excludes 1 by what counts, as one of so many controls does by luck: no winner.
    pub lucky: Option<usize>,
}

/// Pools the controls of each of several sets of groups, and judges them together: a set has a
/// winner when its interval excludes 1 by an effect that counts, and luck would not show as much
/// in one of all the sets (signed ranks, corrected by Holm, below [`LUCK`]). Those that have too
/// few rounds for that are no questions. `None` where no group has a control.
#[must_use]
pub fn pooled(sets: &[Vec<&Group>]) -> Vec<Option<Pooled>> {
    let logs = |set: &Vec<&Group>| -> Vec<Vec<f64>> {
        let each = set.iter().map(|group| compare::control_logs(group));
        each.filter(|logs| !logs.is_empty()).collect()
    };
    let sets: Vec<Vec<Vec<f64>>> = sets.iter().map(logs).collect();
    // Two sets of the same groups are one question.
    let mut asked: Vec<&Vec<Vec<f64>>> = Vec::new();
    for set in sets.iter().filter(|set| !set.is_empty()) {
        if !asked.contains(&set) {
            asked.push(set);
        }
    }
    let tests: Vec<ranks::Shift> =
        asked.iter().filter_map(|set| ranks::paired(&set.concat())).collect();
    let least: Vec<f64> = tests.iter().map(|test| test.p_least).collect();
    let within = within_reach(&least, LUCK);
    let p: Vec<f64> =
        tests.iter().zip(&within).filter_map(|(test, within)| within.then_some(test.p)).collect();
    let together = p.len();
    let mut corrected = holm(&p).into_iter();
    let corrected: Vec<Option<f64>> =
        within.iter().map(|within| within.then(|| corrected.next()).flatten()).collect();
    let judged = |set: &Vec<Vec<f64>>| {
        let ratio = statistics::ratio(&set.concat())?;
        let place = asked.iter().position(|asked| *asked == set)?;
        let p = corrected.get(place).copied().flatten();
        let seen = compare::outcome(&ratio, SMALLEST_EFFECT);
        let lucky = seen.has_winner() && p.is_none_or(|p| p >= LUCK);
        let can_tell = p.is_some() && ratio.rounds >= ROUNDS_MIN;
        Some(Pooled {
            ratio,
            groups: set.len(),
            outcome: if lucky { Outcome::Undecided } else { seen },
            too_few: (!can_tell).then(|| rounds_needed(asked.len())),
            lucky: (lucky && can_tell).then_some(together),
        })
    };
    sets.iter().map(judged).collect()
}

/// The fewest rounds with which one of so many controls can show a winner.
fn rounds_needed(controls: usize) -> usize {
    let enough = |rounds: &usize| controls as f64 * ranks::paired_least(*rounds) < LUCK;
    (ROUNDS_MIN..ROUNDS_NAMED_MAX).find(enough).unwrap_or(ROUNDS_NAMED_MAX)
}
