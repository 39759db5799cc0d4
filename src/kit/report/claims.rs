//! The claims judged: from the claims of a record's groups to one verdict with its sentence.

use crate::kit::claims;
use crate::kit::measure::compare::{self, Outcome};
use crate::kit::measure::contender::Better;
use crate::kit::measure::record::ClaimText;
use crate::kit::measure::rule::Rule;
use crate::kit::measure::statistics::Verdict;

use super::results::{
    Bench, Claim, ClaimResult, Evidence, Group, Headline, Level, Missing, PROJECT, Results,
};
use super::text;

/// Fills in the claims, in the order in which they are measured, and names those without a record.
pub fn state(results: &mut Results) {
    let mut order: Vec<ClaimText> = claims::ALL.iter().map(|claim| claim.text()).collect();
    for words in results.benches.iter().filter_map(|bench| bench.claim.as_ref()) {
        if !order.iter().any(|known| known.id == words.id) {
            order.push(words.clone());
        }
    }
    let mut judged = Vec::new();
    for words in order {
        let own = |bench: &&Bench| bench.claim.as_ref().is_some_and(|own| own.id == words.id);
        match results.benches.iter().find(own) {
            Some(bench) => judged.push(of_bench(results, bench)),
            None => {
                let (bench, command) = (format!("claim-{}", words.id), words.command.clone());
                results.missing.push(Missing { bench, command });
                judged.push(unmeasured(words));
            }
        }
    }
    results.claims = judged;
}

fn unmeasured(words: ClaimText) -> ClaimResult {
    let sentence = format!("Not measured here; measure it with {}.", words.command);
    ClaimResult {
        words,
        bench: None,
        verdict: Verdict::Undecided,
        headline: None,
        sentence,
        evidence: Vec::new(),
        quality: Level::Noisy,
        rounds_more: None,
    }
}

type Held<'b> = (&'b Group, &'b Claim);

fn of_bench(results: &Results, bench: &Bench) -> ClaimResult {
    let deciding = || bench.groups.iter().filter(|group| !group.boundary);
    let held: Vec<Held<'_>> =
        deciding().flat_map(|group| group.claims.iter().map(move |claim| (group, claim))).collect();
    let failed = deciding().find_map(|group| Some((group, why_failed(group)?)));
    let with = |verdict: Verdict| held.iter().filter(move |(_, claim)| claim.verdict == verdict);
    let too_noisy = bench.is_too_noisy();
    let verdict = if bench.void || too_noisy {
        Verdict::Undecided
    } else if with(Verdict::Refuted).count() > 0 {
        Verdict::Refuted
    } else if failed.is_none() && !held.is_empty() && with(Verdict::Holds).count() == held.len() {
        Verdict::Holds
    } else {
        Verdict::Undecided
    };
    // What was measured is shown even where it may not be judged.
    let decisive = weakest(with(verdict).copied()).or_else(|| weakest(held.iter().copied()));
    let headline = decisive.and_then(|(group, claim)| headline(group, claim));
    let rounds_more = with(Verdict::Undecided).map(|(_, claim)| claim.rounds_more);
    let rounds_more = match verdict {
        Verdict::Undecided => rounds_more.collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let rounds_more = rounds_more.and_then(|all| all.into_iter().max());
    let groups = deciding().filter(|group| !group.claims.is_empty());
    let deciders = (held.len(), groups.count());
    let sentence = match (&headline, verdict) {
        _ if bench.void => {
            format!("{PROJECT} measured against itself shows a winner, so no verdict stands.")
        }
        _ if too_noisy => format!("Too noisy to judge: {}.", bench.noise.reasons.join(", ")),
        (_, Verdict::Undecided) if failed.is_some() => {
            failed.map(|(group, why)| format!("{} failed: {why}", group.title)).unwrap_or_default()
        }
        (None, _) if held.is_empty() => "Nothing that decides was measured.".to_owned(),
        (None, _) => "What decides has no value.".to_owned(),
        (Some(headline), verdict) => sentence(headline, verdict, deciders, rounds_more),
    };
    let boundary = bench.groups.iter().filter(|group| group.boundary);
    let evidence = deciding().chain(boundary).map(|group| Evidence {
        group: group.id.clone(),
        title: group.title.clone(),
        boundary: group.boundary,
    });
    ClaimResult {
        words: bench.claim.clone().unwrap_or_default(),
        bench: Some(bench.name.clone()),
        verdict,
        headline,
        sentence,
        evidence: evidence.collect(),
        quality: quality(results, bench),
        rounds_more,
    }
}

/// Why a group has no verdict: it failed, or its subject did.
fn why_failed(group: &Group) -> Option<&String> {
    group.failure.as_ref().or_else(|| {
        let own = group.rows.iter().find(|row| group.is_subject(row));
        own.and_then(|row| row.failure.as_ref())
    })
}

fn quality(results: &Results, bench: &Bench) -> Level {
    let prefix = format!("{}:", bench.name);
    let told = results.quality.reasons.iter().any(|reason| reason.starts_with(&prefix));
    match (bench.void || bench.is_too_noisy(), told) {
        (true, _) => Level::Unusable,
        (_, true) => Level::Noisy,
        _ => Level::Quiet,
    }
}

/// The claim nearest to its bar, or farthest behind it: comparisons before values of the subject
/// alone, what was measured before what was not.
fn weakest<'b>(claims: impl Iterator<Item = Held<'b>>) -> Option<Held<'b>> {
    let rank =
        |held: &Held<'b>| (held.1.measured.is_none(), held.1.against.is_none(), margin(*held));
    claims.min_by(|one, other| {
        let (a, b) = (rank(one), rank(other));
        (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2))
    })
}

