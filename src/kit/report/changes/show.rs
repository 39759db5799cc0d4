//! Changes for a terminal, of at most 80 columns, and as Markdown for a pull request.

use std::fmt::Write;

use crate::kit::report::text;

use super::data::{Change, Changes, Judgement, Side};

const WIDTH: usize = 80;
/// Rows that say nothing beyond noise are shown up to so many, unless all are asked for.
const QUIET_ROWS_MAX: usize = 20;
/// Names of what could not be compared, at most.
const NOTES_MAX: usize = 8;

/// The table for a terminal. `all`: also the rows that say nothing.
#[must_use]
pub fn terminal(changes: &Changes, all: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "\nwindlass compare");
    for (word, side) in [("old", &changes.old), ("new", &changes.new)] {
        let _ = writeln!(out, "  {word}  {}", text::cut(&self::side(side), WIDTH - 7));
    }
    let _ = writeln!(out, "\n {:<25} {:<14}{:>26}{:>12}", "what", "against", "new to old", "");
    let (shown, left) = chosen(changes, all);
    for row in shown {
        let _ = writeln!(out, "{}", line(row));
    }
    if left > 0 {
        let _ = writeln!(out, " and {left} more rows without a verdict: --all shows them");
    }
    let _ = writeln!(out, "\n{}", text::wrap(&changes.sentence(), WIDTH, ""));
    let _ = writeln!(out, "Above 1 the new one is better; 95 % intervals.");
    for note in notes(changes) {
        let _ = writeln!(out, "{}", text::wrap(&note, WIDTH - 2, "  "));
    }
    text::harmless(&out)
}

fn line(row: &Change) -> String {
    let (title, against) = (title(row), row.against.as_deref().unwrap_or("(value)"));
    format!(
        " {:<25} {:<14}{:>26}{:>12}",
        text::cut(&title, 25),
        text::cut(against, 14),
        text::cut(&change(row), 26),
        row.word()
    )
}

/// The title, with the measure where it is not the group's own.
pub(super) fn title(row: &Change) -> String {
    match &row.measure {
        Some(measure) => format!("{}: {}", row.title, text::spaced(measure)),
        None => row.title.clone(),
    }
}

/// The change and its interval, or the two values.
pub(super) fn change(row: &Change) -> String {
    match &row.change {
        Some(change) => format!("{} ({})", text::figure(change.median), text::interval(change)),
        None => format!("{}, then {}", text::figure(row.old), text::figure(row.new)),
    }
}

pub(super) fn side(side: &Side) -> String {
    let mut out = side.path.clone();
    if let Some(commit) = &side.commit {
        let short: String = commit.chars().take(12).collect();
        let _ = write!(out, ", commit {short}");
    }
    if let Some(time) = &side.time_utc {
        let _ = write!(out, ", {time}");
    }
    out
}

fn chosen(changes: &Changes, all: bool) -> (Vec<&Change>, usize) {
    let mut rows = changes.ranked();
    let says = |row: &&Change| matches!(row.verdict, Judgement::Faster | Judgement::Slower);
    let loud = rows.iter().filter(|row| says(row)).count();
    let kept = if all { rows.len() } else { rows.len().min(loud + QUIET_ROWS_MAX) };
    let left = rows.len() - kept;
    rows.truncate(kept);
    (rows, left)
}

/// What else must be known, a sentence each.
pub(super) fn notes(changes: &Changes) -> Vec<String> {
    let mut out: Vec<String> =
        changes.warnings.iter().map(|warning| format!("take care: {warning}")).collect();
    out.extend(changes.unjudged.iter().map(|bench| format!("not judged: {bench}")));
    let first = changes.alone.iter().take(NOTES_MAX).map(|what| format!("not compared: {what}"));
    out.extend(first);
    if let more @ 1.. = changes.alone.len().saturating_sub(NOTES_MAX) {
        out.push(format!("not compared: {more} more"));
    }
    out.extend(changes.skipped.iter().map(|skipped| format!("skipped: {skipped}")));
    out
}

/// The changes as Markdown.
#[must_use]
pub fn markdown(changes: &Changes) -> String {
    let mut out = String::from("### windlass compare\n\n");
    let _ = writeln!(out, "**{}**\n", changes.sentence());
    let _ = writeln!(out, "- old: {}", plain(&side(&changes.old)));
    let _ = writeln!(out, "- new: {}\n", plain(&side(&changes.new)));
    let says = |row: &Change| matches!(row.verdict, Judgement::Faster | Judgement::Slower);
    let (loud, quiet): (Vec<&Change>, Vec<&Change>) =
        changes.ranked().into_iter().partition(|row| says(row));
    if !loud.is_empty() {
        rows(&mut out, &loud);
    }
    if !quiet.is_empty() {
        let count = quiet.len();
        let _ = writeln!(out, "<details><summary>{count} rows without a change</summary>\n");
        rows(&mut out, &quiet);
        let _ = writeln!(out, "</details>\n");
    }
    for note in notes(changes) {
        let _ = writeln!(out, "- {}", plain(&note));
    }
    let _ = writeln!(out, "\n{}. Above 1 the new one is better; 95 % intervals.", changes.method);
    out
}

fn rows(out: &mut String, rows: &[&Change]) {
    out.push_str("| what | against | old | new | new to old | verdict |\n");
    out.push_str("|---|---|---:|---:|---|---|\n");
    for row in rows {
        let against = plain(row.against.as_deref().unwrap_or("its own value"));
        let (old, new) = (text::figure(row.old), text::figure(row.new));
        let changed = row.change.as_ref().map_or("–".to_owned(), |_| change(row));
        let bold = matches!(row.verdict, Judgement::Faster | Judgement::Slower);
        let word = if bold { format!("**{}**", row.word()) } else { row.word().to_owned() };
        let what = plain(&title(row));
        let _ = writeln!(out, "| {what} | {against} | {old} | {new} | {changed} | {word} |");
    }
    out.push('\n');
}

/// Text that stays within its cell and makes no markup.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text::harmless(text).chars() {
        match c {
            '\n' => out.push(' '),
            '|' | '<' | '>' | '*' | '_' | '`' | '[' | ']' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
