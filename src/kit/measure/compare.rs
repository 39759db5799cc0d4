//! Two contenders of one group compared: paired within rounds, oriented so that above 1 the first
//! one is better.

use serde::{Deserialize, Serialize};

use super::contender::{Better, Role};
use super::record::{Claim, Contender, Group};
use super::rule::Rule;
use super::statistics::{self, Interval, Verdict};

/// How the first of two contenders fares against the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Better, by an effect that counts.
    Ahead,
    /// Worse, by an effect that counts.
    Behind,
    /// No difference that counts: the whole interval lies within 2 % around 1.
    Tie,
    /// Neither was shown: the interval is too wide, or rests on too few rounds.
    Undecided,
}

impl Outcome {
    /// Whether one of the two is better.
    #[must_use]
    pub fn has_winner(self) -> bool {
        matches!(self, Self::Ahead | Self::Behind)
    }
}

/// The values that count: of contenders that did not fail, in rounds that were not replaced.
#[must_use]
pub fn counted(group: &Group, contender: &Contender) -> Vec<f64> {
    counted_of(group, contender, None)
}

/// The values of a measure: the group's own, or one that stands beside; none where it is missing.
fn values<'c>(contender: &'c Contender, of: Option<&str>) -> &'c [Option<f64>] {
    match of {
        None => &contender.values,
        Some(name) => contender.side.get(name).map_or(&[], Vec::as_slice),
    }
}

/// [`counted`] of a measure: `None` the group's own value, else one that stands beside.
#[must_use]
pub fn counted_of(group: &Group, contender: &Contender, of: Option<&str>) -> Vec<f64> {
    if contender.failure.is_some() {
        return Vec::new();
    }
    let rounds = group.rounds.iter().zip(values(contender, of));
    rounds.filter(|(round, _)| !round.replaced).filter_map(|(_, value)| *value).collect()
}

/// The ratio of `first` to `second`, above 1 when `first` is better; `None` when they share no
/// counted round.
#[must_use]
pub fn ratio(group: &Group, first: &Contender, second: &Contender) -> Option<Interval> {
    ratio_of(group, first, second, None)
}

/// [`ratio`] of a measure: `None` the group's own value, else one that stands beside and of which
/// less is better.
#[must_use]
pub fn ratio_of(
    group: &Group,
    first: &Contender,
    second: &Contender,
    of: Option<&str>,
) -> Option<Interval> {
    statistics::ratio(&logs(group, first, second, of))
}

/// The paired log ratios of the rounds that count, above 0 where `first` is better; none where one
/// of the two failed.
#[must_use]
pub fn logs(group: &Group, first: &Contender, second: &Contender, of: Option<&str>) -> Vec<f64> {
    if first.failure.is_some() || second.failure.is_some() {
        return Vec::new();
    }
    let better = of.map_or(group.better, |_| Better::Lower);
    let pairs = values(first, of).iter().zip(values(second, of)).zip(&group.rounds);
    pairs
        .filter(|(_, round)| !round.replaced)
        .filter_map(|((first, second), _)| oriented(better, (*first)?, (*second)?))
        .collect()
}

/// The log ratio of two values, above 0 when the first is better.
fn oriented(better: Better, first: f64, second: f64) -> Option<f64> {
    let log = match better {
        Better::Lower => (second / first).ln(),
        Better::Higher => (first / second).ln(),
    };
    log.is_finite().then_some(log)
}

/// The first contender of `role`.
#[must_use]
pub fn first_of(group: &Group, role: Role) -> Option<&Contender> {
    group.contenders.iter().find(|contender| contender.role == role)
}

/// The contender of `role` with the best median.
#[must_use]
pub fn best_of(group: &Group, role: Role) -> Option<&Contender> {
    let ranked = group.contenders.iter().filter(|contender| contender.role == role);
    let ranked = ranked.filter_map(|contender| {
        statistics::median(&counted(group, contender)).map(|median| (median, contender))
    });
    let best = match group.better {
        Better::Lower => ranked.min_by(|a, b| a.0.total_cmp(&b.0)),
        Better::Higher => ranked.max_by(|a, b| a.0.total_cmp(&b.0)),
    };
    best.map(|(_, contender)| contender)
}

/// The subject against itself: `None` when the group has no control.
#[must_use]
pub fn control(group: &Group) -> Option<Interval> {
    control_of(group, None)
}

fn control_of(group: &Group, of: Option<&str>) -> Option<Interval> {
    ratio_of(group, first_of(group, Role::Control)?, first_of(group, Role::Subject)?, of)
}

