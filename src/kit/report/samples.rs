//! The raw records as JSON lines: one line a sample, with all that is needed to read it alone.
//! `docs/records.md` tells the fields, `docs/schema/samples.schema.json` is their schema.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::environment::Environment;
use crate::kit::measure::figure::{Distribution, Series};
use crate::kit::measure::noise::Noise;
use crate::kit::measure::record::{Axis, Claim, ClaimText, Contender, Group, Record};

/// The version of the lines' layout.
pub const SCHEMA: u32 = 1;

/// One line.
#[derive(Debug, Serialize)]
struct Line<'r> {
    schema: u32,
    bench: &'r str,
    #[serde(flatten)]
    what: What<'r>,
}

/// What a line tells.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum What<'r> {
    /// A run: where, when, how, and beside what noise.
    Run {
        run: usize,
        profile: &'r str,
        environment: &'r Environment,
        noise: &'r Noise,
        claim: Option<&'r ClaimText>,
    },
    /// A group of contenders: what its values are.
    Group {
        group: &'r str,
        run: usize,
        title: &'r str,
        question: &'r str,
        method: &'r str,
        not_shown: &'r str,
        unit: &'r str,
        better: Better,
        family: Option<&'r String>,
        x: Option<&'r Axis>,
        boundary: bool,
        crowded: bool,
        claims: &'r [Claim],
        failure: Option<&'r String>,
    },
    /// One measured value of one contender in one round.
    Sample {
        #[serde(flatten)]
        of: Of<'r>,
        round: usize,
        counted: bool,
        backward: bool,
        noisy: &'r [String],
        value: f64,
        unit: &'r str,
        side: BTreeMap<&'r str, f64>,
        ops: Option<u64>,
    },
    /// Latencies over all rounds that count.
    Distribution {
        #[serde(flatten)]
        of: Of<'r>,
        name: &'r str,
        #[serde(flatten)]
        distribution: &'r Distribution,
    },
    /// What happened over the time of the last round that counts.
    Series {
        #[serde(flatten)]
        of: Of<'r>,
        name: &'r str,
        #[serde(flatten)]
        series: &'r Series,
    },
    /// A contender that could not be measured.
    Failure {
        #[serde(flatten)]
        of: Of<'r>,
        failure: &'r str,
    },
}

/// Whose line it is.
#[derive(Debug, Clone, Copy, Serialize)]
struct Of<'r> {
    group: &'r str,
    contender: &'r str,
    role: Role,
}

/// The records as lines.
///
/// # Errors
/// When a value cannot be written as JSON.
pub fn write(records: &[Record]) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::new();
    for record in records {
        let mut add = |what: What<'_>| -> Result<(), serde_json::Error> {
            let line = Line { schema: SCHEMA, bench: &record.bench, what };
            serde_json::to_writer(&mut out, &line)?;
            out.push(b'\n');
            Ok(())
        };
        for (index, run) in record.runs.iter().enumerate() {
            add(What::Run {
                run: index,
                profile: &run.profile,
                environment: &run.environment,
                noise: &run.noise,
                claim: record.claim.as_ref(),
            })?;
        }
        for group in &record.groups {
            add(described(group))?;
            for contender in &group.contenders {
                self::contender(group, contender, &mut add)?;
            }
        }
    }
    Ok(out)
}

fn described(group: &Group) -> What<'_> {
    What::Group {
        group: &group.id,
        run: group.run,
        title: &group.title,
        question: &group.question,
        method: &group.method,
        not_shown: &group.not_shown,
        unit: &group.unit,
        better: group.better,
        family: group.family.as_ref(),
        x: group.x.as_ref(),
        boundary: group.boundary,
        crowded: group.crowded,
        claims: &group.claims,
        failure: group.failure.as_ref(),
    }
}

fn contender<'r>(
    group: &'r Group,
    contender: &'r Contender,
    add: &mut dyn FnMut(What<'r>) -> Result<(), serde_json::Error>,
) -> Result<(), serde_json::Error> {
    let of = Of { group: &group.id, contender: &contender.name, role: contender.role };
    for (index, (round, value)) in group.rounds.iter().zip(&contender.values).enumerate() {
        let Some(value) = *value else { continue };
        let side = contender
            .side
            .iter()
            .filter_map(|(name, values)| Some((&**name, values.get(index).copied().flatten()?)));
        add(What::Sample {
            of,
            round: index,
            counted: !round.replaced && contender.failure.is_none(),
            backward: round.backward,
            noisy: &round.noisy,
            value,
            unit: &group.unit,
            side: side.collect(),
            ops: contender.ops,
        })?;
    }
    for (name, distribution) in &contender.distributions {
        add(What::Distribution { of, name, distribution })?;
    }
    for (name, series) in &contender.series {
        add(What::Series { of, name, series })?;
    }
    match &contender.failure {
        Some(failure) => add(What::Failure { of, failure }),
        None => Ok(()),
    }
}
