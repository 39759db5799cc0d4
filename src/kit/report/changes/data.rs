//! What changed between two runs, as data, and when a change may be called one.

use serde::{Deserialize, Serialize};

use crate::kit::measure::holm::holm;
use crate::kit::measure::ranks::Shift;
use crate::kit::measure::statistics::{Interval, ROUNDS_MIN, SMALLEST_EFFECT};

/// The word that says a file is one of ours.
pub const FORMAT: &str = "windlass-changes";
/// The version of the layout.
pub const SCHEMA: u32 = 1;

/// A row is called faster or slower when chance would show as much in fewer than so many cases of
/// one: corrected over all rows, so that this is the chance that a whole comparison of two equal
/// runs calls anything changed, as far as their rounds tell.
pub const CHANCE_MAX: f64 = 0.01;

/// All that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// [`FORMAT`].
    pub format: String,
    /// [`SCHEMA`].
    pub schema: u32,
    /// The run before, or build A.
    pub old: Side,
    /// The run after, or build B.
    pub new: Side,
    /// How the two were brought together, in a sentence.
    pub method: String,
    /// The rows, in the order of the benches.
    pub rows: Vec<Change>,
    /// What makes the two hard to compare: another machine, noise.
    pub warnings: Vec<String>,
    /// The machine was too noisy, or the controls were void: nothing may be said.
    pub unusable: bool,
    /// What only one of the two has, and so could not be compared.
    pub alone: Vec<String>,
    /// Files that were skipped, and why.
    pub skipped: Vec<String>,
}

/// One of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Where it was read from, or the binary.
    pub path: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// When, UTC.
    pub time_utc: Option<String>,
}

/// One thing measured in both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The bench.
    pub bench: String,
    /// The group's id.
    pub group: String,
    /// What is measured, in a few words.
    pub title: String,
    /// The contender that the subject is compared with in each run; `None`: the value itself.
    pub against: Option<String>,
    /// The value measured beside that is compared; `None`: the group's own.
    pub measure: Option<String>,
    /// The unit of `old` and `new`.
    pub unit: String,
    /// The median before: a ratio above 1 where the subject is better, or a value.
    pub old: f64,
    /// The median after.
    pub new: f64,
    /// How many times better the new one is, with its 95 % interval; below 1 it is worse.
    pub change: Option<Interval>,
    /// How likely so large a change is when there is none, corrected over all rows.
    pub p: Option<f64>,
    /// A change below this share does not count here.
    pub smallest: f64,
    /// What may be said.
    pub verdict: Judgement,
    /// Why no more may be said.
    pub why: Option<String>,
}

/// What may be said of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// Better, beyond noise.
    Faster,
    /// Worse, beyond noise.
    Slower,
    /// The whole interval lies within the smallest effect that counts.
    NoChange,
    /// Neither was shown.
    CannotTell,
    /// Shown, and not to be judged: nothing measured in the same run stands beside it.
    NotJudged,
}

impl Changes {
    /// The rows of which this may be said.
    #[must_use]
    pub fn of(&self, verdict: Judgement) -> Vec<&Change> {
        self.rows.iter().filter(|row| row.verdict == verdict).collect()
    }

    /// Whether anything is slower beyond noise.
    #[must_use]
    pub fn has_slower(&self) -> bool {
        self.rows.iter().any(|row| row.verdict == Judgement::Slower)
    }

    /// What there is to say, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.unusable {
            return "Nothing may be said: the runs are void, or the machine was too noisy."
                .to_owned();
        }
        let count = |verdict| self.of(verdict).len();
        let mut out = format!(
            "Of {} rows {} are faster, {} slower, {} unchanged; of {} one cannot tell",
            self.rows.len(),
            count(Judgement::Faster),
            count(Judgement::Slower),
            count(Judgement::NoChange),
            count(Judgement::CannotTell),
        );
        match count(Judgement::NotJudged) {
            0 => out.push('.'),
            shown => out.push_str(&format!("; {shown} are only shown.")),
        }
        out
    }

    /// The rows that say most first: slower, faster, then by the size of what was seen.
    #[must_use]
    pub fn ranked(&self) -> Vec<&Change> {
        let mut rows: Vec<&Change> = self.rows.iter().collect();
        let size = |row: &Change| row.change.map_or(0.0, |change| change.median.ln().abs());
        let place = |row: &Change| match row.verdict {
            Judgement::Slower => 0,
            Judgement::Faster => 1,
            Judgement::CannotTell => 2,
            Judgement::NoChange => 3,
            Judgement::NotJudged => 4,
        };
        rows.sort_by(|one, other| {
            place(one).cmp(&place(other)).then(size(other).total_cmp(&size(one)))
        });
        rows
    }
}

