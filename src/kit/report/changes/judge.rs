//! When a change may be called one, and which rows have too few rounds to be found at all.
//!
//! Rank tests of few rounds have a smallest p value, however far apart two runs stand: 6 rounds
//! against 6 give 2 in 924. Corrected over many rows that is nothing. Rows that could not be found
//! whatever happened are told as such, and are left out of the correction.

use crate::kit::measure::holm::{holm, within_reach};
use crate::kit::measure::ranks::{paired_least, unpaired_least};
use crate::kit::measure::statistics::{Interval, ROUNDS_MIN, SMALLEST_EFFECT};

use super::data::{Change, Judgement};

/// A row is called faster or slower when chance would show as much in fewer than so many cases of
/// one: corrected over all rows that can be found, so that this is the chance that a whole
/// comparison of two equal runs calls anything changed, as far as their rounds tell.
pub const CHANCE_MAX: f64 = 0.01;

/// A number of rounds beyond this is not worth naming.
const ROUNDS_NAMED_MAX: usize = 100;

/// What a row's samples are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// Rounds of two runs, which are not paired.
    Rounds,
    /// Blocks in which both builds were measured.
    Blocks,
}

impl Samples {
    fn least(self, count: usize) -> f64 {
        match self {
            Self::Rounds => unpaired_least(count),
            Self::Blocks => paired_least(count),
        }
    }

    /// The fewest with which each of so many rows can be found.
    fn needed(self, rows: usize) -> usize {
        let enough = |count: &usize| rows as f64 * self.least(*count) < CHANCE_MAX;
        (ROUNDS_MIN..ROUNDS_NAMED_MAX).find(enough).unwrap_or(ROUNDS_NAMED_MAX)
    }

    fn words(self, count: usize) -> String {
        match self {
            Self::Rounds => format!("{count} rounds in each run"),
            Self::Blocks => format!("{count} blocks"),
        }
    }
}

/// Judges the tested rows, their p values corrected over all that can be found; what is to be said
/// of those that cannot. Rows that already have a reason keep it and stay undecided; neither these
/// nor rows with too few rounds are questions asked.
#[must_use]
pub fn judge(rows: &mut [Change], samples: Samples) -> Option<String> {
    let tested = |row: &Change| row.p.is_some() && row.why.is_none();
    let least = rows.iter().filter(|row| tested(row)).map(|row| {
        let whole = row.change.is_some_and(|change| change.rounds >= ROUNDS_MIN);
        if whole { row.p_least.unwrap_or(0.0) } else { 1.0 }
    });
    let within = within_reach(&least.collect::<Vec<f64>>(), CHANCE_MAX);
    for (row, within) in rows.iter_mut().filter(|row| tested(row)).zip(&within) {
        row.within_reach = *within;
    }
    let asked: Vec<f64> =
        rows.iter().filter(|row| tested(row) && row.within_reach).filter_map(|row| row.p).collect();
    let mut corrected = holm(&asked).into_iter();
    let (rows_tested, mut lost) = (within.len(), 0);
    let needed = samples.words(samples.needed(rows_tested));
    for row in rows.iter_mut().filter(|row| row.p.is_some() && row.why.is_none()) {
        let Some(change) = row.change else { continue };
        if row.within_reach {
            row.p = corrected.next();
        }
        (row.verdict, row.why) = verdict(&change, row);
        if row.verdict == Judgement::CannotTell && !row.within_reach {
            row.why = Some(format!("too few to find any change; {needed} would do"));
            lost += 1;
        }
    }
    (lost > 0).then(|| {
        format!(
            "{} could not have been found, whatever changed: among {} that takes {needed}.",
            rows_said(lost),
            rows_said(rows_tested)
        )
    })
}

