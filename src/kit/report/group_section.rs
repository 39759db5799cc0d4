//! A group on the page: its question, its plots, its contenders, how it was measured.

use std::fmt::Write;

use super::detail::Detail;
use super::lines;
use super::parts::{self, anchor, paragraph};
use super::percentiles;
use super::results::{Bench, Group};
use super::strip;
use super::tables;
use super::text::{self, escape};
use super::timeline;

/// Appends the groups of a bench.
pub fn of_bench(out: &mut String, bench: &Bench, detail: &Detail) {
    if !detail.bench_tables {
        out.push_str(&tables::overview(bench));
        return;
    }
    let mut said = Said::default();
    for group in &bench.groups {
        if begin(out, bench, group) {
            figures(out, bench, group, "", detail);
            if detail.bench_strips {
                strip_plot(out, bench, group, detail);
            }
            out.push_str(&tables::group(group, !detail.bench_columns));
            said.method(out, group, detail.bench_methods);
            out.push_str("</article>");
        }
    }
}

/// Appends the groups of a claim: those that decide, then those that show where the baseline is as
/// good. `command` measures the claim alone.
pub fn of_claim(out: &mut String, bench: &Bench, command: &str, detail: &Detail) {
    let families = lines::families(bench);
    let mut said = Said::default();
    if !detail.claim_tables {
        out.push_str(&tables::overview(bench));
    }
    let deciding = bench.groups.iter().filter(|group| !group.boundary);
    for group in deciding.chain(bench.groups.iter().filter(|group| group.boundary)) {
        if !detail.claim_tables {
            figures(out, bench, group, command, detail);
            continue;
        }
        if begin(out, bench, group) {
            out.push_str(&tables::held(group));
            figures(out, bench, group, command, detail);
            let in_a_curve = group.family.as_ref().is_some_and(|own| families.contains(own));
            if detail.claim_strips && !in_a_curve {
                strip_plot(out, bench, group, detail);
            }
            let contenders = tables::group(group, !detail.claim_columns);
            parts::folded(out, "Contenders", &contenders);
            said.method(out, group, detail.claim_methods);
            out.push_str("</article>");
        }
    }
}

/// Title and question; false, and all is said, when the group could not be measured.
fn begin(out: &mut String, bench: &Bench, group: &Group) -> bool {
    let id = anchor(&bench.name, &group.id);
    let _ = write!(out, "<article id=\"{id}\"><h3>{}</h3>", escape(&group.title));
    paragraph(out, "question", "", &group.question);
    let Some(failure) = &group.failure else {
        return true;
    };
    paragraph(out, "notice", "Could not be measured: ", failure);
    out.push_str("</article>");
    false
}

/// Percentiles and timelines; along a family only those of the last place when room is short.
fn figures(out: &mut String, bench: &Bench, group: &Group, command: &str, detail: &Detail) {
    let later = |other: &Group| {
        let axes = group.x.as_ref().zip(other.x.as_ref());
        group.family.is_some()
            && group.family == other.family
            && axes.is_some_and(|(own, other)| other.value > own.value)
    };
    let is_last = !bench.groups.iter().any(later);
    if !detail.figures || !(is_last || detail.all_percentiles) {
        return;
    }
    let id = anchor(&bench.name, &group.id);
    for (index, name) in percentiles::names(group).into_iter().enumerate() {
        if let Some(plot) = percentiles::draw(group, name, &format!("{id}-d{index}")) {
            parts::figure(out, &plot, command);
        }
    }
    for (index, name) in timeline::names(group).into_iter().enumerate() {
        let id = format!("{id}-s{index}");
        if let Some(plot) = timeline::draw(group, name, &id, detail.timeline_points) {
            parts::figure(out, &plot, command);
        }
    }
}

fn strip_plot(out: &mut String, bench: &Bench, group: &Group, detail: &Detail) {
    let id = format!("{}-p", anchor(&bench.name, &group.id));
    if let Some(drawing) = strip::draw(group, &id, detail.dots) {
        let dots = if detail.dots { "a dot is a round, " } else { "" };
        let _ = write!(
            out,
            "<figure>{drawing}<figcaption>Best first; {dots}the thick line spans the quartiles, \
             the upright line is the median.</figcaption></figure>"
        );
    }
}

/// What was said of a group before, and need not be said again.
#[derive(Default)]
struct Said {
    method: String,
    not_shown: String,
}

impl Said {
    fn method(&mut self, out: &mut String, group: &Group, methods: bool) {
        let replaced = match group.rounds_replaced {
            0 => String::new(),
            count => format!(", {count} more were noisy and run again"),
        };
        let rounds = format!(
            "{} rounds, {} of them noisy{replaced}; effects under {} do not count here.",
            group.rounds,
            group.rounds_noisy,
            text::percent(group.smallest_effect)
        );
        out.push_str("<div class=\"small\">");
        if group.not_shown != self.not_shown {
            paragraph(out, "", "What this does not show: ", &group.not_shown);
            self.not_shown.clone_from(&group.not_shown);
        }
        if methods && group.method != self.method {
            paragraph(out, "", "Method: ", &group.method);
            self.method.clone_from(&group.method);
        } else if methods && !group.method.is_empty() {
            paragraph(out, "", "Method: ", "as above.");
        }
        paragraph(out, "", "Rounds: ", &rounds);
        if let Some(earlier) = &group.earlier {
            paragraph(out, "", "From an earlier run: ", earlier);
        }
        out.push_str("</div>");
    }
}
