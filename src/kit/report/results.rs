//! The results as data: what every way of showing them shows, and what `results.json` holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::environment::Environment;
use crate::kit::measure::figure::{Distribution, Series};
use crate::kit::measure::noise::{self, Grade, Noise, Spin};
use crate::kit::measure::record::{Axis, ClaimText};
use crate::kit::measure::rule::Rule;
use crate::kit::measure::statistics::{Interval, Summary, Verdict};

use super::changes::Changes;
pub use super::judged::{ClaimResult, Control, Decision, Evidence, Headline, Level};

/// The word that says a file is one of ours.
pub const FORMAT: &str = "windlass-results";
/// The version of the layout.
pub const SCHEMA: u32 = 1;

/// The subject's name where several benches are spoken of: each calls its own variant something
/// else.
pub const PROJECT: &str = "windlass";

/// Everything the report shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// [`FORMAT`].
    pub format: String,
    /// [`SCHEMA`].
    pub schema: u32,
    /// When the report was made, UTC.
    pub made_utc: String,
    /// Whether the run can be trusted.
    pub quality: Quality,
    /// The subject against itself: over everything first, then over all claims where benches stand
    /// beside them, then each bench and claim.
    pub controls: Vec<Control>,
    /// The claims about asynchronism, each with its verdict.
    #[serde(default)]
    pub claims: Vec<ClaimResult>,
    /// Up to where blocking is fine on this machine.
    #[serde(default)]
    pub decision: Decision,
    /// What may be said, in plain sentences.
    pub statements: Vec<Statement>,
    /// From where on the subject is worth it, along each family's axis.
    pub thresholds: Vec<String>,
    /// The benches.
    pub benches: Vec<Bench>,
    /// Benches without a record.
    pub missing: Vec<Missing>,
    /// Files that were skipped, and why.
    pub skipped: Vec<String>,
    /// What changed since the run before, where its records were kept.
    #[serde(default)]
    pub changes: Option<Changes>,
}

/// How far the run can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// The worst that was found.
    pub level: Level,
    /// What was found.
    pub reasons: Vec<String>,
}

/// What the subject is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// The best blocking baseline.
    Blocking,
    /// The best peer.
    Peer,
}

/// One thing that may be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// The bench.
    pub bench: String,
    /// The group's id.
    pub group: String,
    /// The group's title.
    pub title: String,
    /// Compared with what kind.
    pub against: Against,
    /// Compared with whom.
    pub other: String,
    /// How the subject fares.
    pub outcome: Outcome,
    /// Above 1 the subject is better.
    pub ratio: Interval,
    /// The sentence.
    pub text: String,
}

/// One bench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bench {
    /// Its name.
    pub name: String,
    /// The newest run's machine and command.
    pub environment: Environment,
    /// The newest run's profile.
    pub profile: String,
    /// The newest run's noise.
    pub noise: Noise,
    /// What the spin test saw before it.
    #[serde(default)]
    pub spin: Option<Spin>,
    /// The control shows a winner: no verdict of this bench stands.
    pub void: bool,
    /// The claim about asynchronism that its groups are the evidence for, if there is one.
    #[serde(default)]
    pub claim: Option<ClaimText>,
    /// Its groups.
    pub groups: Vec<Group>,
}

/// One group of contenders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Short and stable.
    pub id: String,
    /// What is measured.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// The values' unit.
    pub unit: String,
    /// Which direction is better.
    pub better: Better,
    /// How it was measured.
    pub method: String,
    /// What it does not show.
    pub not_shown: String,
    /// Groups of one family make one plot.
    pub family: Option<String>,
    /// The place on the family's axis.
    pub x: Option<Axis>,
    /// It shows where the baseline is as good or better, and decides no claim.
    #[serde(default)]
    pub boundary: bool,
    /// Rounds that count.
    pub rounds: usize,
    /// Of those, noisy ones.
    pub rounds_noisy: usize,
    /// Noisy rounds that were run again and do not count.
    pub rounds_replaced: usize,
    /// Effects smaller than this share do not count here.
    pub smallest_effect: f64,
    /// The contenders.
    pub rows: Vec<Row>,
    /// The claims.
    pub claims: Vec<Claim>,
    /// Why it could not be measured.
    pub failure: Option<String>,
    /// It was measured in an earlier run than the bench's newest: when, and at which commit.
    pub earlier: Option<String>,
}

/// One contender of a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Why it is there.
    pub role: Role,
    /// Median and spread; `None` when it failed.
    pub summary: Option<Summary>,
    /// The counted rounds.
    pub values: Vec<f64>,
    /// Medians of what was measured beside.
    pub side: BTreeMap<String, f64>,
    /// How latencies were distributed over the rounds that count, by name.
    #[serde(default)]
    pub distributions: BTreeMap<String, Distribution>,
    /// What happened over a window's time, in the last round that counts, by name.
    #[serde(default)]
    pub series: BTreeMap<String, Series>,
    /// Operations a sample.
    pub ops: Option<u64>,
    /// It against the best blocking baseline.
    pub to_blocking: Option<Comparison>,
    /// It against the best peer.
    pub to_peer: Option<Comparison>,
    /// The subject against it.
    pub subject_to_it: Option<Comparison>,
    /// Why it could not be measured.
    pub failure: Option<String>,
}

/// A ratio to another contender; above 1 is better than the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The other.
    pub other: String,
    /// The ratio.
    pub ratio: Interval,
    /// What it says.
    pub outcome: Outcome,
}

