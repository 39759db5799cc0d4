//! One group in two runs: who stands beside the subject in both, how much these moved against each
//! other, and the rows of it.

use crate::kit::measure::compare;
use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::ranks;
use crate::kit::measure::record::{Contender, Group, Run};
use crate::kit::measure::statistics;

use super::data::Change;

/// A group has fewer contenders; of a strange file no more are looked at.
const OTHERS_MAX: usize = 64;

/// One group in both runs.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) bench: &'a str,
    pub(super) old: &'a Group,
    pub(super) new: &'a Group,
    /// The runs that they come from, where the records tell.
    pub(super) runs: Option<(&'a Run, &'a Run)>,
}

/// A contender in both runs.
pub(super) type Both<'a> = (&'a Contender, &'a Contender);

impl<'a> Pair<'a> {
    /// The subject.
    pub(super) fn subjects(self) -> Option<Both<'a>> {
        let of = |group: &'a Group| compare::first_of(group, Role::Subject);
        of(self.old).zip(of(self.new))
    }

    /// The contenders, measured in both runs, that nobody's change to the subject touches.
    pub(super) fn others(self) -> Vec<Both<'a>> {
        let fine = |contender: &&Contender| {
            let stands_beside = matches!(contender.role, Role::Baseline | Role::Peer | Role::Limit);
            stands_beside && contender.failure.is_none()
        };
        let both = self.new.contenders.iter().filter(fine).filter_map(|new| {
            let mut old = self.old.contenders.iter().filter(fine);
            Some((old.find(|old| old.name == new.name)?, new))
        });
        both.take(OTHERS_MAX).collect()
    }

    /// The baseline that was best before.
    pub(super) fn best_baseline(self, others: &[Both<'a>]) -> Option<&'a str> {
        let medians = others.iter().filter(|(old, _)| old.role == Role::Baseline);
        let medians = medians.filter_map(|(old, new)| {
            Some((statistics::median(&compare::counted(self.old, old))?, &*new.name))
        });
        let best = match self.old.better {
            Better::Lower => medians.min_by(|a, b| a.0.total_cmp(&b.0)),
            Better::Higher => medians.max_by(|a, b| a.0.total_cmp(&b.0)),
        };
        best.map(|(_, name)| name)
    }

    /// How far two of the others usually moved against each other (root mean square), as a log
    /// ratio; `None` where there are no two.
    pub(super) fn unrest(self, of: Option<&str>) -> Option<f64> {
        let others = self.others();
        let mut squares = Vec::new();
        for (at, one) in others.iter().enumerate() {
            for other in &others[..at] {
                let old = statistics::median(&compare::logs(self.old, one.0, other.0, of));
                let new = statistics::median(&compare::logs(self.new, one.1, other.1, of));
                squares.extend(old.zip(new).map(|(old, new)| (new - old).powi(2)));
            }
        }
        let count = squares.len() as f64;
        (count > 0.0).then(|| (squares.iter().sum::<f64>() / count).sqrt())
    }

    /// The smallest effect that counts in both runs by their controls.
    pub(super) fn control(self, of: Option<&str>) -> f64 {
        let smallest = |group| compare::smallest_effect_of(group, of);
        smallest(self.old).max(smallest(self.new))
    }

    fn row(self, against: Option<&str>, of: Option<&str>) -> Change {
        let (id, title) = (&self.new.id, &self.new.title);
        let unit = if against.is_some() { "ratio" } else { &self.new.unit };
        let mut row = Change::new(self.bench, id, title, unit);
        row.against = against.map(str::to_owned);
        row.measure = of.map(str::to_owned);
        row
    }

    /// The log ratios of the subject to another, of the old rounds and of the new ones.
    pub(super) fn logs(
        self,
        subject: Both<'_>,
        other: Both<'_>,
        of: Option<&str>,
    ) -> [Vec<f64>; 2] {
        let old = compare::logs(self.old, subject.0, other.0, of);
        [old, compare::logs(self.new, subject.1, other.1, of)]
    }

    /// The subject's ratio to another.
    pub(super) fn ratio(
        self,
        subject: Both<'_>,
        other: Both<'_>,
        of: Option<&str>,
    ) -> Option<Change> {
        let [old, new] = self.logs(subject, other, of);
        let mut row = self.row(Some(&other.1.name), of);
        row.old = statistics::median(&old)?.exp();
        row.new = statistics::median(&new)?.exp();
        row.tested(ranks::unpaired(&old, &new)?);
        Some(row)
    }

    /// The subject's own value; judged only if asked for.
    pub(super) fn value(
        self,
        subject: Both<'_>,
        of: Option<&str>,
        absolute: bool,
    ) -> Option<Change> {
        let values = |group, contender| compare::counted_of(group, contender, of);
        let mut row = self.row(None, of);
        let (old, new) = (values(self.old, subject.0), values(self.new, subject.1));
        row.old = statistics::median(&old)?;
        row.new = statistics::median(&new)?;
        if !absolute {
            row.why = Some("no contender stands beside it; --absolute judges it".to_owned());
            return Some(row);
        }
        let better = of.map_or(self.new.better, |_| Better::Lower);
        let logs = |values: Vec<f64>| -> Vec<f64> {
            let sign = if better == Better::Lower { -1.0 } else { 1.0 };
            values.iter().map(|value| sign * value.ln()).filter(|log| log.is_finite()).collect()
        };
        row.tested(ranks::unpaired(&logs(old), &logs(new))?);
        Some(row)
    }
}