/// How many times better than its bar what was measured is; below 1 it is behind it.
fn margin((group, claim): Held<'_>) -> f64 {
    let Some(measured) = claim.measured else {
        return f64::MAX;
    };
    let less = match claim.against {
        Some(_) => claim.rule == Rule::NoBetter,
        None => claim.of.is_some() || group.better == Better::Lower,
    };
    let (more, less) = match less {
        true => (claim.bar, measured.median),
        false => (measured.median, claim.bar),
    };
    // Nothing at all, where nothing is claimed, is as it should be, however little that says.
    if more == less { 1.0 } else { more / less }
}

fn headline(group: &Group, claim: &Claim) -> Option<Headline> {
    let subject = group.rows.iter().find(|row| group.is_subject(row));
    Some(Headline {
        group: group.id.clone(),
        title: match &claim.of {
            Some(of) => format!("{}, {}", group.title, text::spaced(of)),
            None => group.title.clone(),
        },
        subject: subject.map_or(PROJECT, |row| &row.name).to_owned(),
        against: claim.against.clone(),
        unit: claim.of.as_ref().map_or_else(|| group.unit.clone(), |of| text::spaced(of)),
        bar: claim.bar,
        rule: claim.rule,
        measured: claim.measured?,
    })
}

fn sentence(
    headline: &Headline,
    verdict: Verdict,
    (claims, groups): (usize, usize),
    rounds_more: Option<usize>,
) -> String {
    let Headline { title, unit, measured, bar, rule, .. } = headline;
    let range = text::interval(measured);
    let (what, bar) = match &headline.against {
        Some(other) => {
            let times = text::times(measured.median);
            let what = format!("{title}: {times} as good as {other} ({range})");
            (what, format!("{} is claimed", rule.said(*bar, &text::times(*bar))))
        }
        None if *rule == Rule::Never => {
            let most = text::figure(measured.median);
            let what = format!("{title}: {most} {unit} in the worst of {} rounds", measured.rounds);
            (what, format!("{} is claimed", rule.said(*bar, &text::figure(*bar))))
        }
        None => {
            let value = text::figure(measured.median);
            let what = format!("{title}: {value} {unit} ({range})");
            (what, format!("the bar is {} {unit}", text::figure(*bar)))
        }
    };
    let is_tie = || compare::outcome(measured, 0.0) == Outcome::Tie;
    match verdict {
        Verdict::Refuted if *rule == Rule::Beats && is_tie() => {
            format!("{what}; {bar}: level is not better.")
        }
        Verdict::Refuted => format!("{what}; {bar}."),
        Verdict::Holds if claims == 1 => format!("{what}; {bar}."),
        Verdict::Holds => {
            let groups = if groups == 1 { "1 case".into() } else { format!("{groups} cases") };
            format!("{what}, and that is the weakest of {claims} comparisons in {groups}.")
        }
        Verdict::Undecided => {
            let more = rounds_more
                .map_or(String::new(), |rounds| format!("; about {rounds} more rounds would do"));
            format!("{what}; {bar}{more}.")
        }
    }
}
