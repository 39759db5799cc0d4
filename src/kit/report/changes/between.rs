//! Two sets of records, group by group.
//!
//! A row asks how the subject's ratio to another contender changed. Two runs of one build differ by
//! more than their rounds say: memory is laid out anew, threads land on other cores. How much
//! more, the contenders that are *not* the subject tell, since nobody changed them: what two of
//! them usually moved against each other is a group's **unrest** (at least the upper quartile over
//! its bench, since few contenders tell little), and a change within [`UNREST_TIMES`] of it does
//! not count.

use crate::kit::measure::compare;
use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::noise::{self, Grade};
use crate::kit::measure::ranks;
use crate::kit::measure::record::{Contender, Group, Record, Run};
use crate::kit::measure::statistics::{self, SMALLEST_EFFECT};

use super::data::{Change, Changes, FORMAT, SCHEMA, Side, judge};

const METHOD: &str = "Of each run the ratios of the subject to others in the same rounds; \
    the change of these (Hodges-Lehmann) with its interval and p value (Mann-Whitney), corrected \
    over all rows (Holm)";

/// Of hundreds of rows, one or two move by three times what is usual, and none by four.
const UNREST_TIMES: f64 = 4.0;

/// A group has fewer contenders; of a strange file no more are looked at.
const OTHERS_MAX: usize = 64;

/// One group in both runs.
#[derive(Clone, Copy)]
struct Pair<'a> {
    bench: &'a str,
    old: &'a Group,
    new: &'a Group,
}

/// Compares the records of two runs. `absolute`: also judges values that nothing measured in the
/// same run stands beside, for two runs on one quiet machine.
#[must_use]
pub fn between(old: (&str, &[Record]), new: (&str, &[Record]), absolute: bool) -> Changes {
    let mut changes = Changes {
        format: FORMAT.to_owned(),
        schema: SCHEMA,
        old: side(old.0, old.1),
        new: side(new.0, new.1),
        method: METHOD.to_owned(),
        rows: Vec::new(),
        warnings: Vec::new(),
        unusable: false,
        alone: Vec::new(),
        skipped: Vec::new(),
    };
    for record in new.1 {
        match old.1.iter().find(|old| old.bench == record.bench) {
            Some(old) => bench(&mut changes, old, record, absolute),
            None => changes.alone.push(format!("{}: only in the new run", record.bench)),
        }
    }
    let gone = old.1.iter().filter(|old| new.1.iter().all(|new| new.bench != old.bench));
    changes.alone.extend(gone.map(|old| format!("{}: only in the old run", old.bench)));
    let tested = || changes.rows.iter().filter(|row| row.p.is_some());
    changes.unusable = tested().next().is_some() && tested().all(|row| row.why.is_some());
    judge(&mut changes.rows);
    changes
}

fn side(path: &str, records: &[Record]) -> Side {
    let runs = records.iter().filter_map(Record::newest_run);
    let newest = runs.max_by(|a, b| a.environment.time_utc.cmp(&b.environment.time_utc));
    let environment = newest.map(|run| &run.environment);
    Side {
        path: path.to_owned(),
        commit: environment.and_then(|facts| facts.commit.clone()),
        time_utc: environment.map(|facts| facts.time_utc.clone()),
    }
}

fn bench(changes: &mut Changes, old: &Record, new: &Record, absolute: bool) {
    let name = &new.bench;
    let mut pairs = Vec::new();
    let mut runs: Vec<(&Run, &Run)> = Vec::new();
    for group in &new.groups {
        let Some(before) = old.groups.iter().find(|old| old.id == group.id) else {
            changes.alone.push(format!("{name}/{}: only in the new run", group.id));
            continue;
        };
        // A run of some groups leaves the others as they were: they say nothing new.
        if same_run(old, before, new, group) {
            continue;
        }
        pairs.push(Pair { bench: name, old: before, new: group });
        runs.extend(old.runs.get(before.run).zip(new.runs.get(group.run)));
    }
    let gone = old.groups.iter().filter(|old| new.groups.iter().all(|new| new.id != old.id));
    changes.alone.extend(gone.map(|old| format!("{name}/{}: only in the old run", old.id)));
    for (before, after) in &runs {
        warn(&mut changes.warnings, name, before, after);
    }
    let usable = |run: &Run| noise::grade(&run.noise, run.spin.as_ref()).0 < Grade::Unusable;
    let void = match runs.iter().all(|(before, after)| usable(before) && usable(after)) {
        false => Some("the machine was too noisy in one of the runs".to_owned()),
        true if is_void(old) || is_void(new) => {
            Some("in one of the runs the subject against itself shows a winner".to_owned())
        }
        true => None,
    };
    let known: Vec<f64> = pairs.iter().filter_map(|pair| pair.unrest(None)).collect();
    let usual = statistics::summary(&known).map_or(0.0, |unrest| unrest.high);
    for pair in pairs {
        let first = changes.rows.len();
        rows(changes, pair, usual, absolute);
        for row in changes.rows[first..].iter_mut().filter(|row| row.p.is_some()) {
            row.why.clone_from(&void);
        }
    }
}

