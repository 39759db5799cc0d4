//! The results as a Markdown summary.

use std::fmt::Write;

use super::results::{Against, Bench, Comparison, Group, Level, Results};
use super::statements;
use super::text;

/// The whole summary.
#[must_use]
pub fn write(results: &Results) -> String {
    let mut out = String::from("# windlass: who won where\n\n");
    let quality = match results.quality.level {
        Level::Quiet => "quiet",
        Level::Noisy => "noisy",
        Level::Void => "void",
    };
    let _ = writeln!(out, "Made {}. The run was **{quality}**.\n", results.made_utc);
    for reason in &results.quality.reasons {
        let _ = writeln!(out, "- {}", plain(reason));
    }
    for control in &results.controls {
        let name = control.bench.as_deref().unwrap_or("all benches");
        let ratio = text::near_one(&control.ratio);
        let _ = writeln!(out, "- A/A control, {}: {ratio}", plain(name));
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
