//! What changed between two runs, as data.

use serde::{Deserialize, Serialize};

use crate::kit::measure::ranks::Shift;
use crate::kit::measure::statistics::{Interval, SMALLEST_EFFECT};

/// The word that says a file is one of ours.
pub const FORMAT: &str = "windlass-changes";
/// The version of the layout.
pub const SCHEMA: u32 = 1;

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
    /// The machine was too noisy, the controls were void, or nothing tells how much two runs
    /// differ: nothing may be said.
    pub unusable: bool,
    /// Benches of which not all may be judged, and why.
    #[serde(default)]
    pub unjudged: Vec<String>,
    /// Where rows have too few rounds to be found, whatever changed: how many they are, and how
    /// many rounds would do.
    #[serde(default)]
    pub too_few: Option<String>,
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
    /// How likely so large a change is when there is none, corrected over all rows that can be
    /// found; as it is, of a row that cannot.
    pub p: Option<f64>,
    /// The smallest `p` that so many rounds can give; not corrected.
    #[serde(default)]
    pub p_least: Option<f64>,
    /// A change could be found here among all rows: it has rounds enough.
    #[serde(default)]
    pub within_reach: bool,
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

    /// Why a check may not pass, though nothing is slower: what could not be judged or found.
    #[must_use]
    pub fn unsure(&self) -> Vec<String> {
        if self.unusable {
            return vec![self.sentence()];
        }
        let mut tested = self.rows.iter().filter(|row| row.p.is_some()).peekable();
        if tested.peek().is_none() {
            return vec!["nothing was measured in both that can be judged".to_owned()];
        }
        let open = self.rows.iter().any(|row| row.verdict == Judgement::CannotTell);
        let blind = tested.all(|row| !row.within_reach) && open;
        let too_few = self.too_few.iter().filter(|_| blind);
        let unjudged = self.unjudged.iter().map(|bench| format!("not judged: {bench}"));
        too_few.cloned().chain(unjudged).collect()
    }

    /// What there is to say, in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        if self.unusable {
            return "Nothing may be said: the runs are void, the machine was too noisy, or nothing \
                    tells how much two runs differ."
                .to_owned();
        }
        if self.rows.is_empty() {
            return "Nothing was measured in both.".to_owned();
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
        if let Some(too_few) = &self.too_few {
            out.push(' ');
            out.push_str(too_few);
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
            p_least: None,
            within_reach: false,
            smallest: SMALLEST_EFFECT,
            verdict: Judgement::NotJudged,
            why: None,
        }
    }

    /// Takes a test's result, which is to be judged.
    pub fn tested(&mut self, shift: Shift) {
        (self.change, self.p) = (Some(shift.ratio), Some(shift.p));
        self.p_least = Some(shift.p_least);
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
