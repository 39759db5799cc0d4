//! The results as a Markdown summary.

use std::fmt::Write;

use crate::kit::measure::statistics::Verdict;

use super::results::{Against, Bench, ClaimResult, Comparison, Control, Group, Results};
use super::statements;
use super::text;

/// The whole summary.
#[must_use]
pub fn write(results: &Results) -> String {
    let mut out = String::from("# windlass: where asynchronism pays, and where it does not\n\n");
    let quality = results.quality.level.word();
    let _ = writeln!(out, "Made {}. The run was **{quality}**.\n", results.made_utc);
    for reason in &results.quality.reasons {
        let _ = writeln!(out, "- {}", plain(reason));
    }
    let _ = writeln!(out, "\n{}\n", plain(&results.decision.sentence));
    claims_table(&mut out, results);
    for control in results.controls.iter().filter(|control| control.bench.is_some()) {
        let ratio = text::near_one(&control.ratio);
        let _ = writeln!(
            out,
            "- A/A control, {}: {ratio}; it {}",
            plain(control.over()),
            control.told()
        );
    }
    out.push('\n');
    for against in [Against::Blocking, Against::Peer] {
        if let Some(sentence) = statements::tally(results, against) {
            let _ = writeln!(out, "{}\n", plain(&sentence));
        }
    }
    for sentence in &results.thresholds {
        let _ = writeln!(out, "- {}", plain(sentence));
    }
    for statement in &results.statements {
        let _ = writeln!(out, "- {}", plain(&statement.text));
    }
    for missing in &results.missing {
        let _ = writeln!(out, "- {}: not measured; `{}`", missing.bench, missing.command);
    }
    for skipped in &results.skipped {
        let _ = writeln!(out, "- skipped: {}", plain(skipped));
    }
    for bench in &results.benches {
        bench_section(&mut out, bench);
    }
    out
}

fn claims_table(out: &mut String, results: &Results) {
    out.push_str("| claim | verdict | ratio or value (95 % interval) | in plain words | run |\n");
    out.push_str("|---|---|---|---|---|\n");
    let told = |control: &Control| {
        (control.word(), text::near_one(&control.ratio), format!("It {}.", control.told()))
    };
    let none = ("unchecked", String::new(), "Nothing was measured against itself.".to_owned());
    let (verdict, ratio, told) = results.control().map_or(none, told);
    let run = results.quality.level.word();
    let _ = writeln!(out, "| A/A control | {verdict} | {ratio} | {told} | {run} |");
    for claim in &results.claims {
        claim_line(out, claim);
    }
    out.push('\n');
}

fn claim_line(out: &mut String, claim: &ClaimResult) {
    let verdict = match (&claim.bench, claim.verdict) {
        (None, _) => "not measured",
        (_, Verdict::Holds) => "**holds**",
        (_, Verdict::Refuted) => "**refuted**",
        (_, Verdict::Undecided) => "cannot tell",
    };
    let measured = claim.headline.as_ref().map_or(String::new(), |headline| {
        let median = match headline.against {
            Some(_) => text::times(headline.measured.median),
            None => format!("{} {}", text::figure(headline.measured.median), headline.unit),
        };
        format!("{} ({})", plain(&median), text::interval(&headline.measured))
    });
    let run = claim.bench.as_ref().map_or("", |_| claim.quality.word());
    let (title, sentence) = (plain(&claim.words.title), plain(&claim.sentence));
    let _ = writeln!(out, "| {title} | {verdict} | {measured} | {sentence} | {run} |");
}

fn bench_section(out: &mut String, bench: &Bench) {
    let environment = &bench.environment;
    let or = |fact: &Option<String>| plain(fact.as_deref().unwrap_or("unknown"));
    let _ = writeln!(out, "\n## {}\n", plain(&bench.name));
    let _ = writeln!(
        out,
        "{}, {} cores, {}, {}, commit {}, {}; {}",
        or(&environment.cpu_model),
        environment.cores.unwrap_or_default(),
        or(&environment.kernel),
        or(&environment.rustc),
        or(&environment.commit),
        environment.time_utc,
        code(&environment.command)
    );
    if let Some(claim) = &bench.claim {
        let (claimed, rule) = (plain(&claim.claimed), plain(&claim.rule));
        let _ = writeln!(out, "\n{claimed}\n\nRule: {rule}");
    }
    for group in &bench.groups {
        group_table(out, group);
    }
}

fn group_table(out: &mut String, group: &Group) {
    let _ = writeln!(out, "\n### {}\n", plain(&group.title));
    if !group.question.is_empty() {
        let _ = writeln!(out, "{}\n", plain(&group.question));
    }
    if let Some(failure) = &group.failure {
        let _ = writeln!(out, "Could not be measured: {}\n", plain(failure));
        return;
    }
    let unit = plain(&group.unit);
    let _ = writeln!(out, "| contender | {unit} | quartiles | × blocking | × best peer |");
    out.push_str("|---|---:|---|---|---|\n");
    for row in &group.rows {
        let name = plain(&row.name);
        let name = if group.is_subject(row) { format!("**{name}**") } else { name };
        let Some(summary) = row.summary else {
            let why = plain(row.failure.as_deref().unwrap_or("not measured"));
            let _ = writeln!(out, "| {name} | failed | {why} | | |");
            continue;
        };
        let (median, low) = (text::figure(summary.median), text::figure(summary.low));
        let high = text::figure(summary.high);
        let (blocking, peer) = (cell(row.to_blocking.as_ref()), cell(row.to_peer.as_ref()));
        let _ = writeln!(out, "| {name} | {median} | {low} to {high} | {blocking} | {peer} |");
    }
    for claim in &group.claims {
        let verdict = format!("{:?}", claim.verdict).to_lowercase();
        let _ = writeln!(out, "\n**{verdict}**: {}", plain(&claim.text));
    }
    if !group.not_shown.is_empty() {
        let _ = writeln!(out, "\nNot shown: {}", plain(&group.not_shown));
    }
}

fn cell(comparison: Option<&Comparison>) -> String {
    comparison.map_or_else(String::new, |comparison| {
        let ratio = text::times(comparison.ratio.median);
        format!("{ratio} ({})", text::interval(&comparison.ratio))
    })
}

/// `text` as code, or as plain text where it could break out of that.
fn code(text: &str) -> String {
    let breaks = |c: char| c.is_control() || c == '`' || c == '<';
    if text.contains(breaks) { plain(text) } else { format!("`{text}`") }
}

/// `text` on one line, with what Markdown or HTML would read as markup made harmless.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push(' '),
            '<' => out.push_str("&lt;"),
            '|' | '*' | '`' | '[' | ']' | '\\' | '_' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
