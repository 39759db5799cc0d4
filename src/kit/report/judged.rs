//! Controls and claims as data: judged, with their evidence, and what helps to decide.

use serde::{Deserialize, Serialize};

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::record::ClaimText;
use crate::kit::measure::rule::Rule;
use crate::kit::measure::statistics::{Interval, SMALLEST_EFFECT, Verdict};

use super::text::percent;

/// A grade of trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// No gate tripped, the control shows no winner.
    Quiet,
    /// The machine did other things too: wide intervals, read with care.
    Noisy,
    /// The control shows a winner where there can be none, or the machine did mostly other things:
    /// no verdict stands.
    Unusable,
}

/// The subject measured against itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// The bench; `None`: all of them.
    pub bench: Option<String>,
    /// Only the claims among them.
    #[serde(default)]
    pub claims: bool,
    /// Its pooled ratio; 1 is right.
    pub ratio: Interval,
    /// How many groups were pooled.
    pub groups: usize,
    /// A winner is wrong.
    pub outcome: Outcome,
    /// It has too few rounds to show a winner: so many would do. `None`: it could have shown one.
    #[serde(default)]
    pub too_few: Option<usize>,
    /// It differs by what counts, as one of so many controls does by luck: that is no winner.
    #[serde(default)]
    pub lucky: Option<usize>,
}

impl Control {
    /// The one that row one shows: over all claims, or else over everything.
    #[must_use]
    pub fn of_row_one(all: &[Self]) -> Option<&Self> {
        let over = |claims| all.iter().find(move |c| c.bench.is_none() && c.claims == claims);
        over(true).or_else(|| over(false))
    }

    /// What it is over, in words.
    #[must_use]
    pub fn over(&self) -> &str {
        match (&self.bench, self.claims) {
            (Some(bench), _) => bench,
            (None, true) => "all claims",
            (None, false) => "all benches",
        }
    }

    /// What it shows, in a few words.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (self.outcome.has_winner(), self.too_few) {
            (true, _) => "a winner",
            (_, Some(_)) => "too few",
            _ => "no winner",
        }
    }

    /// [`Control::word`] for a table without colours, where what is wrong is in capitals.
    #[must_use]
    pub fn loud(&self) -> &'static str {
        if self.outcome.has_winner() { "A WINNER" } else { self.word() }
    }

    /// What it shows; where that is nothing, from about which difference on it would have shown a
    /// winner.
    #[must_use]
    pub fn told(&self) -> String {
        let Interval { low, median, high, rounds } = self.ratio;
        let groups =
            if self.groups == 1 { "1 group".to_owned() } else { format!("{} groups", self.groups) };
        let over = format!("over {groups} and {rounds} rounds");
        if self.outcome.has_winner() {
            return format!("shows a winner where none can be {over}: no verdict stands");
        }
        if let Some(needed) = self.too_few {
            return format!("has too few rounds to tell: {rounds}, and {needed} would do");
        }
        if let Some(controls) = self.lucky {
            let by = percent((median - 1.0).abs());
            let one = match controls {
                1 => "a control".to_owned(),
                _ => format!("one of {controls} controls"),
            };
            return format!("differs by {by} {over}, as {one} does by luck");
        }
        let from = (high / median).max(median / low) - 1.0;
        let from = percent(from.max(SMALLEST_EFFECT));
        format!("shows no winner {over}; it would have shown one of at least about {from}")
    }
}

/// A claim about asynchronism, judged over all its groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimResult {
    /// The claim in words.
    pub words: ClaimText,
    /// The bench (the name of the record) that its groups lie in; `None`: it has no record.
    pub bench: Option<String>,
    /// Refuted when one deciding claim of its groups is, holds when all do, else undecided.
    pub verdict: Verdict,
    /// The one claim of its groups that the verdict hangs on most.
    pub headline: Option<Headline>,
    /// What came out, in plain words.
    pub sentence: String,
    /// The groups that decide, then those that show where the baseline is as good.
    pub evidence: Vec<Evidence>,
    /// How far its run can be trusted.
    pub quality: Level,
    /// About how many more rounds would decide it.
    pub rounds_more: Option<usize>,
}

/// A measured claim of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// The group's id.
    pub group: String,
    /// The group's title, and what was measured beside where that is compared.
    pub title: String,
    /// The subject there.
    pub subject: String,
    /// Against whom; `None`: the subject's own value.
    pub against: Option<String>,
    /// What is compared: the group's unit, or the name of a value measured beside.
    pub unit: String,
    /// The ratio or value it must reach.
    pub bar: f64,
    /// Which way round it is held to the bar.
    #[serde(default)]
    pub rule: Rule,
    /// The ratio, above 1 when the subject is better, or the value.
    pub measured: Interval,
}

/// A group that shows something of a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The group's id.
    pub group: String,
    /// Its title.
    pub title: String,
    /// It shows where the baseline is as good or better, and decides nothing.
    pub boundary: bool,
}

/// Up to where blocking is fine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The line that helps to decide.
    pub sentence: String,
    /// Blocking is as good or better up to so many at once; `None`: cannot tell.
    pub connections: Option<f64>,
    /// Blocking keeps the p99 below [`Decision::p99_ms`] up to so many requests a second; `None`:
    /// cannot tell.
    pub rate_per_s: Option<f64>,
    /// The bound on the p99, in milliseconds.
    pub p99_ms: f64,
}
