//! A claim on the page: what is claimed and what would refute it, the plots, the groups.

use std::fmt::Write;

use super::detail::Detail;
use super::group_section;
use super::lines;
use super::parts::{self, anchor, paragraph};
use super::results::{Bench, ClaimResult, Results};
use super::text::{self, escape};
use super::top;

/// Appends the section of `bench`, which is the evidence for a claim.
pub fn write(out: &mut String, results: &Results, bench: &Bench, detail: &Detail) {
    let own = |claim: &&ClaimResult| claim.bench.as_ref() == Some(&bench.name);
    let Some(claim) = results.claims.iter().find(own) else {
        return;
    };
    let id = anchor(&bench.name, "");
    let (class, sign, word) = parts::verdict(claim.verdict);
    let _ = write!(
        out,
        "<section id=\"{id}\"><h2>{}</h2><p><strong class=\"{class}\">{sign} {word}</strong> {} {}\
         </p>",
        escape(&claim.words.title),
        top::badge(claim.quality),
        escape(&claim.sentence)
    );
    paragraph(out, "lead", "", &claim.words.claimed);
    let control = match results.control_of(&bench.name) {
        Some(control) => {
            let ratio = text::near_one(&control.ratio);
            format!("{ratio}; it {}. Row one has all claims' controls together.", control.told())
        }
        None => "none; row one has those of the other claims.".to_owned(),
    };
    let words = [
        ("Measured: ", &claim.words.measured),
        ("Refuted by: ", &claim.words.refuted_by),
        ("Rule: ", &claim.words.rule),
        ("What this does not show: ", &claim.words.not_shown),
        ("A/A control: ", &control),
    ];
    out.push_str("<div class=\"words\">");
    for (label, text) in words {
        paragraph(out, "", label, text);
    }
    let _ = write!(
        out,
        "<p><b>Repeat it alone:</b> <code>{}</code> (this run: <code>{}</code>, {} profile, {})</p>\
         </div>",
        escape(&claim.words.command),
        escape(&bench.environment.command),
        escape(&bench.profile),
        escape(&bench.environment.time_utc)
    );
    let command = &claim.words.command;
    let families = if detail.curves { lines::families(bench) } else { Vec::new() };
    for (index, family) in families.iter().enumerate() {
        let id = format!("{id}-f{index}");
        if let Some(plot) = lines::draw(bench, family, &id) {
            parts::figure(out, &plot, command);
        }
        if detail.side_curves {
            for (place, side) in lines::sides(bench, family).iter().enumerate() {
                if let Some(plot) = lines::draw_side(bench, family, side, &format!("{id}s{place}"))
                {
                    parts::figure(out, &plot, command);
                }
            }
        }
    }
    group_section::of_claim(out, bench, command, detail);
    out.push_str("</section>");
}
