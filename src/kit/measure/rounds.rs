//! Interleaved rounds: A B C, then C B A, and so on, so that what drifts meets all alike.
//!
//! One round measures each contender once. A contender that fails or panics is recorded as failed
//! with its message, takes part in no further round, and never ends the run. A noisy round is run
//! again while repeats are left: the first attempt is kept in the record and not counted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::compare;
use super::contender::{Role, Sample};
use super::figure::Distribution;
use super::noise::Snapshot;
use super::record::{Contender, Group, Round};

/// The control's name is the subject's with this behind it.
pub const CONTROL_SUFFIX: &str = " (again)";

/// How many rounds, and when to stop.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// At least so many rounds.
    pub rounds_min: usize,
    /// At most so many rounds.
    pub rounds_max: usize,
    /// Beyond `rounds_min`, begin no round after this time.
    pub budget: Duration,
    /// Beyond `rounds_min`, stop when the subject's ratios to the best baseline and the best peer
    /// are known to within plus or minus this share (0.02: 2 %), and the intervals of the ratios
    /// it is claimed to reach are no wider than this share from end to end. (Claims of a value
    /// measured beside make no more rounds.)
    pub precise_enough: f64,
    /// Repeat at most so many noisy rounds.
    pub repeats_max: usize,
    /// Measure the subject a second time in each round, as the A/A control.
    pub control: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            rounds_min: 12,
            rounds_max: 30,
            budget: Duration::from_secs(5),
            precise_enough: 0.02,
            repeats_max: 4,
            control: true,
        }
    }
}

/// One contender and how it is measured.
pub struct Entry<'a> {
    /// Its name, unique in the group.
    pub name: String,
    /// Why it is there.
    pub role: Role,
    /// Operations in each sample, where the sample is a batch.
    pub ops: Option<u64>,
    /// Measures it once.
    pub measure: Box<dyn FnMut() -> Result<Sample, String> + 'a>,
    /// Why it cannot be measured at all; it is then only recorded.
    pub failure: Option<String>,
}

impl<'a> Entry<'a> {
    /// A contender measured by `measure`, whose error message is what the report will show.
    pub fn new(
        name: &str,
        role: Role,
        measure: impl FnMut() -> Result<Sample, String> + 'a,
    ) -> Self {
        let (name, measure) = (name.to_owned(), Box::new(measure));
        Self { name, role, ops: None, measure, failure: None }
    }
}

/// Runs the rounds and fills `group.rounds` and `group.contenders`, which it empties first.
///
/// `go_on` is told after each sample how many rounds count so far; when it says no, the rounds end
/// there, and the result is `false`.
pub fn run(
    group: &mut Group,
    plan: &Plan,
    entries: &mut [Entry<'_>],
    go_on: &mut dyn FnMut(usize) -> bool,
) -> bool {
    group.rounds.clear();
    group.contenders = columns(entries, plan.control);
    let mut order: Vec<(usize, usize)> = (0..entries.len()).map(|at| (at, at)).collect();
    if group.contenders.len() > entries.len() {
        let subject = entries.iter().position(|entry| entry.role == Role::Subject);
        order.push((subject.unwrap_or(0), entries.len()));
    }
    let (began, mut counted, mut repeats) = (Instant::now(), 0, 0);
    let mut latencies = Latencies::new();
    while !enough(group, plan, counted, began) {
        let backward = counted % 2 == 1;
        let before = Snapshot::take();
        let Some(samples) =
            measure_round(group, &mut order, entries, backward, &mut || go_on(counted))
        else {
            return false;
        };
        let noise = before.since(group.crowded);
        let replaced = noise.is_noisy() && repeats < plan.repeats_max;
        repeats += usize::from(replaced);
        counted += usize::from(!replaced);
        group.rounds.push(Round { backward, noisy: noise.reasons, replaced });
        if !replaced {
            keep_figures(group, samples, &mut latencies);
        }
        if group.contenders.iter().all(|column| column.failure.is_some()) {
            break;
        }
    }
    for ((column, name), nanos) in latencies {
        let kept = Distribution::of(&nanos);
        group.contenders[column].distributions.insert(name, kept);
    }
    true
}

/// Latencies of all rounds so far, by column and name.
type Latencies = BTreeMap<(usize, String), Histogram<u64>>;

/// Of a round that counts: adds its latencies to those before, and keeps its series.
fn keep_figures(group: &mut Group, samples: Vec<(usize, Sample)>, latencies: &mut Latencies) {
    for (at, sample) in samples {
        for (name, nanos) in sample.latencies {
            match latencies.entry((at, name)) {
                Slot::Vacant(first) => drop(first.insert(nanos)),
                // Histograms of one name have the same bounds; what lies beyond them is left out.
                Slot::Occupied(mut all) => drop(all.get_mut().add(nanos)),
            }
        }
        let series = sample.series.into_iter().map(|(name, series)| (name, series.thinned()));
        group.contenders[at].series = series.collect();
    }
}

/// Measures once, whatever happens: a panic or an unusable value becomes a message.
///
/// # Errors
/// The contender's own message, the panic's, or what is wrong with the value.
pub fn attempt(
    measure: &mut (dyn FnMut() -> Result<Sample, String> + '_),
) -> Result<Sample, String> {
    let sample = guarded(measure)??;
    if sample.value.is_finite() && sample.value > 0.0 {
        Ok(sample)
    } else {
        Err(format!("measured {}, which is not above zero", sample.value))
    }
}

/// Runs `work` and turns a panic into its message.
///
/// # Errors
/// `panicked: ` and the panic's message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        format!("panicked: {}", text.unwrap_or_else(|| "no message".to_owned()))
    })
}

