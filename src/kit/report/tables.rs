//! The page's tables: a group's contenders, claims, controls, environments.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;
use crate::kit::measure::rule::Rule;

use super::parts;
use super::results::{Bench, Claim, Comparison, Group, Level, PROJECT, Results, Row};
use super::text::{self, escape};

/// The contenders of one group; `short`: without extremes, and without the ratios that are not the
/// subject's.
#[must_use]
pub fn group(group: &Group, short: bool) -> String {
    let mut sides: Vec<&String> = group.rows.iter().flat_map(|row| row.side.keys()).collect();
    sides.sort();
    sides.dedup();
    let subject = group.row(Role::Subject).map_or(PROJECT, |row| &row.name);
    let (unit, subject) = (escape(&group.unit), escape(subject));
    // HTML lets the ends of rows and cells be left out: a page holds thousands of them.
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\"><table class=\"contenders\"><thead><tr><th>Contender",
    );
    let _ = write!(out, "<th>Median, {unit}<th>Quartiles<th>{subject} against it");
    if !short {
        out.push_str("<th>To best blocking<th>To best peer");
    }
    for side in &sides {
        let _ = write!(out, "<th>{}", escape(&text::spaced(side)));
    }
    out.push_str("<tbody>");
    for row in &group.rows {
        contender(&mut out, group, row, &sides, short);
    }
    out.push_str("</table></div>");
    out
}

fn contender(out: &mut String, group: &Group, row: &Row, sides: &[&String], short: bool) {
    let (class, role) = match row.role {
        Role::Subject if !group.is_subject(row) => ("variant", "a variant of the subject"),
        role => self::role(role),
    };
    let _ = write!(out, "<tr class={class}><th>{} <small>{role}</small>", escape(&row.name));
    let Some(summary) = row.summary else {
        let why = escape(row.failure.as_deref().unwrap_or("not measured"));
        let columns = sides.len() + if short { 3 } else { 5 };
        let _ = write!(out, "<td class=failed colspan={columns}>failed: {why}");
        return;
    };
    let range = |from: f64, to: f64| format!("{} to {}", text::figure(from), text::figure(to));
    let _ = write!(
        out,
        "<td><b>{}</b><td>{}",
        text::figure(summary.median),
        range(summary.low, summary.high)
    );
    if !short {
        let _ = write!(out, " <small>{}</small>", range(summary.min, summary.max));
    }
    let _ = write!(out, "<td>{}", ratio(row.subject_to_it.as_ref(), true));
    if !short {
        let (blocking, peer) = (row.to_blocking.as_ref(), row.to_peer.as_ref());
        let _ = write!(out, "<td>{}<td>{}", ratio(blocking, false), ratio(peer, false));
    }
    for side in sides {
        let value = row.side.get(*side).map_or("–".to_owned(), |value| text::figure(*value));
        let _ = write!(out, "<td>{value}");
    }
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

/// What one group is held to, with the verdicts, a line each; empty when there is nothing.
#[must_use]
pub fn held(group: &Group) -> String {
    let mut out = String::new();
    for claim in &group.claims {
        let (class, sign, _) = parts::verdict(claim.verdict);
        let word = claim.said();
        let aside = if group.boundary { " <small>decides nothing</small>" } else { "" };
        let (bar, measured) = compared(group, claim);
        let against = claim.against.as_ref().map_or(String::new(), |o| format!("against {o}, "));
        let _ = write!(
            out,
            "<p class=\"held\"><strong class=\"{class}\">{sign} {word}</strong> {}: {}bar {bar}, \
             measured {measured}{aside}</p>",
            escape(&claim.text),
            escape(&against)
        );
    }
    out
}

/// The bar and what was measured, with units.
fn compared(group: &Group, claim: &Claim) -> (String, String) {
    let times = claim.against.is_some();
    let unit = claim.of.as_ref().map_or(group.unit.clone(), |of| text::spaced(of));
    let show = |value: f64| match times {
        true => text::times(value),
        false => format!("{} {}", text::figure(value), escape(&unit)),
    };
    let measured = claim.measured.map_or("–".to_owned(), |interval| {
        format!("{} <small>{}</small>", show(interval.median), text::interval(&interval))
    });
    let bar = match claim.rule {
        Rule::AtLeast => show(claim.bar),
        rule => rule.said(claim.bar, &show(claim.bar)),
    };
    (bar, measured)
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
    let (class, sign, _) = parts::verdict(claim.verdict);
    let word = claim.said();
    let (bar, measured) = compared(group, claim);
    let against = claim.against.as_ref().map_or(String::new(), |other| format!("against {other}"));
    let aside: Vec<&str> = [&*against, of].into_iter().filter(|part| !part.is_empty()).collect();
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{} <small>{}</small></th><td data-label=\"Bar\">{bar}</td>\
         <td data-label=\"Measured\">{measured}</td>\
         <td data-label=\"Verdict\"><span class=\"{class}\">{sign} {word}</span></td></tr>",
        escape(&claim.text),
        escape(&aside.join("; "))
    );
}