fn rows_said(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

fn verdict(change: &Interval, row: &Change) -> (Judgement, Option<String>) {
    let least = 1.0 + row.smallest.max(SMALLEST_EFFECT);
    let beyond = |ratio: f64| ratio >= least || ratio <= 1.0 / least;
    let sure = row.within_reach && row.p.is_some_and(|p| p < CHANCE_MAX);
    if sure && beyond(change.median) {
        let faster = change.median > 1.0;
        return (if faster { Judgement::Faster } else { Judgement::Slower }, None);
    }
    let within = 1.0 + SMALLEST_EFFECT;
    let whole = change.rounds >= ROUNDS_MIN;
    if whole && change.low >= 1.0 / within && change.high <= within {
        return (Judgement::NoChange, None);
    }
    let percent = (least - 1.0) * 100.0;
    let why = match sure {
        true => format!("within the {percent:.0} % by which the runs differ anyway"),
        false => "the rounds do not tell it from chance".to_owned(),
    };
    (Judgement::CannotTell, Some(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::measure::ranks::Shift;

    fn row(low: f64, median: f64, high: f64, p: f64) -> Change {
        let mut row = Change::new("b", "g", "t", "ns");
        let ratio = Interval { low, median, high, rounds: 12 };
        row.tested(Shift { ratio, p, p_least: unpaired_least(12) });
        row
    }

    /// [`super::judge`] of rows with rounds enough.
    fn judge(rows: &mut [Change]) {
        assert_eq!(super::judge(rows, Samples::Rounds), None);
    }

    #[test]
    fn a_change_needs_size_and_certainty_over_all_rows() {
        let mut rows = [
            row(0.78, 0.8, 0.82, 1e-5),
            row(1.2, 1.25, 1.3, 1e-5),
            row(0.97, 0.98, 0.99, 1e-5),
            row(0.99, 1.0, 1.01, 0.8),
            row(0.7, 0.9, 1.1, 0.2),
            row(0.6, 0.7, 0.8, 0.005),
        ];
        rows[1].smallest = 0.5;
        judge(&mut rows);
        let verdicts = rows.each_ref().map(|row| row.verdict);
        use Judgement::*;
        let expected = [Slower, CannotTell, Slower, NoChange, CannotTell, CannotTell];
        assert_eq!(verdicts, expected);
        assert!(rows[1].why.as_ref().unwrap().contains("within the 50 %"));
        assert_eq!(rows[5].p, Some(0.015), "third of three that are left");
        let mut alone = [row(0.6, 0.7, 0.8, 0.005)];
        judge(&mut alone);
        assert_eq!(alone[0].verdict, Slower);
    }

    #[test]
    fn rows_with_a_reason_are_no_questions() {
        let mut rows = [row(0.6, 0.7, 0.8, 0.005), row(0.6, 0.7, 0.8, 0.005)];
        rows[1].why = Some("void".to_owned());
        judge(&mut rows);
        assert_eq!(rows[0].verdict, Judgement::Slower);
        assert_eq!((rows[1].verdict, rows[1].p), (Judgement::CannotTell, Some(0.005)));
        let mut few = row(0.7, 0.7, 0.7, 1e-9);
        few.change.as_mut().unwrap().rounds = 5;
        let told = super::judge(std::slice::from_mut(&mut few), Samples::Rounds);
        assert_eq!(few.verdict, Judgement::CannotTell);
        assert!(told.unwrap().contains("takes 6 rounds in each run"));
    }

    /// So many rows with so many rounds in each run, all as far apart as they can be.
    fn apart(rows: usize, rounds: usize) -> Vec<Change> {
        let mut all = vec![row(0.7, 0.8, 0.9, 0.0); rows];
        for row in &mut all {
            (row.p, row.p_least) = (Some(unpaired_least(rounds)), Some(unpaired_least(rounds)));
            row.change.as_mut().unwrap().rounds = rounds;
        }
        all
    }

    #[test]
    fn rows_that_cannot_be_found_say_so_and_are_no_questions() {
        let mut four = apart(4, 6);
        assert_eq!(super::judge(&mut four, Samples::Rounds), None);
        assert!(four.iter().all(|row| row.verdict == Judgement::Slower));
        let mut five = apart(5, 6);
        let told = super::judge(&mut five, Samples::Rounds).unwrap();
        assert!(told.starts_with("5 rows could not have been found, whatever changed"));
        assert!(told.contains("among 5 rows that takes 7 rounds in each run"), "{told}");
        assert!(five.iter().all(|row| {
            let why = row.why.as_deref().unwrap();
            row.verdict == Judgement::CannotTell && !row.within_reach && why.contains("too few")
        }));
        // One with rounds enough does not pay for the others.
        five.extend(apart(1, 12));
        five.iter_mut().for_each(|row| row.why = None);
        five[5].p = Some(0.009);
        assert!(super::judge(&mut five, Samples::Rounds).unwrap().starts_with("5 rows could"));
        assert_eq!((five[5].verdict, five[5].p), (Judgement::Slower, Some(0.009)));
        // What has not changed can be said all the same.
        let mut level = apart(9, 6);
        level.iter_mut().for_each(|row| {
            let ratio = Interval { low: 0.99, median: 1.0, high: 1.01, rounds: 6 };
            row.change = Some(ratio);
        });
        assert_eq!(super::judge(&mut level, Samples::Rounds), None);
        assert!(level.iter().all(|row| row.verdict == Judgement::NoChange));
        let told = super::judge(&mut apart(6, 6), Samples::Blocks);
        assert!(told.unwrap().contains("among 6 rows that takes 11 blocks"));
    }
}
