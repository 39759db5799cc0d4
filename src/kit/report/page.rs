//! The page: one file, no scripts, no network.

use std::fmt::Write;

use crate::kit::measure::compare::Outcome;

use super::changes;
use super::detail::{Detail, STEPS};
use super::parts::{self, anchor};
use super::results::{Against, Bench, PROJECT, Results};
use super::text::{self, escape};
use super::{claim_section, forest, group_section, lines, statements, tables, top};

/// The page may not be larger than this.
pub const PAGE_BYTES_MAX: usize = 300_000;

const STYLE: &str = include_str!("page.css");

/// The whole page, at most [`PAGE_BYTES_MAX`] bytes for what a whole run measures: where it is
/// more, it shows less, step by step, and says what it left out. `criterion`: the link to its
/// pages.
#[must_use]
pub fn write(results: &Results, criterion: Option<&str>) -> String {
    let mut page = String::new();
    for detail in &STEPS {
        page = whole(results, criterion, detail);
        if page.len() < PAGE_BYTES_MAX {
            break;
        }
    }
    page
}

fn whole(results: &Results, criterion: Option<&str>, detail: &Detail) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" \
         content=\"light dark\"><title>{PROJECT}: where asynchronism pays</title>\
         <style>{STYLE}</style></head><body><header><p class=\"kicker\">Benchmark report</p>\
         <h1>{PROJECT}: where asynchronism pays, and where it does not</h1>{}</header><main>",
        meta(results)
    );
    out.push_str(&tables::quality(results));
    top::claims(&mut out, results);
    navigation(&mut out, results, criterion);
    top::blocking(&mut out, results);
    top::not_shown(&mut out, results);
    changed(&mut out, results);
    absent(&mut out, results, detail);
    for claim in &results.claims {
        let bench = results.benches.iter().find(|bench| claim.bench.as_ref() == Some(&bench.name));
        if let Some(bench) = bench {
            claim_section::write(&mut out, results, bench, detail);
        }
    }
    summary(&mut out, results);
    for bench in results.benches.iter().filter(|bench| bench.claim.is_none()) {
        bench_section(&mut out, results, bench, detail);
    }
    environments(&mut out, results);
    out.push_str(READING);
    out.push_str(&parts::symbols());
    let made = escape(&results.made_utc);
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(
        out,
        "</main><footer>Made {made} by windlass {version}. Every sample as JSON lines: \
         <a href=\"records.jsonl\">records.jsonl</a>; what this page says, as data: \
         <a href=\"results.json\">results.json</a>, as text: <a href=\"report.md\">report.md</a>. \
         Rebuild it: <code>windlass report</code>.</footer></body></html>"
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
    <li>A bar is kept (<em>holds</em>) when the whole interval lies above it, is <em>refuted</em> \
    when it lies below; else nobody <em>can tell</em>. A claim is refuted when one of its deciding \
    bars is, holds when all do; groups that were measured to see where blocking is as good decide \
    nothing.</li>\
    <li>Percentile plots give each further nine the same room; what matters is at the right. \
    A knee is where what is answered, divided by latency, is greatest; a load of which less than \
    99 % was answered in time lies beyond it.</li>\
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
    let shown = shown.join(" · ");
    format!("<p class=\"meta\">{shown}<br>Repeat: <code>{command}</code>{others}</p>")
}

/// What changed since the run before, if there was one to compare with.
fn changed(out: &mut String, results: &Results) {
    if let Some(changes) = &results.changes {
        out.push_str("<section id=\"changes\"><h2>What changed since the run before</h2>");
        out.push_str(&changes::section(changes));
        out.push_str("</section>");
    }
}

