//! `docs/models.md`: the rooms' models, and how much each explores at least. Its figures stand in
//! the source, so the page changes only with it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io;

use crate::explore::{Model, Variant};
use crate::sources;

const PAGE: &str = "docs/models.md";

const HEAD: &str = "\
# The models, and how much each explores at least

Written by `WINDLASS_UPDATE_GOLDEN=1 cargo test --test loom`; the same command without the variable
fails when this page is stale. What must hold: [verification](verification.md#the-models).

A variant is a model with its roles in one order (a turn); \"stale\": with compare-exchanges that
may fail on an older value. Bound: how often a thread is interrupted at most in one execution;
\"none\": as often as can be, so that every interleaving is explored. Floor: a variant that explores
fewer executions fails; four fifths of what it explored when that was written.

";

/// Writes the page when it is told to, else compares it; what is wrong with it.
pub(crate) fn check(all: &[Model]) -> io::Result<Vec<String>> {
    let page = page(all).map_err(io::Error::other)?;
    if std::env::var_os("WINDLASS_UPDATE_GOLDEN").is_some() {
        std::fs::write(sources::root(PAGE), page)?;
        return Ok(Vec::new());
    }
    let there = std::fs::read_to_string(sources::root(PAGE)).unwrap_or_default();
    if there == page {
        return Ok(Vec::new());
    }
    let update = "WINDLASS_UPDATE_GOLDEN=1 cargo test --test loom";
    Ok(vec![format!("{PAGE} is stale; update it: {update}")])
}

fn room(model: &Model) -> &'static str {
    model.name.split_once(':').map_or(model.name, |(room, _)| room)
}

fn bound(model: &Model) -> String {
    model.preemptions_max.map_or_else(|| "none".to_owned(), |max| max.to_string())
}

fn variants(models: &[&Model]) -> Vec<Variant> {
    models.iter().flat_map(|model| model.variants()).collect()
}

fn floors(variants: &[Variant]) -> usize {
    variants.iter().map(|variant| variant.at_least).sum()
}

fn page(all: &[Model]) -> Result<String, std::fmt::Error> {
    let mut page = HEAD.to_owned();
    let rooms: BTreeSet<&str> = all.iter().map(room).collect();
    writeln!(
        page,
        "| room | models | variants | bounds | floors, summed |\n|---|---:|---:|---|---:|"
    )?;
    let mut row = |name: &str, models: &[&Model]| {
        let bounds: BTreeSet<String> = models.iter().map(|model| bound(model)).collect();
        let (bounds, variants) = (Vec::from_iter(bounds).join(", "), variants(models));
        let (models, floors) = (models.len(), floors(&variants));
        writeln!(page, "| {name} | {models} | {} | {bounds} | {floors} |", variants.len())
    };
    for name in &rooms {
        row(name, &all.iter().filter(|model| room(model) == *name).collect::<Vec<_>>())?;
    }
    row("together", &all.iter().collect::<Vec<_>>())?;
    writeln!(page, "\n| model | bound | floor by turn | stale |\n|---|---|---|---|")?;
    let list = |floors: &[usize]| {
        let floors: Vec<String> = floors.iter().map(ToString::to_string).collect();
        if floors.is_empty() { "–".to_owned() } else { floors.join(", ") }
    };
    for model in all {
        let (turns, stale) = (list(model.at_least), list(model.at_least_stale));
        writeln!(page, "| {} | {} | {turns} | {stale} |", model.name, bound(model))?;
    }
    Ok(page)
}
