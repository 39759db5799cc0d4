//! The included files as text: do the models reach every atomic call, and what is each one's label.

use std::collections::{BTreeMap, BTreeSet};

use crate::atomic_sites::atomic_sites;
use crate::sites::Site;

/// What the models include, below `src`.
const INCLUDED: [&str; 5] = ["park", "ring", "wake_cell", "task", "executor/idle.rs"];

fn included() -> Vec<String> {
    let mut files = vec!["src/reactor/readiness.rs".to_owned()];
    for place in INCLUDED {
        let path = format!("src/{place}");
        match std::fs::read_dir(root(&path)) {
            Ok(entries) => files.extend(
                entries
                    .flatten()
                    .map(|entry| format!("{path}/{}", entry.file_name().display())),
            ),
            Err(_) => files.push(path),
        }
    }
    files.retain(|file| file.ends_with(".rs"));
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
                unseen.push(format!(
                    "{file}:{line}:{column} {}: no model reaches it",
                    call.call
                ));
            }
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
                let found = text[from..call.end].lines().rev().find_map(|line| {
                    let (label, _) = line
                        .trim_start()
                        .strip_prefix("// [")?
                        .split_once("] pairs")?;
                    Some(label.to_owned())
                });
                let strong = call.orderings.iter().any(|ordering| ordering != "Relaxed");
                if let Some(label) = found.filter(|_| strong) {
                    labels.insert((file.clone(), call.line, call.column), label);
                }
                from = call.end;
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