/// What is not on the page: benches without a record, files that were skipped, what found no room.
fn absent(out: &mut String, results: &Results, detail: &Detail) {
    let claims: Vec<&str> = results
        .claims
        .iter()
        .filter(|claim| claim.bench.is_none())
        .map(|claim| &*claim.words.id)
        .collect();
    let benches = results.missing.iter().filter(|missing| !missing.bench.starts_with("claim-"));
    let mut notices: Vec<String> = benches
        .map(|missing| {
            let (bench, command) = (escape(&missing.bench), escape(&missing.command));
            format!("The bench <b>{bench}</b> was not measured here: <code>{command}</code>.")
        })
        .collect();
    if !claims.is_empty() {
        let names = escape(&claims.join(" "));
        notices.push(format!("Claims not measured here: <code>windlass bench {names}</code>."));
    }
    notices.extend(results.skipped.iter().map(|why| format!("Skipped: {}", escape(why))));
    if let Some(left_out) = detail.left_out() {
        notices.push(format!(
            "Left out to keep this one small file: {left_out}. All of it is in \
             <a href=\"report.md\">report.md</a>, <a href=\"results.json\">results.json</a> or \
             <a href=\"records.jsonl\">records.jsonl</a>."
        ));
    }
    if notices.is_empty() {
        return;
    }
    out.push_str("<section id=\"absent\"><h2>What is not here</h2>");
    for notice in notices {
        let _ = write!(out, "<p class=\"notice\">{notice}</p>");
    }
    out.push_str("</section>");
}

fn summary(out: &mut String, results: &Results) {
    if results.benches.iter().all(|bench| bench.claim.is_some()) {
        return;
    }
    out.push_str("<section id=\"summary\"><h2>The benches in short</h2>");
    for against in [Against::Blocking, Against::Peer] {
        if let Some(sentence) = statements::tally(results, against) {
            let _ = write!(out, "<p class=\"lead\">{}</p>", escape(&sentence));
            score(out, results, against);
        }
    }
    let held = tables::claims(results);
    if !held.is_empty() {
        let _ = write!(out, "<h3>What the benches are held to</h3>{held}");
    }
    out.push_str(&tables::controls(results));
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
        let _ = write!(out, "<div class=\"{class}\"><h3>{heading} <b>{}</b></h3><ul>", list.len());
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
    out.push_str("<nav aria-label=\"Sections\"><a href=\"#blocking\">where blocking wins</a>");
    let measured = results.benches.iter().filter(|bench| bench.claim.is_none());
    for bench in measured {
        let (to, name) = (anchor(&bench.name, ""), escape(&bench.name));
        let _ = write!(out, "<a href=\"#{to}\">bench {name}</a>");
    }
    out.push_str("<a href=\"#environment\">environment</a><a href=\"#reading\">reading</a>");
    if let Some(link) = criterion {
        let _ = write!(out, "<a href=\"{}\">criterion's pages</a>", escape(link));
    }
    out.push_str("</nav>");
}

fn bench_section(out: &mut String, results: &Results, bench: &Bench, detail: &Detail) {
    let id = anchor(&bench.name, "");
    let (name, command) = (escape(&bench.name), escape(&bench.environment.command));
    let _ = write!(
        out,
        "<section id=\"{id}\"><h2>{name}</h2><p class=\"meta\"><code>{command}</code>, {} profile, \
         {}</p>",
        escape(&bench.profile),
        escape(&bench.environment.time_utc)
    );
    let all = detail.curves.then(|| forest::draw(results, &bench.name, &format!("{id}-all")));
    if let Some(drawing) = all.flatten() {
        let caption = "Ratio to the best blocking baseline and to the best peer; right of the line \
                       at 1 is better.";
        let keys = [("baseline0", "best blocking"), ("peer0", "best peer")];
        let legend = parts::legend(keys.into_iter());
        let _ = write!(out, "<figure>{drawing}<figcaption>{caption}{legend}</figcaption></figure>");
    }
    let families = if detail.curves { lines::families(bench) } else { Vec::new() };
    for (index, family) in families.iter().enumerate() {
        if let Some(plot) = lines::draw(bench, family, &format!("{id}-f{index}")) {
            parts::figure(out, &plot, "");
        }
    }
    group_section::of_bench(out, bench, detail);
    out.push_str("</section>");
}

/// The machine, once where all benches were measured alike, and each bench's run and noise.
fn environments(out: &mut String, results: &Results) {
    out.push_str("<section id=\"environment\"><h2>Environment and noise</h2>");
    let mut told: Vec<Vec<(&str, String)>> = Vec::new();
    for bench in &results.benches {
        let facts = tables::machine(bench);
        if !told.contains(&facts) {
            let other = if told.is_empty() { "" } else { " and those after it" };
            let _ = write!(out, "<h3>{}{other}</h3>", escape(&bench.name));
            out.push_str(&tables::facts(&facts));
            told.push(facts);
        }
    }
    out.push_str("<h3>Runs and their noise</h3>");
    out.push_str(&tables::runs(results));
    out.push_str("</section>");
}