fn same_run(old: &Record, before: &Group, new: &Record, group: &Group) -> bool {
    let times = |record: &Record, run: usize| {
        record.runs.get(run).map(|run| run.environment.time_utc.clone())
    };
    times(old, before.run) == times(new, group.run) && before.contenders == group.contenders
}

/// The subject against itself, over the whole bench.
fn is_void(record: &Record) -> bool {
    let logs: Vec<f64> = record.groups.iter().flat_map(compare::control_logs).collect();
    statistics::ratio(&logs)
        .is_some_and(|ratio| compare::outcome(&ratio, SMALLEST_EFFECT).has_winner())
}

fn warn(warnings: &mut Vec<String>, bench: &str, before: &Run, after: &Run) {
    let (old, new) = (&before.environment, &after.environment);
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let mut differs = |what: &str, old: String, new: String| {
        let said = format!("another {what}: {old}, then {new}");
        if old != new && !warnings.contains(&said) {
            warnings.push(said);
        }
    };
    differs("processor", text(&old.cpu_model), text(&new.cpu_model));
    let cores = |cores: Option<usize>| cores.map_or("unknown".to_owned(), |n| n.to_string());
    differs("number of cores", cores(old.cores), cores(new.cores));
    differs("kernel", text(&old.kernel), text(&new.kernel));
    differs("compiler", text(&old.rustc), text(&new.rustc));
    differs("profile", before.profile.clone(), after.profile.clone());
    for (when, run) in [("old", before), ("new", after)] {
        for reason in noise::grade(&run.noise, run.spin.as_ref()).1 {
            let said = format!("{bench}, {when} run: {reason}");
            if !warnings.contains(&said) {
                warnings.push(said);
            }
        }
    }
}

/// The rows of one group: the subject against the best baseline and each peer (against the limit,
/// where there is neither), and what is claimed of values measured beside.
fn rows(changes: &mut Changes, pair: Pair<'_>, usual: f64, absolute: bool) {
    let (bench, id) = (pair.bench, &pair.new.id);
    let subjects =
        compare::first_of(pair.old, Role::Subject).zip(compare::first_of(pair.new, Role::Subject));
    let Some(subjects) = subjects else {
        return;
    };
    for (when, subject) in [("old", subjects.0), ("new", subjects.1)] {
        if let Some(failure) = &subject.failure {
            changes.alone.push(format!("{bench}/{id}: failed in the {when} run: {failure}"));
            return;
        }
    }
    let others = pair.others();
    let named = |name: &str| others.iter().copied().find(|(_, new)| new.name == name);
    let mut wanted: Vec<(Option<&str>, Option<&str>)> = Vec::new();
    let peers = others.iter().filter(|(_, new)| new.role == Role::Peer);
    wanted.extend(pair.best_baseline(&others).map(|name| (Some(name), None)));
    wanted.extend(peers.map(|(_, new)| (Some(&*new.name), None)));
    if wanted.is_empty() {
        let limits = others.iter().filter(|(_, new)| new.role == Role::Limit);
        wanted.extend(limits.map(|(_, new)| (Some(&*new.name), None)));
    }
    if wanted.is_empty() {
        wanted.push((None, None));
    }
    let claims = &pair.new.claims;
    wanted.extend(claims.iter().map(|claim| (claim.against.as_deref(), claim.of.as_deref())));
    let mut seen = Vec::new();
    let mut controls: Vec<(Option<&str>, f64)> = Vec::new();
    for (against, of) in wanted {
        if seen.contains(&(against, of)) {
            continue;
        }
        seen.push((against, of));
        let row = match against {
            None => pair.value(subjects, of, absolute),
            Some(name) => named(name).and_then(|other| pair.ratio(subjects, other, of)),
        };
        let Some(mut row) = row else { continue };
        let known = controls.iter().find(|known| known.0 == of).map(|known| known.1);
        let control = known.unwrap_or_else(|| pair.control(of));
        controls.extend(known.is_none().then_some((of, control)));
        let unrest = against.map_or(0.0, |_| pair.unrest(of).unwrap_or(0.0).max(usual));
        row.smallest = control.max((UNREST_TIMES * unrest).exp() - 1.0);
        changes.rows.push(row);
    }
}

type Both<'a> = (&'a Contender, &'a Contender);

impl<'a> Pair<'a> {
    /// The contenders, measured in both runs, that nobody's change to the subject touches.
    fn others(self) -> Vec<Both<'a>> {
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
    fn best_baseline(self, others: &[Both<'a>]) -> Option<&'a str> {
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
    fn unrest(self, of: Option<&str>) -> Option<f64> {
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
    fn control(self, of: Option<&str>) -> f64 {
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

    /// The subject's ratio to another.
    fn ratio(self, subject: Both, other: Both, of: Option<&str>) -> Option<Change> {
        let old = compare::logs(self.old, subject.0, other.0, of);
        let new = compare::logs(self.new, subject.1, other.1, of);
        let mut row = self.row(Some(&other.1.name), of);
        row.old = statistics::median(&old)?.exp();
        row.new = statistics::median(&new)?.exp();
        row.tested(ranks::unpaired(&old, &new)?);
        Some(row)
    }

    /// The subject's own value; judged only if asked for.
    fn value(self, subject: Both, of: Option<&str>, absolute: bool) -> Option<Change> {
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
