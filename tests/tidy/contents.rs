//! What a module's own file declares, and where a path written in a module leads.

use std::collections::HashMap;

use crate::paths::{Named, paths};
use crate::source::{Source, statement_starts};

/// What a module's own file declares.
#[derive(Default)]
pub(crate) struct Contents {
    /// The `mod` lines in order.
    pub(crate) children: Vec<String>,
    /// Files that stand in for a child by `path = "file.rs"`: file's name to child.
    pub(crate) aliases: HashMap<String, String>,
    /// Names imported from children: name to child.
    lifted: HashMap<String, String>,
}

impl Contents {
    /// Where a child's `mod` line stands among the others.
    pub(crate) fn place(&self, child: &String) -> Option<usize> {
        let child = self.aliases.get(child).unwrap_or(child);
        self.children.iter().position(|other| other == child)
    }

    /// The child of that name, or the one a name is imported from.
    pub(crate) fn child(&self, name: &String) -> Option<&String> {
        let children = &mut self.children.iter();
        children.find(|child| *child == name).or_else(|| self.lifted.get(name))
    }
}

/// Reads the `mod` lines and imports of a module's own file.
pub(crate) fn contents_of(source: &Source) -> Contents {
    let tokens = source.tokens();
    let starts = statement_starts(&tokens);
    let mut contents = Contents::default();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            "mod" if depth == 0 && tokens.get(at + 2).is_some_and(|end| end.text == ";") => {
                let child = tokens[at + 1].text.to_owned();
                let attributes = &source.text[tokens[starts[at]].start..token.start];
                for part in attributes.split("path = \"").skip(1) {
                    let file = part.split(".rs\"").next().unwrap_or_default();
                    contents.aliases.insert(file.to_owned(), child.clone());
                }
                contents.children.push(child);
            }
            _ => {}
        }
    }
    let module = source.module().unwrap_or_default();
    for named in paths(&tokens) {
        let Some(name) = named.imported_as.clone() else {
            continue;
        };
        let inner = match absolute(&module, &named) {
            Some(absolute) => absolute.strip_prefix(&module[..]).map(<[String]>::to_vec),
            None => Some(named.segments),
        };
        let child = inner.and_then(|inner| inner.first().cloned());
        if let Some(child) = child.filter(|child| contents.children.contains(child)) {
            contents.lifted.insert(name, child);
        }
    }
    contents
}

/// The path from the crate's root; `None` for paths into other crates and for plain names.
pub(crate) fn absolute(module: &[String], named: &Named) -> Option<Vec<String>> {
    let mut rest = &named.segments[..];
    let first = rest.first()?;
    if first == "crate" {
        return Some(rest[1..].to_vec());
    }
    let mut base: Vec<String> = module.iter().chain(&named.inside).cloned().collect();
    if first == "self" {
        rest = &rest[1..];
    } else if first != "super" {
        return None;
    }
    while rest.first().is_some_and(|word| word == "super") {
        base.pop();
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}
