//! Changes as a part of the page.

use std::fmt::Write;

use crate::kit::report::text::{self, escape};

use super::data::{Change, Changes, Judgement};
use super::show::{change, notes, side, title};

/// A table of all rows with the verdict of each, and the sentence that sums them up. No heading:
/// the page has its own.
#[must_use]
pub fn section(changes: &Changes) -> String {
    let mut out = format!("<p class=\"sum\">{}</p>", escape(&changes.sentence()));
    out.push_str("<table class=\"facts\"><tbody>");
    for (word, side_of) in [("Before", &changes.old), ("Now", &changes.new)] {
        let told = escape(&side(side_of));
        let _ = write!(out, "<tr><th scope=\"row\">{word}</th><td>{told}</td></tr>");
    }
    out.push_str("</tbody></table>");
    if !changes.rows.is_empty() {
        out.push_str(
            "<div class=\"wide\" tabindex=\"0\"><table class=\"changes\"><thead><tr>\
             <th scope=\"col\">What</th><th scope=\"col\">Against</th>\
             <th scope=\"col\">Before</th><th scope=\"col\">Now</th>\
             <th scope=\"col\">Now to before, 95 % interval</th><th scope=\"col\">Verdict</th>\
             </tr></thead><tbody>",
        );
        changes.ranked().into_iter().for_each(|row| self::row(&mut out, row));
        out.push_str("</tbody></table></div>");
    }
    let notes = notes(changes);
    if !notes.is_empty() {
        out.push_str("<ul class=\"reasons\">");
        notes.iter().for_each(|note| {
            let _ = write!(out, "<li>{}</li>", escape(note));
        });
        out.push_str("</ul>");
    }
    let method = escape(&changes.method);
    let _ = write!(out, "<p><small>{method}. Above 1 means better than before.</small></p>");
    out
}

fn row(out: &mut String, row: &Change) {
    let (class, sign) = match row.verdict {
        Judgement::Faster => ("ahead", "▲"),
        Judgement::Slower => ("behind", "▼"),
        Judgement::NoChange => ("level", "="),
        Judgement::CannotTell | Judgement::NotJudged => ("level", "?"),
    };
    let what = escape(&format!("{}/{}", row.bench, title(row)));
    let _ = write!(out, "<tr><th scope=\"row\">{what}</th>");
    let mut cell = |label: &str, value: &str| {
        let _ = write!(out, "<td data-label=\"{label}\">{value}</td>");
    };
    cell("Against", &escape(row.against.as_deref().unwrap_or("its own value")));
    cell("Before", &text::figure(row.old));
    cell("Now", &text::figure(row.new));
    let changed = row.change.as_ref().map_or("–".to_owned(), |_| escape(&change(row)));
    cell("Now to before", &changed);
    let why = row.why.as_ref().map(|why| format!(" <small>{}</small>", escape(why)));
    let word = row.word().to_lowercase();
    let why = why.unwrap_or_default();
    cell("Verdict", &format!("<span class=\"{class}\">{sign} {word}</span>{why}"));
    out.push_str("</tr>");
}
