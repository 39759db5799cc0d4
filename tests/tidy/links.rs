//! The documents: every relative link leads somewhere, every document is reachable from the index,
//! no place is still to be filled in.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::Finding;

/// The index from which every document must be reachable.
const INDEX: &str = "docs/README.md";

/// Markdown files by path, and every path (file or folder) a link may lead to.
pub(crate) struct Documents {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) exists: Box<dyn Fn(&str) -> bool>,
}

/// Checks every link, and that the index leads everywhere (once there is an index).
pub(crate) fn check(documents: &Documents) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut leads: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, text) in &documents.texts {
        for (at, _) in text.lines().enumerate().filter(|(_, line)| line.contains("@@")) {
            let said = "`@@`, a place that is still to be filled in".to_owned();
            found.push(Finding { path: path.clone(), line: at + 1, said });
        }
        for (line, link) in links(text) {
            match follow(documents, path, &link) {
                Ok(to) => leads.entry(path).or_default().extend(to),
                Err(said) => found.push(Finding { path: path.clone(), line, said }),
            }
        }
    }
    if documents.texts.contains_key(INDEX) {
        let reached = reach(&leads);
        let lost = documents.texts.keys().filter(|path| path.starts_with("docs/"));
        for path in lost.filter(|path| !reached.contains(path.as_str())) {
            let said = format!("not reachable from {INDEX}; link it there");
            found.push(Finding { path: path.clone(), line: 1, said });
        }
    }
    found
}

fn reach<'a>(leads: &'a BTreeMap<&str, Vec<String>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::from([INDEX]);
    let mut next = vec![INDEX];
    while let Some(path) = next.pop() {
        for to in leads.get(path).into_iter().flatten() {
            if reached.insert(to) {
                next.push(to);
            }
        }
    }
    reached
}

/// The document a link leads to (`None` for anything that is no document), or what is wrong.
fn follow(documents: &Documents, from: &str, link: &str) -> Result<Option<String>, String> {
    let elsewhere = ["http://", "https://", "mailto:"].iter().any(|start| link.starts_with(start));
    if elsewhere {
        return Ok(None);
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(f, h)| (f, Some(h)));
    let mut target = if file.is_empty() { from.to_owned() } else { resolve(from, file)? };
    if !documents.texts.contains_key(&target) {
        if !(documents.exists)(&target) {
            return Err(format!("`{link}` leads to `{target}`, which does not exist"));
        }
        target = format!("{target}/README.md").trim_start_matches('/').to_owned();
    }
    let Some(text) = documents.texts.get(&target) else {
        return Ok(None);
    };
    match heading {
        Some(heading) if !headings(text).contains(heading) => {
            Err(format!("`{link}`: `{target}` has no heading `#{heading}`"))
        }
        _ => Ok(Some(target)),
    }
}

fn resolve(from: &str, file: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or(format!("`{file}` leads out of the repository"))?),
            _ => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Lines outside fenced blocks, with inline code blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let outside = line.split('`').step_by(2);
            lines.push((at + 1, outside.collect::<Vec<_>>().join("``")));
        }
    }
    lines
}

/// The targets of `[text](target)` and `[name]: target`.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in prose(text) {
        for part in line.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            found.push((at, target.trim_matches(['<', '>']).to_owned()));
        }
        let named = line.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        found.extend(named.map(|(_, target)| (at, target.trim().to_owned())));
    }
    found
}

/// The anchors of a document's headings.
fn headings(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title.trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        anchors.insert(kept.collect::<String>().replace(' ', "-"));
    }
    anchors
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let texts = files.iter().map(|(path, text)| (path.to_string(), text.to_string()));
        let exists =
            Box::new(|path: &str| matches!(path, "docs/decisions" | "LICENSE-MIT" | "src"));
        let documents = Documents { texts: texts.collect(), exists };
        check(&documents).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_that_lead_somewhere_are_fine() {
        let index = "# Index\n[a](a.md#the-first-one), [up](../README.md), [d](decisions/)\n\
                     [x](https://example.org/y) `[no](no.md)` [here](#index)\n[b]: ./b.md\n\
                     ```text\n[no](no.md)\n```";
        let files = [
            ("README.md", "[docs](docs/README.md) [l](LICENSE-MIT) [src](src/)"),
            ("docs/README.md", index),
            ("docs/a.md", "## The *first* one!\n[c](c.md)"),
            ("docs/b.md", ""),
            ("docs/c.md", ""),
            ("docs/decisions/README.md", "[1](001.md)"),
            ("docs/decisions/001.md", ""),
        ];
        assert_eq!(said(&files), [""; 0]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        assert!(said(&[("README.md", "\n[a](docs/a.md)")])[0].contains("README.md:2: `docs/a.md`"));
        assert!(said(&[("docs/a.md", "# A\n[a](#b)")])[0].contains("no heading `#b`"));
        assert!(said(&[("README.md", "[a](../a.md)")])[0].contains("out of the repository"));
    }

    #[test]
    fn places_to_be_filled_in_are_found() {
        let found = said(&[("docs/a.md", "# A\n| b | `@@TOOK@@` |")]);
        assert!(found[0].starts_with("docs/a.md:2: `@@`"), "{found:?}");
    }

    #[test]
    fn lost_documents_are_found() {
        assert_eq!(said(&[("docs/a.md", "")]), [""; 0]);
        let lost = [("docs/README.md", "[a](a.md)"), ("docs/a.md", ""), ("docs/b.md", "[a](a.md)")];
        assert!(said(&lost)[0].starts_with("docs/b.md:1: not reachable from docs/README.md"));
    }
}
