//! The page: one file, no scripts, no network.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;

use super::results::{Against, Bench, Group, PROJECT, Results};
use super::text::{self, escape};
use super::{forest, lines, statements, strip, svg, tables};

/// The page may not be larger than this.
pub const PAGE_BYTES_MAX: usize = 300_000;

const STYLE: &str = include_str!("page.css");

/// How much is drawn, when there is more than fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Dots,
    Quartiles,
    TablesOnly,
}

/// The whole page, at most [`PAGE_BYTES_MAX`] bytes for any number of rounds a bench runs: the
/// rounds' dots go first, then the groups' own plots. `criterion`: the link to its pages.
#[must_use]
pub fn write(results: &Results, criterion: Option<&str>) -> String {
    let mut page = String::new();
    for detail in [Detail::Dots, Detail::Quartiles, Detail::TablesOnly] {
        page = whole(results, criterion, detail);
        if page.len() < PAGE_BYTES_MAX {
            break;
        }
    }
    page
}

fn whole(results: &Results, criterion: Option<&str>, detail: Detail) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" \
         content=\"light dark\"><title>{PROJECT}: who won where</title><style>{STYLE}</style>\
         </head><body><header><p class=\"kicker\">Benchmark report</p><h1>{PROJECT}: who won \
         where</h1>{}</header><main>",
        meta(results)
    );
    out.push_str(&tables::quality(results));
    out.push_str(&tables::controls(results));
    out.push_str(&absent(results));
    summary(&mut out, results);
    navigation(&mut out, results, criterion);
    for bench in &results.benches {
        bench_section(&mut out, results, bench, detail);
    }
    environments(&mut out, results);
    out.push_str(READING);
    let made = escape(&results.made_utc);
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(
        out,
        "</main><footer>Made {made} by windlass {version} from the raw records beside this \
         directory. The same as data: <a href=\"results.json\">results.json</a>, \
         <a href=\"report.md\">report.md</a>. Rebuild it: <code>windlass report</code>.</footer>\
         </body></html>"
    );
    out
}

const READING: &str = "<section id=\"reading\"><h2>How to read this</h2><ul class=\"prose\">\
    <li>Contenders take turns within seconds: forward, then backward, and so on. A ratio is the \
    median over rounds of paired ratios, above 1 meaning <em>better</em>, whatever the unit; the \
    interval is 95 %, by a seeded bootstrap that is never narrower than the order statistics \
    allow.</li>\
    <li>A difference counts when the interval excludes 1 and the effect is at least 2 %, or more \
    where the control shows more. There is no difference that counts when the whole interval lies \
    within that effect around 1. Everything else is undecided.</li>\
    <li>A claim <em>holds</em> when its whole interval lies above its bar, is <em>refuted</em> \
    when it lies below, else it is <em>undecided</em>.</li>\
    <li>The best baseline and the best peer are chosen by their medians in the same rounds, which \
    favours them a little.</li>\
    <li>Ratios travel between machines better than absolute figures, and neither travels \
    well.</li></ul></section>";

fn meta(results: &Results) -> String {
    let Some(bench) = results.benches.first() else {
        return String::new();
    };
    let facts = &bench.environment;
    let commit = facts.commit.as_deref().map(|commit| {
        let short: String = commit.chars().take(12).collect();
        let changed = if facts.clean == Some(false) { " with changes" } else { "" };
        format!("commit {short}{changed}")
    });
    let cores = facts.cores.map(|cores| format!("{cores} cores"));
    let facts = [facts.cpu_model.clone(), cores, facts.kernel.clone(), facts.rustc.clone(), commit];
    let shown: Vec<String> = facts.into_iter().flatten().map(|fact| escape(&fact)).collect();
    let command = escape(&bench.environment.command);
    let others = if results.benches.len() > 1 { " and the others below" } else { "" };
    format!("<p class=\"meta\">{}<br>Repeat: <code>{command}</code>{others}</p>", shown.join(" · "))
}

fn absent(results: &Results) -> String {
    let mut out = String::new();
    for missing in &results.missing {
        let (bench, command) = (escape(&missing.bench), escape(&missing.command));
        let _ = write!(
            out,
            "<p class=\"notice\">The bench <b>{bench}</b> has not been measured here. Measure it \
             with <code>{command}</code>.</p>"
        );
    }
    for skipped in &results.skipped {
        let _ = write!(out, "<p class=\"notice\">Skipped: {}</p>", escape(skipped));
    }
    out
}

fn summary(out: &mut String, results: &Results) {
    out.push_str("<section id=\"summary\"><h2>In short</h2>");
    for against in [Against::Blocking, Against::Peer] {
        if let Some(sentence) = statements::tally(results, against) {
            let _ = write!(out, "<p class=\"lead\">{}</p>", escape(&sentence));
            score(out, results, against);
        }
    }
    if !results.thresholds.is_empty() {
        out.push_str("<h3>From where on it pays</h3><ul class=\"prose\">");
        for sentence in &results.thresholds {
            let _ = write!(out, "<li>{}</li>", escape(sentence));
        }
        out.push_str("</ul>");
    }
    let claims = tables::claims(results);
    if !claims.is_empty() {
        let _ = write!(out, "<h3>Claims</h3>{claims}");
    }
    out.push_str("</section>");
}

