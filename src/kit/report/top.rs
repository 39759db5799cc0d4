//! The top of the page: a line a claim, the line that helps to decide, where blocking wins, what
//! all of this does not show.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;

use super::parts::{self, anchor};
use super::results::{Against, ClaimResult, Control, Level, PROJECT, Results, Statement};
use super::text::{self, escape};

/// The claims, the control before them, and the line that helps to decide.
pub fn claims(out: &mut String, results: &Results) {
    out.push_str("<section id=\"claims\"><h2>The claims</h2>");
    let _ = write!(out, "<p class=\"lead\">{}</p>", escape(&results.decision.sentence));
    out.push_str(
        "<table class=\"verdicts\"><thead><tr><th scope=\"col\">Claim</th>\
         <th scope=\"col\">Verdict</th><th scope=\"col\">Ratio or value, 95 % interval</th>\
         <th scope=\"col\">In plain words</th><th scope=\"col\">Run</th></tr></thead><tbody>",
    );
    control(out, results);
    for claim in &results.claims {
        self::claim(out, claim);
    }
    out.push_str("</tbody></table></section>");
}

/// Row one: the subject against itself.
fn control(out: &mut String, results: &Results) {
    let whole = results.control();
    let (class, sign, word, ratio, told) = match whole {
        None => {
            let told = "Nothing was measured against itself, so the method is unchecked here.";
            ("level", "?", "unchecked", "–".to_owned(), told.to_owned())
        }
        Some(control) => of_control(control),
    };
    let level = whole.map_or(Level::Noisy, |_| results.quality.level);
    let _ = write!(
        out,
        "<tr><th scope=\"row\">A/A control</th><td data-label=\"Verdict\">\
         <strong class=\"{class}\">{sign} {word}</strong></td><td data-label=\"Ratio\">{ratio}</td>\
         <td data-label=\"Meaning\">{}</td><td data-label=\"Run\">{}</td></tr>",
        escape(&told),
        badge(level)
    );
}

type ControlCells = (&'static str, &'static str, &'static str, String, String);

fn of_control(control: &Control) -> ControlCells {
    let ratio = &control.ratio;
    let shown =
        format!("{:.3}× <small>{:.3} to {:.3}</small>", ratio.median, ratio.low, ratio.high);
    let (class, sign) = match (control.outcome, control.too_few) {
        (Outcome::Ahead | Outcome::Behind, _) => ("behind", "✗"),
        (Outcome::Tie, None) => ("ahead", "✓"),
        _ => ("level", "?"),
    };
    let told = format!("{PROJECT} measured against itself {}.", control.told());
    let word = control.word();
    (class, sign, word, shown, told)
}

fn claim(out: &mut String, claim: &ClaimResult) {
    let (class, sign, word) = match claim.bench {
        Some(_) => parts::verdict(claim.verdict),
        None => ("level", "–", "not measured"),
    };
    let ratio = claim.headline.as_ref().map_or("–".to_owned(), |headline| {
        let median = match headline.against {
            Some(_) => text::times(headline.measured.median),
            None => format!("{} {}", text::figure(headline.measured.median), headline.unit),
        };
        format!("{} <small>{}</small>", escape(&median), text::interval(&headline.measured))
    });
    let (title, sentence) = (escape(&claim.words.title), escape(&claim.sentence));
    let (title, evidence, badge) = match &claim.bench {
        Some(bench) => {
            let to = anchor(bench, "");
            let at = claim.headline.as_ref().map_or(to.clone(), |h| anchor(bench, &h.group));
            (
                format!("<a href=\"#{to}\">{title}</a>"),
                format!(" <a class=\"to\" href=\"#{at}\">Evidence</a>"),
                self::badge(claim.quality),
            )
        }
        None => (title, String::new(), "–".to_owned()),
    };
    let _ = write!(
        out,
        "<tr><th scope=\"row\">{title}</th><td data-label=\"Verdict\">\
         <strong class=\"{class}\">{sign} {word}</strong></td>\
         <td data-label=\"Measured\">{ratio}</td>\
         <td data-label=\"Meaning\">{sentence}{evidence}</td>\
         <td data-label=\"Run\">{badge}</td></tr>"
    );
}

/// The badge of a run's quality.
#[must_use]
pub fn badge(level: Level) -> String {
    let word = level.word();
    format!("<span class=\"badge {word}\">{word}</span>")
}

/// Where blocking is as good or better: the groups that were measured for that, and every other
/// comparison that blocking won.
pub fn blocking(out: &mut String, results: &Results) {
    out.push_str("<section id=\"blocking\"><h2>Where blocking wins</h2>");
    let listed = blocking_listed(results);
    if listed.is_empty() {
        out.push_str(
            "<p>In nothing that was measured here. That may be the measurement's fault: look at \
             what was left out.</p>",
        );
    } else {
        out.push_str("<ul class=\"prose\">");
        for (statement, boundary) in listed {
            let to = anchor(&statement.bench, &statement.group);
            let why = if boundary { " <small>measured to find out</small>" } else { "" };
            let text = escape(&statement.text);
            let _ = write!(out, "<li><a href=\"#{to}\">{text}</a>{why}</li>");
        }
        out.push_str("</ul>");
    }
    if !results.thresholds.is_empty() {
        out.push_str("<h3>From where on it pays</h3><ul class=\"prose\">");
        for sentence in &results.thresholds {
            let _ = write!(out, "<li>{}</li>", escape(sentence));
        }
        out.push_str("</ul>");
    }
    out.push_str("</section>");
}

/// The comparisons that blocking won, and all of those that were made to see whether it does; the
/// latter are marked.
#[must_use]
pub fn blocking_listed(results: &Results) -> Vec<(&Statement, bool)> {
    let boundary = |statement: &Statement| {
        let bench = results.benches.iter().find(|bench| bench.name == statement.bench);
        let group = bench.and_then(|b| b.groups.iter().find(|group| group.id == statement.group));
        group.is_some_and(|group| group.boundary)
    };
    let void = results.void();
    let own = results.statements.iter().filter(|s| s.against == Against::Blocking);
    let own = own.filter(|statement| !void.contains(&&*statement.bench));
    own.map(|statement| (statement, boundary(statement)))
        .filter(|(statement, boundary)| *boundary || statement.outcome == Outcome::Behind)
        .collect()
}

/// What no verdict covers.
pub fn not_shown(out: &mut String, results: &Results) {
    out.push_str("<section id=\"not-shown\"><h2>What this does not show</h2><ul class=\"prose\">");
    for claim in results.claims.iter().filter(|claim| claim.bench.is_some()) {
        if !claim.words.not_shown.is_empty() {
            let (title, text) = (escape(&claim.words.title), escape(&claim.words.not_shown));
            let _ = write!(out, "<li><b>{title}:</b> {text}</li>");
        }
    }
    out.push_str(
        "<li><b>Another machine:</b> more cores, a real network and its losses, another kernel, \
         another load. Client and server share this machine and its loopback.</li>\
         <li><b>Your program:</b> the services here do little; the more a request computes, the \
         less the way it waits matters.</li>\
         <li><b>Effort:</b> what it costs to write, read and debug either way.</li></ul></section>",
    );
}