impl Change {
    /// A row not judged yet.
    #[must_use]
    pub fn new(bench: &str, group: &str, title: &str, unit: &str) -> Self {
        Self {
            bench: bench.to_owned(),
            group: group.to_owned(),
            title: title.to_owned(),
            against: None,
            measure: None,
            unit: unit.to_owned(),
            old: f64::NAN,
            new: f64::NAN,
            change: None,
            p: None,
            smallest: SMALLEST_EFFECT,
            verdict: Judgement::NotJudged,
            why: None,
        }
    }

    /// Takes a test's result, to be judged by [`judge`].
    pub fn tested(&mut self, shift: Shift) {
        (self.change, self.p) = (Some(shift.ratio), Some(shift.p));
        self.verdict = Judgement::CannotTell;
    }

    /// The verdict as a word that fits what is measured.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let measured = format!("{} {}", self.unit, self.measure.as_deref().unwrap_or_default());
        let size = ["byte", "KiB", "MiB", "kib", "mib", "rss"].iter().any(|u| measured.contains(u));
        match self.verdict {
            Judgement::Faster if size => "smaller",
            Judgement::Slower if size => "LARGER",
            Judgement::Faster => "faster",
            Judgement::Slower => "SLOWER",
            Judgement::NoChange => "no change",
            Judgement::CannotTell => "cannot tell",
            Judgement::NotJudged => "not judged",
        }
    }
}

/// Corrects the p values over all tested rows, and judges these rows. Rows that already have a
/// reason keep it and stay undecided, and are no questions asked.
pub fn judge(rows: &mut [Change]) {
    let asked = |row: &Change| row.p.is_some() && row.why.is_none();
    let p: Vec<f64> = rows.iter().filter(|row| asked(row)).filter_map(|row| row.p).collect();
    let mut corrected = holm(&p).into_iter();
    for row in rows.iter_mut().filter(|row| asked(row)) {
        row.p = corrected.next();
        if let (Some(change), Some(p)) = (row.change, row.p) {
            (row.verdict, row.why) = verdict(&change, p, row.smallest);
        }
    }
}

fn verdict(change: &Interval, p: f64, smallest: f64) -> (Judgement, Option<String>) {
    if change.rounds < ROUNDS_MIN {
        let why = format!("{} rounds; {ROUNDS_MIN} at least", change.rounds);
        return (Judgement::CannotTell, Some(why));
    }
    let least = 1.0 + smallest.max(SMALLEST_EFFECT);
    let beyond = |ratio: f64| ratio >= least || ratio <= 1.0 / least;
    if p < CHANCE_MAX && beyond(change.median) {
        let faster = change.median > 1.0;
        return (if faster { Judgement::Faster } else { Judgement::Slower }, None);
    }
    let within = 1.0 + SMALLEST_EFFECT;
    if change.low >= 1.0 / within && change.high <= within {
        return (Judgement::NoChange, None);
    }
    let percent = (least - 1.0) * 100.0;
    let why = match p < CHANCE_MAX {
        true => format!("within the {percent:.0} % by which the runs differ anyway"),
        false => "the rounds do not tell it from chance".to_owned(),
    };
    (Judgement::CannotTell, Some(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(low: f64, median: f64, high: f64, p: f64) -> Change {
        let mut row = Change::new("b", "g", "t", "ns");
        let ratio = Interval { low, median, high, rounds: 12 };
        row.tested(Shift { ratio, p });
        row
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
        judge(std::slice::from_mut(&mut few));
        assert_eq!(few.verdict, Judgement::CannotTell);
    }
}
