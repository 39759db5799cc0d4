//! The page's tables: a group's contenders, claims, controls, environments.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;

use super::parts;
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
        "<th scope=\"col\">Median, {unit}</th><th scope=\"col\">Quartiles, extremes</th>\
         <th scope=\"col\">To best blocking</th><th scope=\"col\">To best peer</th>\
         <th scope=\"col\">{subject} against it</th>"
    );
    for side in &sides {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(&text::spaced(side)));
    }
    out.push_str("</tr></thead><tbody>");
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
    let range = |from: f64, to: f64| format!("{} to {}", text::figure(from), text::figure(to));
    let (quartiles, extremes) = (range(summary.low, summary.high), range(summary.min, summary.max));
    // The style sheet names these five on a narrow screen.
    let _ = write!(
        out,
        "<td><b>{}</b></td><td>{quartiles} <small>{extremes}</small></td><td>{}</td><td>{}</td>\
         <td>{}</td>",
        text::figure(summary.median),
        ratio(row.to_blocking.as_ref(), false),
        ratio(row.to_peer.as_ref(), false),
        ratio(row.subject_to_it.as_ref(), true)
    );
    for side in sides {
        let value = row.side.get(*side).map_or("–".to_owned(), |value| text::figure(*value));
        let name = escape(&text::spaced(side));
        let _ = write!(out, "<td data-label=\"{name}\">{value}</td>");
    }
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

/// What the groups of the benches are held to, with the verdicts; empty when there is nothing.
#[must_use]
pub fn claims(results: &Results) -> String {
    let mut rows = String::new();
    for bench in results.benches.iter().filter(|bench| bench.claim.is_none()) {
        for group in &bench.groups {
            for claim in &group.claims {
                let of = format!("{}: {}", bench.name, group.title);
                claim_row(&mut rows, &of, group, claim);
            }
        }
    }
    claim_table(&rows)
}

/// What one group is held to, with the verdicts; empty when there is nothing.
#[must_use]
pub fn held(group: &Group) -> String {
    let mut rows = String::new();
    for claim in &group.claims {
        claim_row(&mut rows, if group.boundary { "decides nothing" } else { "" }, group, claim);
    }
    claim_table(&rows)
}

fn claim_table(rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<table class=\"claims\"><thead><tr><th scope=\"col\">Held to</th>\
         <th scope=\"col\">Bar</th><th scope=\"col\">Measured, 95 % interval</th>\
         <th scope=\"col\">Verdict</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn claim_row(out: &mut String, of: &str, group: &Group, claim: &Claim) {
    let (class, sign, word) = parts::verdict(claim.verdict);
    let times = claim.against.is_some();
    let show = |value: f64| {
        if times { text::times(value) } else { text::figure(value) }
    };
    let measured = claim.measured.map_or("–".to_owned(), |interval| {
        format!("{} <small>{}</small>", show(interval.median), text::interval(&interval))
    });
    let unit = claim.of.as_ref().map_or(group.unit.clone(), |of| text::spaced(of));
    let unit = if times { String::new() } else { format!(" {}", escape(&unit)) };
    let against = claim.against.as_ref().map_or(String::new(), |other| format!("against {other}"));
    let aside: Vec<&str> = [&*against, of].into_iter().filter(|part| !part.is_empty()).collect();
    let more = claim.rounds_more.map_or(String::new(), |rounds| {
        format!(" <small>about {rounds} more rounds would do</small>")
    });
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{} <small>{}</small></th><td data-label=\"Bar\">{}{unit}</td>\
         <td data-label=\"Measured\">{measured}</td>\
         <td data-label=\"Verdict\"><span class=\"{class}\">{sign} {word}</span>{more}</td></tr>",
        escape(&claim.text),
        escape(&aside.join("; ")),
        show(claim.bar)
    );
}

/// The groups of `bench`, a line each: the subject's value and its ratios.
#[must_use]
pub fn overview(bench: &Bench) -> String {
    let mut out = String::from(
        "<table class=\"claims\"><thead><tr><th scope=\"col\">Group</th>\
         <th scope=\"col\">Subject</th><th scope=\"col\">To best blocking</th>\
         <th scope=\"col\">To best peer</th></tr></thead><tbody>",
    );
    for group in &bench.groups {
        let subject = group.row(Role::Subject);
        let value = subject.and_then(|row| row.summary).map(|summary| text::figure(summary.median));
        let (blocking, peer) = (
            ratio(subject.and_then(|row| row.to_blocking.as_ref()), false),
            ratio(subject.and_then(|row| row.to_peer.as_ref()), false),
        );
        let _ = write!(
            out,
            "<tr id=\"{}\"><th scope=\"row\">{}</th><td data-label=\"Subject\">{} <small>{}</small>\
             </td><td data-label=\"To blocking\">{blocking}</td>\
             <td data-label=\"To peer\">{peer}</td></tr>",
            parts::anchor(&bench.name, &group.id),
            escape(&group.title),
            value.unwrap_or("failed".to_owned()),
            escape(&group.unit)
        );
    }
    out.push_str("</tbody></table>");
    out
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
    let word = results.quality.level.word();
    let mut out =
        format!("<p class=\"badges\"><strong class=\"badge {word}\">{word} run</strong> ");
    let said = match results.quality.level {
        Level::Quiet => "No gate tripped, and the control shows no winner.".to_owned(),
        Level::Noisy => "The machine did other things too, or the method is unchecked.".to_owned(),
        Level::Unusable => format!(
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