/// Four lists: where the subject wins, where the other does, where neither, and what is open. Void
/// benches are left out.
fn score(out: &mut String, results: &Results, against: Against) {
    let other = match against {
        Against::Blocking => "Blocking wins",
        Against::Peer => "The best peer wins",
    };
    let columns = [
        (Outcome::Ahead, "ahead", &*format!("{PROJECT} wins")),
        (Outcome::Behind, "behind", other),
        (Outcome::Tie, "level", "No difference that counts"),
        (Outcome::Undecided, "level", "Undecided"),
    ];
    if columns.iter().all(|column| results.counted(against, column.0).is_empty()) {
        return;
    }
    out.push_str("<div class=\"score\">");
    for (outcome, class, heading) in columns {
        let list = results.counted(against, outcome);
        let _ = write!(out, "<div class=\"{class}\"><h4>{heading} <b>{}</b></h4><ul>", list.len());
        for statement in &list {
            let ratio = match outcome {
                Outcome::Behind => statement.ratio.inverse(),
                _ => statement.ratio,
            };
            let _ = write!(
                out,
                "<li><a href=\"#{}\">{}</a> <b>{}</b> <small>{}; {}</small></li>",
                anchor(&statement.bench, &statement.group),
                escape(&statement.title),
                text::times(ratio.median),
                text::interval(&ratio),
                escape(&statement.other)
            );
        }
        if list.is_empty() {
            out.push_str("<li class=\"none\">nowhere here</li>");
        }
        out.push_str("</ul></div>");
    }
    out.push_str("</div>");
}

fn navigation(out: &mut String, results: &Results, criterion: Option<&str>) {
    out.push_str("<nav aria-label=\"Sections\">");
    for bench in &results.benches {
        let (to, name) = (anchor(&bench.name, ""), escape(&bench.name));
        let _ = write!(out, "<a href=\"#{to}\">{name}</a>");
    }
    out.push_str("<a href=\"#environment\">environment</a><a href=\"#reading\">reading</a>");
    if let Some(link) = criterion {
        let _ = write!(out, "<a href=\"{}\">criterion's pages</a>", escape(link));
    }
    out.push_str("</nav>");
}

fn bench_section(out: &mut String, results: &Results, bench: &Bench, detail: Detail) {
    let id = anchor(&bench.name, "");
    let (name, command) = (escape(&bench.name), escape(&bench.environment.command));
    let _ = write!(
        out,
        "<section id=\"{id}\"><h2>{name}</h2><p class=\"meta\"><code>{command}</code>, {} profile, \
         {}</p>",
        escape(&bench.profile),
        escape(&bench.environment.time_utc)
    );
    if let Some(drawing) = forest::draw(results, &bench.name, &format!("{id}-all")) {
        let caption = "Ratio to the best blocking baseline and to the best peer; right of the line \
                       at 1 is better.";
        let keys = [("baseline0", 0, "best blocking"), ("peer0", 3, "best peer")];
        let _ = write!(out, "<figure>{drawing}<figcaption>{caption}{}</figcaption></figure>", {
            legend(keys.iter().map(|(class, shape, name)| (*class, *shape, *name)), false)
        });
    }
    for (index, family) in lines::families(bench).iter().enumerate() {
        if let Some(plot) = lines::draw(bench, family, &format!("{id}-f{index}")) {
            let keys = plot.legend.iter().map(|(class, shape, name)| (&**class, *shape, &**name));
            let _ = write!(
                out,
                "<figure>{}<figcaption>{}; whiskers are quartiles.{}</figcaption></figure>",
                plot.svg,
                escape(&plot.caption),
                legend(keys, true)
            );
        }
    }
    for group in &bench.groups {
        group_section(out, bench, group, detail);
    }
    out.push_str("</section>");
}

fn group_section(out: &mut String, bench: &Bench, group: &Group, detail: Detail) {
    let id = anchor(&bench.name, &group.id);
    let _ = write!(out, "<article id=\"{id}\"><h3>{}</h3>", escape(&group.title));
    paragraph(out, "question", "", &group.question);
    if let Some(failure) = &group.failure {
        paragraph(out, "notice", "Could not be measured: ", failure);
        out.push_str("</article>");
        return;
    }
    let drawn = match detail {
        Detail::TablesOnly => None,
        _ => strip::draw(group, &format!("{id}-p"), detail == Detail::Dots),
    };
    if let Some(drawing) = drawn {
        let dots = if detail == Detail::Dots { "a dot is a round, " } else { "" };
        let _ = write!(
            out,
            "<figure>{drawing}<figcaption>Best first; {dots}the thick line spans the quartiles, \
             the upright line is the median.</figcaption></figure>"
        );
    }
    out.push_str(&tables::group(group));
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
    paragraph(out, "", "What this does not show: ", &group.not_shown);
    paragraph(out, "", "Method: ", &group.method);
    paragraph(out, "", "Rounds: ", &rounds);
    if let Some(earlier) = &group.earlier {
        paragraph(out, "", "From an earlier run: ", earlier);
    }
    out.push_str("</div></article>");
}

fn paragraph(out: &mut String, class: &str, label: &str, text: &str) {
    if text.is_empty() {
        return;
    }
    let label = if label.is_empty() { String::new() } else { format!("<b>{label}</b>") };
    let _ = write!(out, "<p class=\"{class}\">{label}{}</p>", escape(text));
}

fn legend<'a>(keys: impl Iterator<Item = (&'a str, usize, &'a str)>, line: bool) -> String {
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

fn environments(out: &mut String, results: &Results) {
    out.push_str("<section id=\"environment\"><h2>Environment and noise</h2>");
    for bench in &results.benches {
        let (name, table) = (escape(&bench.name), tables::environment(bench));
        let _ = write!(out, "<h3>{name}</h3>{table}");
    }
    out.push_str("</section>");
}

/// A name for `#`: plain characters only, whatever the ids hold.
fn anchor(bench: &str, group: &str) -> String {
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
