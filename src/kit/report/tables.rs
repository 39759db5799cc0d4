//! The page's tables: a group's contenders, claims, controls, environments.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;
use crate::kit::measure::statistics::Verdict;

use super::results::{Bench, Claim, Comparison, Group, Level, PROJECT, Results, Row};
use super::text::{self, escape};

/// The contenders of one group.
#[must_use]
pub fn group(group: &Group) -> String {
    let mut sides: Vec<&String> = group.rows.iter().flat_map(|row| row.side.keys()).collect();
    sides.sort();
    sides.dedup();
    let subject = group.row(Role::Subject).map_or(PROJECT, |row| &row.name);
    let (unit, subject) = (escape(&group.unit), escape(subject));
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\"><table class=\"contenders\"><thead><tr>\
         <th scope=\"col\">Contender</th>",
    );
    let _ = write!(
        out,
        "<th scope=\"col\">Median, {unit}</th><th scope=\"col\">Quartiles, extremes</th>"
    );
    for side in &sides {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(&text::spaced(side)));
    }
    out.push_str("<th scope=\"col\">To best blocking</th><th scope=\"col\">To best peer</th>");
    let _ = write!(out, "<th scope=\"col\">{subject} against it</th></tr></thead><tbody>");
    for row in &group.rows {
        contender(&mut out, group, row, &sides);
    }
    out.push_str("</tbody></table></div>");
    out
}

fn contender(out: &mut String, group: &Group, row: &Row, sides: &[&String]) {
    let (class, role) = match row.role {
        Role::Subject if !group.is_subject(row) => ("variant", "a variant of the subject"),
        role => self::role(role),
    };
    let name = escape(&row.name);
    let _ = write!(
        out,
        "<tr class=\"{class}\"><th scope=\"row\"><i class=\"swatch\"></i>{name} \
         <small>{role}</small></th>"
    );
    let Some(summary) = row.summary else {
        let why = escape(row.failure.as_deref().unwrap_or("not measured"));
        let columns = 5 + sides.len();
        let _ = write!(out, "<td class=\"failed\" colspan=\"{columns}\">failed: {why}</td></tr>");
        return;
    };
    let mut cell = |label: &str, value: &str| {
        let _ = write!(out, "<td data-label=\"{label}\">{value}</td>");
    };
    let range = |from: f64, to: f64| format!("{} to {}", text::figure(from), text::figure(to));
    let median = format!("<b>{}</b>", text::figure(summary.median));
    cell(&format!("Median, {}", escape(&group.unit)), &median);
    let (quartiles, extremes) = (range(summary.low, summary.high), range(summary.min, summary.max));
    cell("Quartiles, extremes", &format!("{quartiles} <small>{extremes}</small>"));
    for side in sides {
        let value = row.side.get(*side).map_or("–".to_owned(), |value| text::figure(*value));
        cell(&escape(&text::spaced(side)), &value);
    }
    cell("To best blocking", &ratio(row.to_blocking.as_ref(), false));
    cell("To best peer", &ratio(row.to_peer.as_ref(), false));
    cell("Verdict", &ratio(row.subject_to_it.as_ref(), true));
    out.push_str("</tr>");
}

fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Subject => ("subject", "subject"),
        Role::Baseline => ("baseline0", "blocking"),
        Role::Peer => ("peer0", "peer"),
        Role::Limit => ("limit", "limit"),
        Role::Control => ("control", "A/A control"),
    }
}

/// A ratio with its interval; `judged`: with the word for what it says, and without the figures
/// where there is no difference.
fn ratio(comparison: Option<&Comparison>, judged: bool) -> String {
    let Some(comparison) = comparison else {
        return "–".to_owned();
    };
    let (class, sign, word) = match comparison.outcome {
        Outcome::Ahead => ("ahead", "▲", "wins"),
        Outcome::Tie => ("level", "=", "no difference that counts"),
        Outcome::Behind => ("behind", "▼", "loses"),
        Outcome::Undecided => ("level", "?", "undecided"),
    };
    let (range, times) = (text::interval(&comparison.ratio), text::times(comparison.ratio.median));
    match (judged, comparison.outcome) {
        (true, Outcome::Tie) => format!("<span class=\"{class}\">{sign} {word}</span>"),
        (true, Outcome::Undecided) => {
            format!("<span class=\"{class}\">{sign} {word} ({range})</span>")
        }
        (true, _) => format!("<span class=\"{class}\">{sign} {word}, {times}</span>"),
        (false, _) => format!("{times} <small>{range}</small>"),
    }
}

/// All claims with their verdicts; empty when there are none.
#[must_use]
pub fn claims(results: &Results) -> String {
    let mut rows = String::new();
    for bench in &results.benches {
        for group in &bench.groups {
            for claim in &group.claims {
                claim_row(&mut rows, bench, group, claim);
            }
        }
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<table class=\"claims\"><thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">Bar</th>\
         <th scope=\"col\">Measured, 95 % interval</th><th scope=\"col\">Verdict</th></tr></thead>\
         <tbody>{rows}</tbody></table>"
    )
}