/// A claim, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// In words.
    pub text: String,
    /// Against whom; `None`: the subject's own value.
    pub against: Option<String>,
    /// The value measured beside that is claimed of; `None`: the group's own.
    #[serde(default)]
    pub of: Option<String>,
    /// The ratio or value it must reach.
    pub bar: f64,
    /// Which way round it is held to the bar.
    #[serde(default)]
    pub rule: Rule,
    /// The judgement.
    pub verdict: Verdict,
    /// What was measured.
    pub measured: Option<Interval>,
    /// About how many more rounds would decide it, where it is undecided and rounds would help.
    #[serde(default)]
    pub rounds_more: Option<usize>,
}

/// A bench without a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// Its name.
    pub bench: String,
    /// The command that makes its record.
    pub command: String,
}

impl Level {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Noisy => "noisy",
            Self::Unusable => "unusable",
        }
    }
}

impl Results {
    /// The control that row one shows: over all claims, or else over everything.
    #[must_use]
    pub fn control(&self) -> Option<&Control> {
        Control::of_row_one(&self.controls)
    }

    /// The control of one bench.
    #[must_use]
    pub fn control_of(&self, bench: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.bench.as_deref() == Some(bench))
    }

    /// How many claims (of `bench`, or of all) have this verdict; those of groups that decide
    /// nothing do not count.
    #[must_use]
    pub fn verdicts(&self, bench: Option<&str>, verdict: Verdict) -> usize {
        let benches = self.benches.iter().filter(|own| bench.is_none_or(|name| own.name == name));
        let groups = benches.flat_map(|bench| &bench.groups).filter(|group| !group.boundary);
        let claims = groups.flat_map(|group| &group.claims);
        claims.filter(|claim| claim.verdict == verdict).count()
    }

    /// The comparisons of this kind in the benches that are no claim's evidence.
    pub fn compared(&self, against: Against) -> impl Iterator<Item = &Statement> {
        let no_claim = |s: &&Statement| {
            self.benches.iter().any(|bench| bench.name == s.bench && bench.claim.is_none())
        };
        self.statements.iter().filter(move |s| s.against == against).filter(no_claim)
    }

    /// Those of them that came out so, in benches whose control shows no winner.
    #[must_use]
    pub fn counted(&self, against: Against, outcome: Outcome) -> Vec<&Statement> {
        let void = self.void();
        let same = |s: &&Statement| s.outcome == outcome && !void.contains(&&*s.bench);
        self.compared(against).filter(same).collect()
    }

    /// The benches of which nothing may be said.
    #[must_use]
    pub fn void(&self) -> Vec<&str> {
        let void = self.benches.iter().filter(|bench| bench.void);
        void.map(|bench| &*bench.name).collect()
    }

    /// What is claimed, and is refuted: `refuted: bench/group: the claim`. Groups that decide
    /// nothing are left out.
    #[must_use]
    pub fn refuted(&self) -> Vec<String> {
        let mut out = Vec::new();
        for bench in &self.benches {
            for group in bench.groups.iter().filter(|group| !group.boundary) {
                let refuted = group.claims.iter().filter(|c| c.verdict == Verdict::Refuted);
                let id = format!("{}/{}", bench.name, group.id);
                out.extend(refuted.map(|claim| format!("refuted: {id}: {}", claim.text)));
            }
        }
        out
    }

    /// What was tried and could not be measured: groups, contenders.
    #[must_use]
    pub fn failed(&self) -> Vec<String> {
        let mut out = Vec::new();
        for bench in &self.benches {
            for group in &bench.groups {
                let id = format!("{}/{}", bench.name, group.id);
                out.extend(group.failure.iter().map(|why| format!("{id}: {why}")));
                let rows = group.rows.iter();
                out.extend(rows.filter_map(|row| {
                    Some(format!("{id}/{}: {}", row.name, row.failure.as_ref()?))
                }));
            }
        }
        out
    }

    /// What could not be measured, and the benches without a record.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut out = self.failed();
        let missing = self.missing.iter();
        out.extend(missing.map(|missing| format!("{}: not measured", missing.bench)));
        out
    }
}

impl Bench {
    /// Whether the machine did so much else while it ran that nothing may be said of it.
    #[must_use]
    pub fn is_too_noisy(&self) -> bool {
        noise::grade(&self.noise, None).0 == Grade::Unusable
    }
}

impl Claim {
    /// The verdict in words; where nobody can tell, with what it would take.
    #[must_use]
    pub fn said(&self) -> String {
        match (self.verdict, self.rounds_more) {
            (Verdict::Holds, _) => "holds".to_owned(),
            (Verdict::Refuted, _) => "refuted".to_owned(),
            (Verdict::Undecided, Some(more)) => {
                format!("cannot tell; about {more} more rounds would do")
            }
            (Verdict::Undecided, None) => "cannot tell".to_owned(),
        }
    }
}

impl Group {
    /// The first row of `role`.
    #[must_use]
    pub fn row(&self, role: Role) -> Option<&Row> {
        self.rows.iter().find(|row| row.role == role)
    }

    /// Whether `row` is the one whose ratios are asked for: the first of the subject's role. Others
    /// of that role are variants with a name of their own.
    #[must_use]
    pub fn is_subject(&self, row: &Row) -> bool {
        self.row(Role::Subject).is_some_and(|own| own.name == row.name)
    }
}
