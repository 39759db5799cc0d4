//! Two builds measured in turn, row by row.

use crate::kit::measure::builds::{BuildsMeasured, Done, Workload};
use crate::kit::measure::noise::{self, Grade, Spin};
use crate::kit::measure::ranks;
use crate::kit::measure::statistics;

use super::data::{Change, Changes, FORMAT, SCHEMA, Side};
use super::judge::{Samples, judge};

const METHOD: &str = "Both builds started afresh for each block, asked in windows A B B A; the \
    change over the blocks (Hodges-Lehmann) with its interval and p value (Wilcoxon's signed \
    ranks), corrected over all rows that can be found (Holm)";

/// The changes from the first build to the second. `spin`: what the machine did before.
#[must_use]
pub fn of_builds(names: [&str; 2], measured: &BuildsMeasured, spin: &Spin) -> Changes {
    let (grade, mut warnings) = noise::grade(&measured.noise, Some(spin));
    if measured.noisy > 0 {
        let (noisy, repeated) = (measured.noisy, measured.repeated);
        warnings.push(format!("{noisy} blocks were noisy, besides {repeated} that were repeated"));
    }
    let side = |path: &str| Side { path: path.to_owned(), ..Side::default() };
    let unusable = grade == Grade::Unusable;
    let mut rows: Vec<Change> = Vec::new();
    for (workload, blocks) in &measured.columns {
        let rate = |done: &Done| Some(done.per_s);
        rows.extend(row(*workload, "rate", "requests per second", blocks, rate, 1.0));
        let cpu = |done: &Done| done.cpu_us;
        rows.extend(row(*workload, "CPU", "us of CPU per request", blocks, cpu, -1.0));
    }
    if unusable {
        let why = Some("the machine was too noisy".to_owned());
        rows.iter_mut().for_each(|row| row.why.clone_from(&why));
    }
    let too_few = judge(&mut rows, Samples::Blocks);
    Changes {
        format: FORMAT.to_owned(),
        schema: SCHEMA,
        old: side(names[0]),
        new: side(names[1]),
        method: METHOD.to_owned(),
        rows,
        warnings,
        unusable,
        unjudged: Vec::new(),
        too_few,
        alone: Vec::new(),
        skipped: Vec::new(),
    }
}

/// One value of one workload; `sign` is 1 where more of it is better, -1 where less is.
fn row(
    workload: Workload,
    what: &str,
    unit: &str,
    blocks: &[[Done; 2]],
    value: impl Fn(&Done) -> Option<f64>,
    sign: f64,
) -> Option<Change> {
    let pairs: Vec<[f64; 2]> = blocks
        .iter()
        .filter_map(|[old, new]| Some([value(old)?, value(new)?]))
        .filter(|pair| pair.iter().all(|value| value.is_finite() && *value > 0.0))
        .collect();
    let logs: Vec<f64> = pairs.iter().map(|[old, new]| sign * (new / old).ln()).collect();
    let median = |which: usize| {
        statistics::median(&pairs.iter().map(|pair| pair[which]).collect::<Vec<f64>>())
    };
    let name = workload.name();
    let mut row = Change::new("builds", &name, &format!("{name}, {what}"), unit);
    (row.old, row.new) = (median(0)?, median(1)?);
    row.tested(ranks::paired(&logs)?);
    Some(row)
}
