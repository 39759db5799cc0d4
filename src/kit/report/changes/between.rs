//! Two sets of records, group by group.
//!
//! A row asks how the subject's ratio to another contender changed. Two runs of one build differ by
//! more than their rounds say: memory is laid out anew, threads land on other cores. How much
//! more, the contenders that are *not* the subject tell, since nobody changed them: what two of
//! them usually moved against each other is a group's **unrest** (at least the upper quartile over
//! its bench, since few contenders tell little; over all benches, where it has no two such
//! contenders), and a change within [`UNREST_TIMES`] of it does not count. Where nothing tells it,
//! nothing is judged.
//!
//! A bench's groups are also put together in a row of their own: what slows all of them down a
//! little, in too few rounds for any of them to show it, is seen there.

use crate::kit::measure::contender::Role;
use crate::kit::measure::control;
use crate::kit::measure::noise::{self, Grade};
use crate::kit::measure::ranks;
use crate::kit::measure::record::{Group, Record, Run};
use crate::kit::measure::statistics;

use super::data::{Change, Changes, FORMAT, SCHEMA, Side};
use super::judge::{Samples, judge};
use super::pair::Pair;

const METHOD: &str = "Of each run the ratios of the subject to others in the same rounds; \
    the change of these (Hodges-Lehmann) with its interval and p value (Mann-Whitney; ranks within \
    each group where all groups of a bench are put together), corrected over all rows that can be \
    found (Holm)";

/// Of hundreds of rows, one or two move by three times what is usual, and none by four.
const UNREST_TIMES: f64 = 4.0;

/// The id of the row in which a bench's groups are put together.
const ALL_GROUPS: &str = "(all)";

/// Why a ratio is not judged of which no unrest is known.
const UNTOLD: &str = "nothing tells how much two runs differ";

/// One bench in both runs.
struct Matched<'a> {
    name: &'a str,
    is_claim: bool,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Matched<'a> {
    fn groups(&self, new: bool) -> Vec<&'a Group> {
        self.pairs.iter().map(|pair| if new { pair.new } else { pair.old }).collect()
    }

    /// The unrest of each group that tells it.
    fn unrest(&self) -> Vec<f64> {
        self.pairs.iter().filter_map(|pair| pair.unrest(None)).collect()
    }
}

/// What is usual: the upper quartile.
fn usual(unrest: &[f64]) -> Option<f64> {
    statistics::summary(unrest).map(|unrest| unrest.high)
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
        unjudged: Vec::new(),
        too_few: None,
        alone: Vec::new(),
        skipped: Vec::new(),
    };
    let mut benches = Vec::new();
    for record in new.1 {
        match old.1.iter().find(|old| old.bench == record.bench) {
            Some(old) => benches.push(matched(&mut changes, old, record)),
            None => changes.alone.push(format!("{}: only in the new run", record.bench)),
        }
    }
    let gone = old.1.iter().filter(|old| new.1.iter().all(|new| new.bench != old.bench));
    changes.alone.extend(gone.map(|old| format!("{}: only in the old run", old.bench)));
    let anywhere = usual(&benches.iter().flat_map(Matched::unrest).collect::<Vec<f64>>());
    for (bench, void) in benches.iter().zip(voids(&benches)) {
        let usual = usual(&bench.unrest()).or(anywhere);
        self::bench(&mut changes, bench, void, usual, absolute);
    }
    let tested = || changes.rows.iter().filter(|row| row.p.is_some());
    changes.unusable = tested().next().is_some() && tested().all(|row| row.why.is_some());
    changes.too_few = judge(&mut changes.rows, Samples::Rounds);
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

/// The groups that both records have and that were measured anew in between.
fn matched<'a>(changes: &mut Changes, old: &'a Record, new: &'a Record) -> Matched<'a> {
    let name = &*new.bench;
    let mut pairs = Vec::new();
    for group in &new.groups {
        let Some(before) = old.groups.iter().find(|old| old.id == group.id) else {
            changes.alone.push(format!("{name}/{}: only in the new run", group.id));
            continue;
        };
        // A run of some groups leaves the others as they were: they say nothing new.
        if same_run(old, before, new, group) {
            continue;
        }
        let runs = old.runs.get(before.run).zip(new.runs.get(group.run));
        pairs.push(Pair { bench: name, old: before, new: group, runs });
    }
    let gone = old.groups.iter().filter(|old| new.groups.iter().all(|new| new.id != old.id));
    changes.alone.extend(gone.map(|old| format!("{name}/{}: only in the old run", old.id)));
    Matched { name, is_claim: new.claim.is_some(), pairs }
}

