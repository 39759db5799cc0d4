//! From records to results: medians, ratios, outcomes, claims, and how far the run can be trusted.

use std::time::SystemTime;

use crate::kit::measure::compare::{self, Outcome};
use crate::kit::measure::contender::Role;
use crate::kit::measure::control;
use crate::kit::measure::environment;
use crate::kit::measure::noise::{self, Grade};
use crate::kit::measure::record::{self, Record};
use crate::kit::measure::statistics::{self, Verdict};

use super::results::{
    Bench, Claim, Comparison, Control, FORMAT, Group, Level, Missing, Quality, Results, Row, SCHEMA,
};

/// The benches of this project: one without a record is said to be missing.
pub const EXPECTED: [&str; 5] = ["executor", "ring", "server", "timers", "workflow"];

/// More noisy rounds than this share make a bench noisy.
const NOISY_ROUNDS_MAX: f64 = 0.25;

/// Everything but the sentences, which [`super::statements`] adds.
#[must_use]
pub fn assemble(records: &[Record], skipped: Vec<String>) -> Results {
    let controls = controls(records);
    let is_void = |record: &Record| {
        let own = |control: &Control| match &control.bench {
            Some(bench) => *bench == record.bench,
            None => !control.claims || record.claim.is_some(),
        };
        controls.iter().any(|control| own(control) && control.outcome.has_winner())
    };
    let benches: Vec<Bench> = records.iter().map(|record| bench(record, is_void(record))).collect();
    let missing = EXPECTED.iter().filter(|name| records.iter().all(|r| r.bench != **name));
    let missing = missing.map(|name| Missing {
        bench: (*name).to_owned(),
        command: format!("cargo bench --bench {name}"),
    });
    Results {
        format: FORMAT.to_owned(),
        schema: SCHEMA,
        made_utc: environment::utc(SystemTime::now()),
        quality: quality(&benches, &controls),
        controls,
        claims: Vec::new(),
        decision: Default::default(),
        statements: Vec::new(),
        thresholds: Vec::new(),
        missing: missing.collect(),
        benches,
        skipped,
        changes: None,
    }
}

/// The subject against itself: over everything, over all claims where benches stand beside them
/// (whose many rounds would hide these), in each bench and claim. Judged together.
fn controls(records: &[Record]) -> Vec<Control> {
    let is_claim = |record: &&Record| record.claim.is_some();
    let mut sets: Vec<Vec<&record::Group>> =
        vec![records.iter().flat_map(|record| &record.groups).collect()];
    sets.push(records.iter().filter(is_claim).flat_map(|record| &record.groups).collect());
    sets.extend(records.iter().map(|record| record.groups.iter().collect()));
    let benches = records.iter().map(|record| Some(record.bench.clone()));
    let names = [None, None].into_iter().chain(benches);
    let pools = control::pooled(&sets);
    let both = records.iter().any(|record| record.claim.is_none());
    let pools = pools.into_iter().zip(names).enumerate();
    let wanted = pools.filter(|(place, _)| *place != 1 || both);
    wanted
        .filter_map(|(place, (pooled, bench))| {
            let control::Pooled { ratio, groups, outcome, too_few, lucky } = pooled?;
            Some(Control { bench, claims: place == 1, ratio, groups, outcome, too_few, lucky })
        })
        .collect()
}

fn bench(record: &Record, void: bool) -> Bench {
    let run = record.newest_run().cloned().unwrap_or_default();
    let newest = record.runs.len().saturating_sub(1);
    let groups = record.groups.iter().map(|group| {
        let mut made = self::group(group, void);
        if let Some(old) = record.runs.get(group.run).filter(|_| group.run != newest) {
            let commit = old.environment.commit.as_deref().unwrap_or("an unknown commit");
            let commit: String = commit.chars().take(12).collect();
            made.earlier = Some(format!("{} at {commit}", old.environment.time_utc));
        }
        made
    });
    Bench {
        name: record.bench.clone(),
        groups: groups.collect(),
        environment: run.environment,
        profile: run.profile,
        noise: run.noise,
        spin: run.spin,
        void,
        claim: record.claim.clone(),
    }
}

