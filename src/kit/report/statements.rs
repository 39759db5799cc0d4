//! The plain sentences: who won where, where blocking wins, where there is no difference. Made from
//! what was measured and from nothing else.

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;

use super::results::{Against, Bench, Comparison, Group, PROJECT, Results, Statement};
use super::text;

/// Fills in the statements and thresholds.
pub fn state(results: &mut Results) {
    let mut statements = Vec::new();
    let mut thresholds = Vec::new();
    for bench in &results.benches {
        for group in &bench.groups {
            let Some(subject) = group.row(Role::Subject) else {
                continue;
            };
            let kinds =
                [(Against::Blocking, &subject.to_blocking), (Against::Peer, &subject.to_peer)];
            for (against, comparison) in kinds {
                if let Some(comparison) = comparison {
                    let made = statement(bench, group, &subject.name, against, comparison);
                    statements.push(made);
                }
            }
        }
        thresholds.extend(self::thresholds(bench));
    }
    results.statements = statements;
    results.thresholds = thresholds;
}

/// The sentences that count the comparisons of a kind, those of void benches left out and named;
/// `None` when there are none.
#[must_use]
pub fn tally(results: &Results, against: Against) -> Option<String> {
    results.compared(against).next()?;
    let (with, other) = match against {
        Against::Blocking => ("the best blocking baseline", "blocking wins"),
        Against::Peer => ("the best peer", "the peer wins"),
    };
    let count = |outcome| results.counted(against, outcome).len();
    let (ahead, behind) = (count(Outcome::Ahead), count(Outcome::Behind));
    let (level, undecided) = (count(Outcome::Tie), count(Outcome::Undecided));
    let all = ahead + behind + level + undecided;
    let void = results.void().join(", ");
    if all == 0 {
        return Some(format!(
            "Against {with}, nothing may be said: the A/A control shows a winner ({void})."
        ));
    }
    let left_out = match void.is_empty() {
        true => String::new(),
        false => format!(" Not counted, because its A/A control shows a winner: {void}."),
    };
    Some(format!(
        "Against {with}, {PROJECT} wins {ahead} of {all} comparisons, {other} {behind}, {level} \
         show no difference that counts; undecided: {undecided}.{left_out}"
    ))
}

fn statement(
    bench: &Bench,
    group: &Group,
    subject: &str,
    against: Against,
    comparison: &Comparison,
) -> Statement {
    let (title, other) = (&group.title, &comparison.other);
    let there = &comparison.ratio;
    let back = there.inverse();
    let text = match (comparison.outcome, against) {
        _ if bench.void => format!(
            "{title}: nothing may be said of {subject} and {other}: {subject} measured against \
             itself shows a winner."
        ),
        (Outcome::Ahead, _) => format!(
            "{title}: {subject} wins over {other}, {} ({}).",
            text::times(there.median),
            text::interval(there)
        ),
        (Outcome::Behind, Against::Blocking) => format!(
            "{title}: blocking wins, {other} over {subject}, {} ({}).",
            text::times(back.median),
            text::interval(&back)
        ),
        (Outcome::Behind, Against::Peer) => format!(
            "{title}: {other} wins over {subject}, {} ({}).",
            text::times(back.median),
            text::interval(&back)
        ),
        (Outcome::Tie, _) => format!(
            "{title}: no gain, {subject} and {other} do not differ by what counts ({}).",
            text::interval(there)
        ),
        (Outcome::Undecided, _) => {
            format!("{title}: undecided between {subject} and {other} ({}).", text::interval(there))
        }
    };
    Statement {
        bench: bench.name.clone(),
        group: group.id.clone(),
        title: title.clone(),
        against,
        other: other.clone(),
        outcome: comparison.outcome,
        ratio: *there,
        text,
    }
}

/// For each family: up to where blocking is as good, from where on the subject is ahead. Silent
/// where a point is undecided, or the outcomes do not change once and for good along the axis.
fn thresholds(bench: &Bench) -> Vec<String> {
    let mut families: Vec<&String> =
        bench.groups.iter().filter_map(|g| g.family.as_ref()).collect();
    families.dedup();
    let mut sentences = Vec::new();
    for family in families {
        let mut points: Vec<(f64, &str, &Comparison, &str)> = Vec::new();
        for group in bench.groups.iter().filter(|group| group.family.as_ref() == Some(family)) {
            let subject = group.row(Role::Subject);
            let found = subject.and_then(|row| Some((row, row.to_blocking.as_ref()?)));
            if let Some((axis, (row, comparison))) = group.x.as_ref().zip(found) {
                points.push((axis.value, &axis.name, comparison, &row.name));
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if points.len() >= 2 && !bench.void {
            sentences.extend(threshold(family, &points));
        }
    }
    sentences
}

fn threshold(family: &str, points: &[(f64, &str, &Comparison, &str)]) -> Option<String> {
    if points.iter().any(|point| point.2.outcome == Outcome::Undecided) {
        return None;
    }
    let ahead = |point: &&(f64, &str, &Comparison, &str)| point.2.outcome == Outcome::Ahead;
    let first = points.iter().position(|point| ahead(&point));
    let subject = points[0].3;
    let (name, last) = (points[0].1, points[points.len() - 1]);
    let (gain, top) = (text::times(last.2.ratio.median), text::plain(last.0));
    let head = format!("{family}, over {name}");
    let Some(first) = first else {
        return Some(format!("{head}: blocking is as good or better all the way, up to {top}."));
    };
    if !points[first..].iter().all(|point| ahead(&point)) {
        return None;
    }
    let from = text::plain(points[first].0);
    if first == 0 {
        return Some(format!(
            "{head}: {subject} wins all the way from {from} on, {gain} at {top}."
        ));
    }
    let up_to = text::plain(points[first - 1].0);
    Some(format!(
        "{head}: blocking is fine up to {up_to}; from {from} on {subject} wins, {gain} at {top}."
    ))
}