/// The paired log ratios of the subject against itself, for pooling over groups.
#[must_use]
pub fn control_logs(group: &Group) -> Vec<f64> {
    let pair = first_of(group, Role::Control).zip(first_of(group, Role::Subject));
    pair.map(|(control, subject)| logs(group, control, subject, None)).unwrap_or_default()
}

/// The smallest effect that counts in this group: 2 %, or, where the subject measured against
/// itself shows a difference, the far end of that difference.
#[must_use]
pub fn smallest_effect(group: &Group) -> f64 {
    smallest_effect_of(group, None)
}

/// [`smallest_effect`] of a measure, as in [`ratio_of`].
#[must_use]
pub fn smallest_effect_of(group: &Group, of: Option<&str>) -> f64 {
    let Some(control) = control_of(group, of) else {
        return statistics::SMALLEST_EFFECT;
    };
    if outcome(&control, statistics::SMALLEST_EFFECT).has_winner() {
        control.low.ln().abs().max(control.high.ln().abs()).exp() - 1.0
    } else {
        statistics::SMALLEST_EFFECT
    }
}

/// What an oriented ratio says, when effects below `smallest` (a share) do not count.
#[must_use]
pub fn outcome(ratio: &Interval, smallest: f64) -> Outcome {
    match statistics::judge(ratio, 1.0, smallest) {
        Verdict::Holds => Outcome::Ahead,
        Verdict::Refuted => Outcome::Behind,
        Verdict::Undecided if level(ratio) => Outcome::Tie,
        Verdict::Undecided => Outcome::Undecided,
    }
}

/// Whether the whole interval lies within 2 % around 1: what a disturbed control shows makes nobody
/// level.
fn level(ratio: &Interval) -> bool {
    let most = 1.0 + statistics::SMALLEST_EFFECT;
    ratio.rounds >= statistics::ROUNDS_MIN && ratio.low >= 1.0 / most && ratio.high <= most
}

/// What is claimed never to exceed the bar: once is too often, in a noisy round too. What was
/// measured is the most of any round, those included that were run again.
fn never(subject: &Contender, of: Option<&str>, bar: f64) -> (Verdict, Interval) {
    let all = || values(subject, of).iter().flatten().copied();
    let (most, rounds) = (all().fold(f64::NEG_INFINITY, f64::max), all().count());
    let verdict = match most > bar {
        true => Verdict::Refuted,
        false if rounds < statistics::ROUNDS_MIN => Verdict::Undecided,
        false => Verdict::Holds,
    };
    (verdict, Interval { low: most, median: most, high: most, rounds })
}

/// Judges a claim, and gives what was measured for it: the oriented ratio, or the subject's own
/// median with its interval (the most of any round, where it is claimed never to be more).
#[must_use]
pub fn judge(group: &Group, claim: &Claim) -> (Verdict, Option<Interval>) {
    let Some(subject) = first_of(group, Role::Subject) else {
        return (Verdict::Undecided, None);
    };
    let of = claim.of.as_deref();
    let smallest = smallest_effect_of(group, of);
    if let Some(against) = &claim.against {
        let other = group.contenders.iter().find(|contender| &contender.name == against);
        let Some(ratio) = other.and_then(|other| ratio_of(group, subject, other, of)) else {
            return (Verdict::Undecided, None);
        };
        return (claim.rule.judge(&ratio, claim.bar, smallest), Some(ratio));
    }
    let Some(own) = statistics::interval_of_median(&counted_of(group, subject, of)) else {
        return (Verdict::Undecided, None);
    };
    // "At most 0" of a value beside is "never" also in records that know no other rule.
    if claim.rule == Rule::Never || (claim.bar == 0.0 && of.is_some()) {
        let (verdict, most) = never(subject, of, claim.bar);
        return (verdict, Some(most));
    }
    // A value is not a comparison: no effect is too small, only the interval decides.
    let (kept, broken) = match of.map_or(group.better, |_| Better::Lower) {
        Better::Lower => (own.high <= claim.bar, own.low > claim.bar),
        Better::Higher => (own.low >= claim.bar, own.high < claim.bar),
    };
    let verdict = match (kept, broken) {
        _ if own.rounds < statistics::ROUNDS_MIN => Verdict::Undecided,
        (true, _) => Verdict::Holds,
        (_, true) => Verdict::Refuted,
        _ => Verdict::Undecided,
    };
    (verdict, Some(own))
}