fn group(group: &record::Group, void: bool) -> Group {
    let smallest = compare::smallest_effect(group);
    let counted = group.rounds.iter().filter(|round| !round.replaced);
    let claims = group.claims.iter().map(|claim| {
        let (verdict, measured) = compare::judge(group, claim);
        let verdict = if void { Verdict::Undecided } else { verdict };
        let (text, against, of) = (claim.text.clone(), claim.against.clone(), claim.of.clone());
        let (bar, rule) = (claim.bar, claim.rule);
        let rounds_more = measured.filter(|_| verdict == Verdict::Undecided && !void);
        let effect = compare::smallest_effect_of(group, claim.of.as_deref());
        let effect = if claim.against.is_some() { effect } else { 0.0 };
        let rounds_more = rounds_more.and_then(|seen| rule.rounds_more(&seen, bar, effect));
        Claim { text, against, of, bar, rule, verdict, measured, rounds_more }
    });
    Group {
        id: group.id.clone(),
        title: group.title.clone(),
        question: group.question.clone(),
        unit: group.unit.clone(),
        better: group.better,
        method: group.method.clone(),
        not_shown: group.not_shown.clone(),
        family: group.family.clone(),
        x: group.x.clone(),
        boundary: group.boundary,
        rounds: counted.clone().count(),
        rounds_noisy: counted.filter(|round| !round.noisy.is_empty()).count(),
        rounds_replaced: group.rounds.iter().filter(|round| round.replaced).count(),
        smallest_effect: smallest,
        rows: rows(group, smallest, void),
        claims: claims.collect(),
        failure: group.failure.clone(),
        earlier: None,
    }
}

fn rows(group: &record::Group, smallest: f64, void: bool) -> Vec<Row> {
    let blocking = compare::best_of(group, Role::Baseline);
    let peer = compare::best_of(group, Role::Peer);
    let subject = compare::first_of(group, Role::Subject);
    let against = |one: &record::Contender, other: Option<&record::Contender>| {
        let other = other.filter(|other| other.name != one.name)?;
        let ratio = compare::ratio(group, one, other)?;
        let outcome = if void { Outcome::Undecided } else { compare::outcome(&ratio, smallest) };
        Some(Comparison { other: other.name.clone(), ratio, outcome })
    };
    let row = |contender: &record::Contender| {
        let values = compare::counted(group, contender);
        let side = contender.side.iter().filter_map(|(name, values)| {
            let counted = values.iter().zip(&group.rounds).filter(|(_, round)| !round.replaced);
            let counted: Vec<f64> = counted.filter_map(|(value, _)| *value).collect();
            Some((name.clone(), statistics::median(&counted)?))
        });
        let to_it = subject.and_then(|subject| against(subject, Some(contender)));
        Row {
            name: contender.name.clone(),
            role: contender.role,
            summary: statistics::summary(&values),
            values,
            side: side.collect(),
            distributions: contender.distributions.clone(),
            series: contender.series.clone(),
            ops: contender.ops,
            to_blocking: against(contender, blocking),
            to_peer: against(contender, peer),
            subject_to_it: to_it.filter(|_| contender.role != Role::Limit),
            failure: contender.failure.clone(),
        }
    };
    group.contenders.iter().map(row).collect()
}

fn quality(benches: &[Bench], controls: &[Control]) -> Quality {
    let mut level = Level::Quiet;
    let mut reasons = Vec::new();
    for control in controls.iter().filter(|control| control.outcome.has_winner()) {
        level = Level::Unusable;
        let name = control.over();
        let off = (control.ratio.median - 1.0).abs() * 100.0;
        reasons.push(format!("{name}: the subject against itself differs by {off:.1} %"));
    }
    for bench in benches {
        let name = &bench.name;
        let (grade, why) = noise::grade(&bench.noise, bench.spin.as_ref());
        if grade == Grade::Unusable {
            level = Level::Unusable;
        }
        let noise = why.iter().map(|reason| format!("{name}: {reason}"));
        let (mut rounds, mut noisy) = (0, 0);
        for group in &bench.groups {
            rounds += group.rounds;
            noisy += group.rounds_noisy;
        }
        let many = noisy as f64 > NOISY_ROUNDS_MAX * rounds as f64;
        let many = many.then(|| format!("{name}: {noisy} of {rounds} rounds were noisy"));
        for reason in noise.chain(many) {
            level = level.max(Level::Noisy);
            reasons.push(reason);
        }
    }
    let unchecked = match Control::of_row_one(controls) {
        None => Some("nothing was measured against itself".to_owned()),
        Some(row_one) => row_one.too_few.map(|needed| {
            let rounds = row_one.ratio.rounds;
            format!("the control has {rounds} rounds, too few to tell; {needed} would do")
        }),
    };
    if let Some(why) = unchecked.filter(|_| !benches.is_empty()) {
        level = level.max(Level::Noisy);
        reasons.push(format!("{why}: the method is unchecked"));
    }
    Quality { level, reasons }
}
