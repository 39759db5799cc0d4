//! The results for a terminal: at most 80 columns.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;
use crate::kit::measure::statistics::Verdict;

use super::results::{Against, Bench, Comparison, Group, Level, PROJECT, Results};
use super::statements;
use super::text;

const WIDTH: usize = 80;

/// The summary of everything.
#[must_use]
pub fn summary(results: &Results) -> String {
    let mut out = String::new();
    let quality = match results.quality.level {
        Level::Quiet => "quiet: no gate tripped, the control shows no winner",
        Level::Noisy => "NOISY: read with care",
        Level::Unusable if results.void().is_empty() => {
            "UNUSABLE: the machine did mostly other things"
        }
        Level::Unusable => "UNUSABLE: a control shows a winner where there can be none",
    };
    let _ = writeln!(out, "\nwindlass report  ·  run {quality}");
    for reason in &results.quality.reasons {
        let _ = writeln!(out, "{}", text::wrap(&format!("- {reason}"), WIDTH - 4, "  "));
    }
    claims_table(&mut out, results);
    for bench in results.benches.iter().filter(|bench| bench.claim.is_none()) {
        out.push_str(&self::bench(results, &bench.name));
    }
    out.push('\n');
    for against in [Against::Blocking, Against::Peer] {
        if let Some(sentence) = statements::tally(results, against) {
            let _ = writeln!(out, "{}", text::wrap(&sentence, WIDTH, ""));
        }
    }
    for sentence in &results.thresholds {
        let _ = writeln!(out, "{}", text::wrap(sentence, WIDTH, ""));
    }
    for missing in results.missing.iter().filter(|m| !m.bench.starts_with("claim-")) {
        let _ = writeln!(out, "missing: {} (make it with: {})", missing.bench, missing.command);
    }
    for skipped in &results.skipped {
        let _ = writeln!(out, "{}", text::wrap(&format!("skipped: {skipped}"), WIDTH, ""));
    }
    text::harmless(&out)
}

/// The control and the claims, a line each; what is not decided, or refuted, in a sentence below.
fn claims_table(out: &mut String, results: &Results) {
    let _ = writeln!(out, "\n{:<25}{:<14}{:<32}run", "claim", "verdict", "95 % interval");
    let (verdict, ratio) = results.control().map_or(("unchecked", String::new()), |control| {
        (control.loud(), text::near_one(&control.ratio))
    });
    let run = results.quality.level.word();
    let _ = writeln!(out, "{:<25}{verdict:<14}{ratio:<32}{run}", "A/A control");
    for claim in results.claims.iter().filter(|claim| claim.bench.is_some()) {
        let verdict = match claim.verdict {
            Verdict::Holds => "holds",
            Verdict::Refuted => "REFUTED",
            Verdict::Undecided => "cannot tell",
        };
        let measured = claim.headline.as_ref().map_or("-".to_owned(), |headline| {
            let unit = headline.against.as_ref().map_or(&*headline.unit, |_| "x");
            let (median, range) = (headline.measured.median, text::interval(&headline.measured));
            format!("{} {unit} ({range})", text::figure(median))
        });
        let (id, measured) = (text::cut(&claim.words.id, 24), text::cut(&measured, 31));
        let run = claim.quality.word();
        let _ = writeln!(out, "{id:<25}{verdict:<14}{measured:<32}{run}");
    }
    out.push('\n');
    if let Some(control) = results.control() {
        let told = format!("A/A control: {PROJECT} against itself {}.", control.told());
        let _ = writeln!(out, "{}", text::wrap(&told, WIDTH, ""));
    }
    let told = results.claims.iter().filter(|c| c.bench.is_some() && c.verdict != Verdict::Holds);
    for claim in told {
        let sentence = format!("{}: {}", claim.words.id, claim.sentence);
        let _ = writeln!(out, "{}", text::wrap(&sentence, WIDTH, ""));
    }
    let absent = results.claims.iter().filter(|claim| claim.bench.is_none());
    let absent: Vec<&str> = absent.map(|claim| &*claim.words.id).collect();
    if !absent.is_empty() {
        let told = format!("not measured: windlass bench {}", absent.join(" "));
        let _ = writeln!(out, "{}", text::wrap(&told, WIDTH, ""));
    }
    let _ = writeln!(out, "{}", text::wrap(&results.decision.sentence, WIDTH, ""));
}

/// The table of one bench.
#[must_use]
pub fn bench(results: &Results, name: &str) -> String {
    let Some(bench) = results.benches.iter().find(|bench| bench.name == name) else {
        return String::new();
    };
    let mut out = String::new();
    let profile = &bench.profile;
    let _ = writeln!(out, "\n{name} ({profile})");
    let _ = writeln!(out, "  {:<34}{PROJECT:>12}{:>16}{:>16}", "", "× blocking", "× best peer");
    for group in &bench.groups {
        let _ = writeln!(out, "{}", line(group));
    }
    out.push_str(&claims(bench));
    text::harmless(&out)
}

fn line(group: &Group) -> String {
    let title = text::cut(&group.title, 33);
    let row = group.row(Role::Subject);
    let value = row.and_then(|row| row.summary);
    let value = value.map_or("-".to_owned(), |summary| text::figure(summary.median));
    let blocking = cell(row.and_then(|row| row.to_blocking.as_ref()));
    let peer = cell(row.and_then(|row| row.to_peer.as_ref()));
    format!("  {title:<34}{value:>12}{blocking:>16}{peer:>16}")
}

fn cell(comparison: Option<&Comparison>) -> String {
    let Some(comparison) = comparison else {
        return "-".to_owned();
    };
    let word = match comparison.outcome {
        Outcome::Ahead => "wins",
        Outcome::Tie => "level",
        Outcome::Behind => "loses",
        Outcome::Undecided => "undecided",
    };
    format!("{} {word}", text::figure(comparison.ratio.median))
}

fn claims(bench: &Bench) -> String {
    let mut out = String::new();
    for claim in bench.groups.iter().flat_map(|group| &group.claims) {
        let verdict = match claim.verdict {
            Verdict::Holds => "holds",
            Verdict::Refuted => "REFUTED",
            Verdict::Undecided => "undecided",
        };
        let more = claim.rounds_more.map(|more| format!(" (about {more} more rounds would do)"));
        let more = more.unwrap_or_default();
        let claim = text::cut(&claim.text, WIDTH - 13 - more.chars().count());
        let _ = writeln!(out, "  {verdict:<10} {claim}{more}");
    }
    out
}
