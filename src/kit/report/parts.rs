//! Small pieces of the page that every section uses: anchors, paragraphs, legends, figures.

use std::fmt::Write;

use crate::kit::measure::statistics::Verdict;

use super::plot::Plot;
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

/// Appends a paragraph of class `class` that begins with `label` in bold; nothing for an empty text.
pub fn paragraph(out: &mut String, class: &str, label: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    let label = if label.is_empty() { String::new() } else { format!("<b>{label}</b>") };
    let _ = write!(out, "<p{class}>{label}{}</p>", escape(text));
}

/// What the marks in a drawing stand for; `line`: with the dashes of a line.
#[must_use]
pub fn legend<'a>(keys: impl Iterator<Item = (&'a str, usize, &'a str)>, line: bool) -> String {
    let mut out = String::from("<span class=\"legend\">");
    for (class, shape, name) in keys {
        let mut drawing = svg::Drawing::new();
        let stroke = if line { "line" } else { "whisker" };
        drawing.line(&format!("{stroke} {class}"), (2.0, 8.0), (46.0, 8.0));
        drawing.mark(class, shape, 24.0, 8.0);
        let _ = write!(out, "<span class=\"key\">{}{}</span>", drawing.key(), escape(name));
    }
    out.push_str("</span>");
    out
}

/// Appends a plot with its caption, legend and data table. `command` repeats it alone.
pub fn figure(out: &mut String, plot: &Plot, command: &str) {
    let keys = plot.legend.iter().map(|key| (&*key.class, key.shape, &*key.name));
    let _ = write!(
        out,
        "<figure>{}<figcaption>{}{}</figcaption>",
        plot.svg,
        escape(&plot.caption),
        legend(keys, true)
    );
    let repeat = match command.is_empty() {
        true => String::new(),
        false => format!("<p class=\"small\">Repeat: <code>{}</code></p>", escape(command)),
    };
    folded(out, "Data", &format!("{}{repeat}", plot.table));
    out.push_str("</figure>");
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
    let mut out =
        String::from("<div class=\"wide\" tabindex=\"0\"><table class=\"data\"><thead><tr>");
    for head in heads {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escape(head));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for (place, cell) in row.iter().enumerate() {
            let _ = match place {
                0 => write!(out, "<th scope=\"row\">{}</th>", escape(cell)),
                _ => write!(out, "<td>{}</td>", escape(cell)),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
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
