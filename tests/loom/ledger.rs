//! `docs/orderings.md`: what became of each change, by label.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;

use crate::audit::{Audited, Fate};
use crate::sources::{self, Labels};

const PAGE: &str = "docs/orderings.md";
const UPDATE: &str = "WINDLASS_UPDATE_GOLDEN=1 cargo test --test loom";

const HEAD: &str = "\
# Each ordering, and the model that fails without it

Written by `WINDLASS_UPDATE_GOLDEN=1 cargo test --test loom`; the same command without the variable
checks that no row is missing and none is left over. What the columns mean, and what the models do
not see: [verification](verification.md).

A call that is Relaxed has no label and is named by its file. \"split\" makes a read-modify-write a
load and a store. \"fails spuriously\": each thread's first compare-exchange there fails, whatever
it finds; \"fails stale\": a failing one may read an older value. Where the language allows that, no
model may fail.

| label | call | change | fails |
|---|---|---|---|
";

/// Writes the page when it is told to, else compares its rows; what is wrong with it.
pub(crate) fn check(audited: &[Audited], labels: &Labels) -> io::Result<Vec<String>> {
    let mut rows: Vec<(String, String)> = audited.iter().map(|one| row(one, labels)).collect();
    rows.sort();
    if std::env::var_os("WINDLASS_UPDATE_GOLDEN").is_some() {
        let mut page = HEAD.to_owned();
        for (key, fails) in &rows {
            writeln!(page, "{key} | {fails} |").map_err(io::Error::other)?;
        }
        std::fs::write(sources::root(PAGE), page)?;
        return Ok(Vec::new());
    }
    let page = std::fs::read_to_string(sources::root(PAGE)).unwrap_or_default();
    let table = page.lines().filter(|line| line.starts_with("| `"));
    let there: BTreeSet<(&str, &str)> = table
        .filter_map(|line| line.trim_end_matches(" |").rsplit_once(" | "))
        .map(|(key, fails)| (key, kind(fails)))
        .collect();
    let wanted: BTreeSet<(&str, &str)> =
        rows.iter().map(|(key, fails)| (key.as_str(), kind(fails))).collect();
    let stale = there.symmetric_difference(&wanted);
    let said = |(key, kind)| format!("{PAGE} is stale at `{key} | {kind}`; update it: {UPDATE}");
    Ok(stale.copied().map(said).collect())
}

/// What of the last cell must stay: which model is the first to fail, and how many hold, may change
/// with their executions.
fn kind(fails: &str) -> &str {
    if fails.starts_with("none") {
        fails
    } else if fails.starts_with("allowed") {
        "allowed"
    } else {
        "a model fails"
    }
}

/// What the row is about, and what came of it.
fn row(audited: &Audited, labels: &Labels) -> (String, String) {
    let (site, change) = (&audited.mutant.site, audited.mutant.change);
    let label = labels.of(site);
    let slash = if site.failure.is_empty() { "" } else { "/" };
    let call = format!("{} {}{slash}{}", site.call, site.order, site.failure);
    let fails = match &audited.fate {
        Fate::Killed { model, .. } => model.clone(),
        Fate::Explained(explained) => format!("none: {}", explained.reason),
        Fate::Borne(models) => format!("allowed: {models} models hold with it"),
        Fate::NotBorne { model, .. } => format!("allowed, and yet {model}"),
        Fate::Limit(_) | Fate::Survived => "none".to_owned(),
    };
    (format!("| `{label}` | {call} | {change}"), fails)
}
