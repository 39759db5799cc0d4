//! Small pieces of the page that every section uses: anchors, paragraphs, legends, figures.

use std::fmt::Write;

use crate::kit::measure::statistics::Verdict;

use super::plot::Plot;
use super::strip;
use super::svg;
use super::text::escape;

/// A name for `#`: plain characters only, whatever the ids hold.
#[must_use]
pub fn anchor(bench: &str, group: &str) -> String {
    let mut out = String::from("b-");
    for c in bench.chars().chain("-".chars()).chain(group.chars()) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
            out.push(c);
        } else {
            let _ = write!(out, "_{:x}", u32::from(c));
        }
    }
    out
}

/// Appends a paragraph of class `class` that begins with `label` in bold; nothing for an empty
/// text.
pub fn paragraph(out: &mut String, class: &str, label: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let label = if label.is_empty() { String::new() } else { format!("<b>{label}</b>") };
    let _ = write!(out, "<p{class}>{label}{}</p>", escape(text));
}

/// What the lines and marks in a drawing stand for: classes with names.
#[must_use]
pub fn legend<'a>(keys: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("<span class=\"legend\">");
    for (class, name) in keys {
        let _ = write!(
            out,
            "<span class=\"key\"><svg class=\"swatch\" aria-hidden=\"true\">\
             <use href=\"#k-{class}\"/></svg>{}</span>",
            escape(name)
        );
    }
    out.push_str("</span>");
    out
}

/// The symbols that legends use, once for the whole page.
#[must_use]
pub fn symbols() -> String {
    let mut out = String::from("<svg aria-hidden=\"true\" class=\"symbols\">");
    for (class, shape) in strip::CLASSES {
        let mut drawing = svg::Drawing::new();
        drawing.line(&format!("line {class}"), (2.0, 8.0), (46.0, 8.0));
        drawing.mark(class, shape, 24.0, 8.0);
        out.push_str(&drawing.symbol(&format!("k-{class}")));
    }
    out.push_str("</svg>");
    out
}

/// Appends a plot with its caption, legend and data table. `command` repeats it alone.
pub fn figure(out: &mut String, plot: &Plot, command: &str) {
    let keys = plot.legend.iter().map(|key| (&*key.class, &*key.name));
    let _ =
        write!(out, "<figure>{}<figcaption>{}{}", plot.svg, escape(&plot.caption), legend(keys));
    let repeat = match command.is_empty() {
        true => String::new(),
        false => format!("<p class=\"small\">Repeat: <code>{}</code></p>", escape(command)),
    };
    folded(out, "Data", &format!("{}{repeat}", plot.table));
    out.push_str("</figcaption></figure>");
}

/// Appends `content` (HTML) folded away under `summary`.
pub fn folded(out: &mut String, summary: &str, content: &str) {
    if !content.is_empty() {
        let summary = escape(summary);
        let _ = write!(out, "<details><summary>{summary}</summary>{content}</details>");
    }
}

/// A plain table that scrolls by itself: the heads, and rows of cells, the first of which names
/// its row.
#[must_use]
pub fn table(heads: &[String], rows: &[Vec<String>]) -> String {
    // HTML lets the ends of rows and cells be left out: a page holds thousands of them.
    let mut out =
        String::from("<div class=\"wide\" tabindex=\"0\"><table class=\"data\"><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th>{}", escape(head));
    }
    out.push_str("<tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let tag = if place == 0 { "th" } else { "td" };
            let _ = write!(out, "<{tag}>{}", escape(cell));
        }
    }
    out.push_str("</table></div>");
    out
}

/// A verdict's class, sign and word: never colour alone.
#[must_use]
pub fn verdict(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Holds => ("ahead", "✓", "holds"),
        Verdict::Refuted => ("behind", "✗", "refuted"),
        Verdict::Undecided => ("level", "?", "cannot tell"),
    }
}