/// Of each bench, why nothing of it is judged: in one of the runs the subject against itself shows
/// a winner, in this bench or in all together (of a claim: or in all claims). All controls of both
/// runs are judged together, as one of so many shows a winner by luck now and then.
fn voids(benches: &[Matched<'_>]) -> Vec<Option<String>> {
    let mut sets = Vec::new();
    for new in [false, true] {
        let claims = benches.iter().filter(|bench| bench.is_claim);
        sets.push(benches.iter().flat_map(|bench| bench.groups(new)).collect());
        sets.push(claims.flat_map(|bench| bench.groups(new)).collect());
        sets.extend(benches.iter().map(|bench| bench.groups(new)));
    }
    let controls = control::pooled(&sets);
    let (old, new) = controls.split_at(2 + benches.len());
    let wins = |run: &[Option<control::Pooled>], place: usize| {
        run[place].as_ref().is_some_and(|control| control.outcome.has_winner())
    };
    let why = |place: usize| {
        let runs = [("old", old), ("new", new)];
        let void = runs.into_iter().find(|(_, run)| {
            wins(run, 0) || (benches[place].is_claim && wins(run, 1)) || wins(run, place + 2)
        });
        void.map(|(word, _)| format!("in the {word} run the subject against itself shows a winner"))
    };
    (0..benches.len()).map(why).collect()
}

fn bench(
    changes: &mut Changes,
    bench: &Matched<'_>,
    void: Option<String>,
    usual: Option<f64>,
    absolute: bool,
) {
    for (before, after) in bench.pairs.iter().filter_map(|pair| pair.runs) {
        warn(&mut changes.warnings, bench.name, before, after);
    }
    let (mut firsts, mut reasons) = (Vec::new(), Vec::new());
    for pair in &bench.pairs {
        let why = match pair.runs.is_none_or(|(before, after)| usable(before) && usable(after)) {
            false => Some("the machine was too noisy in one of the runs".to_owned()),
            true => void.clone(),
        };
        let first = changes.rows.len();
        rows(changes, *pair, usual, absolute);
        for row in changes.rows[first..].iter_mut().filter(|row| row.p.is_some()) {
            if why.is_some() {
                row.why.clone_from(&why);
            }
            reasons.extend(row.why.clone().filter(|why| !reasons.contains(why)));
        }
        let own = changes.rows.get(first).filter(|row| row.why.is_none());
        firsts.extend(
            own.filter(|row| row.against.is_some() && row.measure.is_none())
                .map(|row| (*pair, row.clone())),
        );
    }
    changes.rows.extend(together(&firsts));
    let told = reasons.into_iter().map(|why| format!("{}: {why}", bench.name));
    changes.unjudged.extend(told);
}

fn usable(run: &Run) -> bool {
    noise::grade(&run.noise, run.spin.as_ref()).0 < Grade::Unusable
}

/// The first rows of a bench's groups as one row; `None` where there are no two.
fn together(firsts: &[(Pair<'_>, Change)]) -> Option<Change> {
    let (pair, _) = firsts.first().filter(|_| firsts.len() > 1)?;
    let logs: Vec<[Vec<f64>; 2]> = firsts
        .iter()
        .filter_map(|(pair, row)| {
            let others = pair.others();
            let other = others.into_iter().find(|(_, new)| row.against.as_ref() == Some(&new.name));
            Some(pair.logs(pair.subjects()?, other?, None))
        })
        .collect();
    let strata: Vec<(&[f64], &[f64])> =
        logs.iter().map(|[old, new]| (old.as_slice(), new.as_slice())).collect();
    let title = format!("{}, {} groups", pair.bench, firsts.len());
    let mut row = Change::new(pair.bench, ALL_GROUPS, &title, "ratio");
    row.against = Some("each its best".to_owned());
    let median = |which: usize| {
        statistics::median(&logs.iter().flat_map(|logs| logs[which].clone()).collect::<Vec<f64>>())
    };
    (row.old, row.new) = (median(0)?.exp(), median(1)?.exp());
    row.tested(ranks::stratified(&strata)?);
    let smallest: Vec<f64> = firsts.iter().map(|(_, row)| row.smallest).collect();
    row.smallest = statistics::median(&smallest)?;
    Some(row)
}

fn same_run(old: &Record, before: &Group, new: &Record, group: &Group) -> bool {
    let times = |record: &Record, run: usize| {
        record.runs.get(run).map(|run| run.environment.time_utc.clone())
    };
    times(old, before.run) == times(new, group.run) && before.contenders == group.contenders
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
/// where there is neither), and what is claimed of values measured beside. `usual`: their unrest at
/// the least, where that is known.
fn rows(changes: &mut Changes, pair: Pair<'_>, usual: Option<f64>, absolute: bool) {
    let (bench, id) = (pair.bench, &pair.new.id);
    let Some(subjects) = pair.subjects() else {
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
        let unrest = match against {
            None => Some(0.0),
            Some(_) => pair.unrest(of).into_iter().chain(usual).reduce(f64::max),
        };
        match unrest {
            Some(unrest) => row.smallest = control.max((UNREST_TIMES * unrest).exp() - 1.0),
            None => row.why = Some(UNTOLD.to_owned()),
        }
        changes.rows.push(row);
    }
}
