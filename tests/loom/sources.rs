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

fn root(path: &str) -> std::path::PathBuf {
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

/// The label of each call: from the comment above it.
pub(crate) struct Labels(BTreeMap<String, Vec<String>>);

impl Labels {
    pub(crate) fn read(sites: &BTreeSet<Site>) -> Self {
        let files: BTreeSet<&String> = sites.iter().map(|site| &site.file).collect();
        let lines = |file: &String| read(file).lines().map(str::to_owned).collect();
        Self(
            files
                .into_iter()
                .map(|file| (file.clone(), lines(file)))
                .collect(),
        )
    }

    /// The nearest label above the call within its reach, else the file and the call.
    pub(crate) fn of(&self, site: &Site) -> String {
        let relaxed = site.order == "Relaxed" && site.changes().len() < 2;
        let lines = self.0.get(&site.file).map_or(&[][..], Vec::as_slice);
        let label = (0..=9).find_map(|up| {
            let line = lines
                .get((site.line as usize).checked_sub(up)?)?
                .trim_start();
            let (label, _) = line.strip_prefix("// [")?.split_once("] pairs")?;
            Some(label.to_owned())
        });
        match label {
            Some(label) if !relaxed => label,
            _ => format!("{} {}", site.file, site.call),
        }
    }
}