/// One empty column a contender, and one for the control where there is a subject.
fn columns(entries: &[Entry<'_>], control: bool) -> Vec<Contender> {
    let column = |entry: &Entry<'_>, name: String, role| Contender {
        name,
        role,
        values: Vec::new(),
        side: Default::default(),
        distributions: Default::default(),
        series: Default::default(),
        ops: entry.ops,
        failure: entry.failure.clone(),
    };
    let mut columns: Vec<Contender> =
        entries.iter().map(|entry| column(entry, entry.name.clone(), entry.role)).collect();
    let subject = entries.iter().find(|entry| entry.role == Role::Subject);
    if let Some(subject) = subject.filter(|_| control) {
        let name = format!("{}{CONTROL_SUFFIX}", subject.name);
        columns.push(column(subject, name, Role::Control));
    }
    columns
}

/// The samples that have figures, by column; `None` when it is not to go on.
fn measure_round(
    group: &mut Group,
    order: &mut [(usize, usize)],
    entries: &mut [Entry<'_>],
    backward: bool,
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<(usize, Sample)>> {
    let mut samples = Vec::new();
    if backward {
        order.reverse();
    }
    let index = group.rounds.len();
    for &(entry, at) in order.iter() {
        let column = &mut group.contenders[at];
        column.values.push(None);
        if column.failure.is_none() {
            match attempt(&mut *entries[entry].measure) {
                Ok(mut sample) => {
                    store(column, index, sample.value, std::mem::take(&mut sample.side));
                    samples.push((at, sample));
                }
                Err(message) => column.failure = Some(message),
            }
        }
        column.side.values_mut().for_each(|values| values.resize(index + 1, None));
        if !go_on() {
            return None;
        }
    }
    if backward {
        order.reverse();
    }
    Some(samples)
}

fn store(column: &mut Contender, index: usize, value: f64, side: BTreeMap<String, f64>) {
    column.values[index] = Some(value);
    for (name, value) in side {
        let values = column.side.entry(name).or_default();
        values.resize(index, None);
        values.push(Some(value).filter(|value| value.is_finite()));
    }
}

fn enough(group: &Group, plan: &Plan, counted: usize, began: Instant) -> bool {
    if counted < plan.rounds_min {
        return false;
    }
    if counted >= plan.rounds_max.max(plan.rounds_min) || began.elapsed() >= plan.budget {
        return true;
    }
    // Whole A B B A quartets only, so that neither order weighs more when precision ends the run.
    counted.is_multiple_of(2) && precise(group, plan.precise_enough)
}

fn precise(group: &Group, share: f64) -> bool {
    let Some(subject) = compare::first_of(group, Role::Subject) else {
        return true;
    };
    let known = |other: &Contender, half_width: f64| {
        compare::ratio(group, subject, other).is_none_or(|ratio| ratio.half_width() <= half_width)
    };
    let best = [Role::Baseline, Role::Peer].map(|role| compare::best_of(group, role));
    let claims = group.claims.iter().filter(|c| c.of.is_none());
    let claims = claims.filter_map(|c| c.against.as_ref());
    let mut claimed =
        claims.flat_map(|name| group.contenders.iter().filter(move |c| c.name == *name));
    best.into_iter().flatten().all(|other| known(other, share))
        && claimed.all(|other| known(other, share / 2.0))
}
