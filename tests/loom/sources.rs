//! The included files as text: do the models reach every atomic call, and what is each one's label.

use std::collections::{BTreeMap, BTreeSet};

use crate::atomic_sites::atomic_sites;
use crate::sites::Site;

/// What the models include, below `src`.
const INCLUDED: [&str; 19] = [
    "park/",
    "ring/",
    "wake_cell/",
    "channel/",
    "task/",
    "executor/counters.rs",
    "executor/end.rs",
    "executor/guest.rs",
    "executor/idle.rs",
    "executor/lifo.rs",
    "executor/local.rs",
    "executor/presence.rs",
    "executor/scheduler.rs",
    "executor/spawner.rs",
    "executor/worker.rs",
    "reactor/handle.rs",
    "reactor/readiness.rs",
    "reactor/table.rs",
    "reactor/timers.rs",
];

/// Files below `src` with atomic calls that no model includes, and why not. The kit is no part of
/// the runtime and is free in their use.
const NOT_MODELLED: [(&str, &str); 4] = [
    (
        "src/executor/monitor.rs",
        "two hints, whose values may be old: a thread that looks at clocks",
    ),
    ("src/hosted/mod.rs", "one flag beside a notification, as in the parker"),
    ("src/signal/signals.rs", "a bit told by a signal's handler, ordered by the pipe's own lock"),
    ("src/runtime/drivers_net.rs", "a turn number, whose value does not matter"),
];

fn included() -> Vec<String> {
    let mut files = files_below("src");
    files.retain(|file| INCLUDED.iter().any(|place| file.starts_with(&format!("src/{place}"))));
    files
}

/// The `.rs` files below a place, from the package's root.
fn files_below(place: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root(place)).unwrap_or_else(|e| panic!("{place}: {e}"));
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let path = format!("{place}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            files.extend(files_below(&path));
        } else if path.ends_with(".rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A path in the package.
pub(crate) fn root(path: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The calls that stand in the text and that no model reached.
pub(crate) fn unseen(seen: &BTreeSet<Site>) -> Vec<String> {
    let places: BTreeSet<(String, usize, usize)> = seen
        .iter()
        .map(|site| (site.file.clone(), site.line as usize, site.column as usize))
        .collect();
    let mut unseen = Vec::new();
    let mut total = 0;
    for file in included() {
        for call in atomic_sites(&read(&file)) {
            total += 1;
            let (line, column) = (call.line, call.column);
            if !places.contains(&(file.clone(), line, column)) {
                unseen.push(format!("{file}:{line}:{column} {}: no model reaches it", call.call));
            }
        }
    }
    for file in files_below("src") {
        let known = included().contains(&file)
            || NOT_MODELLED.iter().any(|(known, _)| *known == file)
            || file.starts_with("src/kit/")
            || file.starts_with("src/sync/");
        if !known && !atomic_sites(&read(&file)).is_empty() {
            unseen.push(format!("{file} calls atomics, and no model includes it"));
        }
    }
    if unseen.is_empty() && total != seen.len() {
        unseen.push(format!("{} sites seen, {total} in the text", seen.len()));
    }
    unseen
}

/// The label of each call by its file, line and column.
pub(crate) struct Labels(BTreeMap<(String, usize, usize), String>);

impl Labels {
    /// A label stands between the end of the call before and the end of its own.
    pub(crate) fn read() -> Self {
        let mut labels = BTreeMap::new();
        for file in included() {
            let text = read(&file);
            let mut from = 0;
            for call in atomic_sites(&text) {
                let found = text[from.min(call.end)..call.end].lines().rev().find_map(|line| {
                    let (label, _) =
                        line.trim_start().strip_prefix("// [")?.split_once("] pairs")?;
                    Some(label.to_owned())
                });
                let strong = call.orderings.iter().any(|ordering| ordering != "Relaxed");
                if let Some(label) = found.filter(|_| strong) {
                    labels.insert((file.clone(), call.line, call.column), label);
                }
                // A call may stand among the arguments of the one before.
                from = from.max(call.end);
            }
        }
        Self(labels)
    }

    /// The call's label; the file and the call where it has none.
    pub(crate) fn of(&self, site: &Site) -> String {
        let place = (site.file.clone(), site.line as usize, site.column as usize);
        let unlabelled = || format!("{} {}", site.file, site.call);
        self.0.get(&place).cloned().unwrap_or_else(unlabelled)
    }
}