/// The groups of `bench`, a line each: the subject's value and its ratios.
#[must_use]
pub fn overview(bench: &Bench) -> String {
    let mut out = String::from(
        "<table class=\"claims\"><thead><tr><th>Group<th>Subject<th>To best blocking\
         <th>To best peer<tbody>",
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
            "<tr id=\"{}\"><th>{}<td data-label=Subject>{} <small>{}</small>\
             <td data-label=\"To blocking\">{blocking}<td data-label=\"To peer\">{peer}",
            parts::anchor(&bench.name, &group.id),
            escape(&group.title),
            value.unwrap_or("failed".to_owned()),
            escape(&group.unit)
        );
    }
    out.push_str("</table>");
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
        let (class, word) = match (control.outcome, control.too_few) {
            (Outcome::Ahead | Outcome::Behind, _) => ("behind", "✗ a winner: void"),
            (_, Some(_)) => ("level", "too few rounds to tell"),
            (Outcome::Tie, None) => ("ahead", "✓ no winner, as it must be"),
            (Outcome::Undecided, None) if control.lucky.is_some() => {
                ("level", "no winner: as far off as one of so many is by luck")
            }
            (Outcome::Undecided, None) => ("level", "no winner, but too wide to exclude one"),
        };
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}</th><td data-label=\"Groups\">{}</td>\
             <td data-label=\"Ratio\">{:.3} <small>{:.3} to {:.3}</small></td>\
             <td data-label=\"Verdict\"><span class=\"{class}\">{word}</span></td></tr>",
            escape(control.over()),
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
        Level::Unusable if results.void().is_empty() => {
            "The machine did mostly other things: what was measured then cannot be judged."
                .to_owned()
        }
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

/// Machine, kernel, compiler and commit of one bench's newest run, by name.
#[must_use]
pub fn machine(bench: &Bench) -> Vec<(&'static str, String)> {
    let facts = &bench.environment;
    let tree = match facts.clean {
        Some(true) => " (clean tree)",
        Some(false) => " (with uncommitted changes)",
        None => "",
    };
    let known = [
        ("Processor", facts.cpu_model.clone()),
        ("Cores", facts.cores.map(|cores| cores.to_string())),
        ("Memory", facts.memory_mib.map(|mib| format!("{mib} MiB"))),
        ("Virtual machine", facts.virtualised.clone()),
        ("Frequency governor", facts.governor.clone()),
        ("Kernel", facts.kernel.clone()),
        ("Open files, at most", facts.open_files_max.map(|max| max.to_string())),
        ("Compiler", facts.rustc.clone()),
        ("Commit", facts.commit.as_ref().map(|commit| format!("{commit}{tree}"))),
        ("windlass", Some(facts.windlass.clone())),
    ];
    known.map(|(name, value)| (name, value.unwrap_or("not readable here".to_owned()))).to_vec()
}

/// Facts by name, as a table.
#[must_use]
pub fn facts(facts: &[(&str, String)]) -> String {
    let mut out = String::from("<table class=\"facts\"><tbody>");
    for (name, value) in facts {
        let value = escape(value);
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>");
    }
    out.push_str("</tbody></table>");
    out
}

/// Each bench's newest run: when, how long, by which command, beside what noise.
#[must_use]
pub fn runs(results: &Results) -> String {
    let heads = [
        "Bench",
        "Begun",
        "Measured for",
        "Stolen",
        "Other processes",
        "Waited for a core",
        "Involuntary switches/s",
        "Profile",
        "Command",
    ];
    let share = |share: Option<f64>| share.map_or("–".to_owned(), text::percent);
    let rows = results.benches.iter().map(|bench| {
        let noise = &bench.noise;
        vec![
            bench.name.clone(),
            bench.environment.time_utc.clone(),
            format!("{:.0} s", noise.seconds),
            share(noise.steal_share),
            share(noise.foreign_share),
            share(noise.pressure_share),
            noise.involuntary_per_s.map_or("–".to_owned(), text::figure),
            bench.profile.clone(),
            bench.environment.command.clone(),
        ]
    });
    parts::table(&heads.map(str::to_owned), &rows.collect::<Vec<_>>())
}