fn claim_row(out: &mut String, bench: &Bench, group: &Group, claim: &Claim) {
    let (class, sign) = match claim.verdict {
        Verdict::Holds => ("ahead", "✓"),
        Verdict::Refuted => ("behind", "✗"),
        Verdict::Undecided => ("level", "?"),
    };
    let word = claim.said();
    let times = claim.against.is_some();
    let show = |value: f64| {
        if times { text::times(value) } else { text::figure(value) }
    };
    let measured = claim.measured.map_or("–".to_owned(), |interval| {
        format!("{} <small>{}</small>", show(interval.median), text::interval(&interval))
    });
    let unit = claim.of.as_ref().unwrap_or(&group.unit);
    let unit = if times { String::new() } else { format!(" {}", escape(unit)) };
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{} <small>{}: {}</small></th><td data-label=\"Bar\">{}{unit}</td>\
         <td data-label=\"Measured\">{measured}</td>\
         <td data-label=\"Verdict\"><span class=\"{class}\">{sign} {word}</span></td></tr>",
        escape(&claim.text),
        escape(&bench.name),
        escape(&group.title),
        show(claim.bar)
    );
}

/// The subject against itself: the row that must show no winner.
#[must_use]
pub fn controls(results: &Results) -> String {
    if results.controls.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<table class=\"claims\"><thead><tr><th scope=\"col\">{PROJECT} against itself (A/A \
         control)</th><th scope=\"col\">Groups</th><th scope=\"col\">Ratio, 95 % interval</th>\
         <th scope=\"col\">Verdict</th></tr></thead><tbody>"
    );
    for control in &results.controls {
        let (class, word) = match control.outcome {
            Outcome::Tie => ("ahead", "✓ no winner, as it must be"),
            Outcome::Undecided => ("level", "no winner, but too wide to exclude one"),
            Outcome::Ahead | Outcome::Behind => ("behind", "✗ a winner: void"),
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td data-label=\"Groups\">{}</td>\
             <td data-label=\"Ratio\">{:.3} <small>{:.3} to {:.3}</small></td>\
             <td data-label=\"Verdict\"><span class=\"{class}\">{word}</span></td></tr>",
            escape(control.bench.as_deref().unwrap_or("all benches")),
            control.groups,
            control.ratio.median,
            control.ratio.low,
            control.ratio.high
        );
    }
    out.push_str("</tbody></table>");
    out
}

/// The run's quality as a badge with its reasons.
#[must_use]
pub fn quality(results: &Results) -> String {
    let (class, word) = match results.quality.level {
        Level::Quiet => ("quiet", "quiet run"),
        Level::Noisy => ("noisy", "noisy run"),
        Level::Void => ("void", "void run"),
    };
    let mut out = format!("<p class=\"badges\"><strong class=\"badge {class}\">{word}</strong> ");
    let said = match results.quality.level {
        Level::Quiet => "No gate tripped, and the control shows no winner.".to_owned(),
        Level::Noisy => "The machine did other things too, or the method is unchecked.".to_owned(),
        Level::Void => format!(
            "The control shows a winner where there can be none: no verdict of {} stands.",
            results.void().join(", ")
        ),
    };
    let _ = write!(out, "{}</p>", escape(&said));
    if !results.quality.reasons.is_empty() {
        out.push_str("<ul class=\"reasons\">");
        for reason in &results.quality.reasons {
            let _ = write!(out, "<li>{}</li>", escape(reason));
        }
        out.push_str("</ul>");
    }
    out
}

/// Machine, kernel, compiler, commit, command and noise of one bench.
#[must_use]
pub fn environment(bench: &Bench) -> String {
    let facts = &bench.environment;
    let mut out = String::from("<table class=\"facts\"><tbody>");
    let mut fact = |name: &str, value: Option<String>| {
        let value = value.map_or("not readable here".to_owned(), |value| escape(&value));
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    };
    fact("Command", Some(facts.command.clone()));
    fact("Profile", Some(bench.profile.clone()));
    fact("Begun", Some(facts.time_utc.clone()));
    fact("Processor", facts.cpu_model.clone());
    fact("Cores", facts.cores.map(|cores| cores.to_string()));
    fact("Memory", facts.memory_mib.map(|mib| format!("{mib} MiB")));
    fact("Virtual machine", facts.virtualised.clone());
    fact("Frequency governor", facts.governor.clone());
    fact("Kernel", facts.kernel.clone());
    fact("Open files, at most", facts.open_files_max.map(|max| max.to_string()));
    fact("Compiler", facts.rustc.clone());
    let tree = match facts.clean {
        Some(true) => " (clean tree)",
        Some(false) => " (with uncommitted changes)",
        None => "",
    };
    fact("Commit", facts.commit.as_ref().map(|commit| format!("{commit}{tree}")));
    fact("windlass", Some(facts.windlass.clone()));
    let noise = &bench.noise;
    fact("Measured for", Some(format!("{:.0} s", noise.seconds)));
    fact("Stolen by the hypervisor", noise.steal_share.map(text::percent));
    fact("Used by other processes", noise.foreign_share.map(text::percent));
    fact("Some task waited for a core", noise.pressure_share.map(text::percent));
    let switches = noise.involuntary_per_s.map(|rate| format!("{} a second", text::figure(rate)));
    fact("Involuntary switches", switches);
    out.push_str("</tbody></table>");
    out
}
