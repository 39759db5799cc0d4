//! A source file as the rules see it, and what they say about it.

use std::fmt;
use std::path::Path;

use crate::atomic_sites::masked::{Comment, Token, line_at, line_starts, mask, tokens};

/// What a rule found: where, what is wrong, what would be right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) said: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.said)
    }
}

/// One Rust file, masked once for all rules.
pub(crate) struct Source {
    /// From the package's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) code: String,
    pub(crate) comments: Vec<Comment>,
    starts: Vec<usize>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let masked = mask(text);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: masked.code,
            comments: masked.comments,
            starts: line_starts(text),
        }
    }

    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }

    pub(crate) fn line_of(&self, offset: usize) -> usize {
        line_at(&self.starts, offset)
    }

    pub(crate) fn finding(&self, line: usize, said: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, said: said.into() }
    }

    /// The module path below the crate: `src/ring/mod.rs` is `[ring]`, `src/ring/slot.rs`
    /// `[ring, slot]`. `None` outside `src`, and for `lib.rs` and `main.rs`.
    pub(crate) fn module(&self) -> Option<Vec<String>> {
        let inner = self.path.strip_prefix("src/")?.strip_suffix(".rs")?;
        if inner == "lib" || inner == "main" {
            return None;
        }
        let inner = inner.strip_suffix("/mod").unwrap_or(inner);
        Some(inner.split('/').map(str::to_owned).collect())
    }

    /// The first part of the module path: the room on its floor.
    pub(crate) fn room(&self) -> Option<String> {
        self.module().map(|module| module[0].clone())
    }

    /// Whether the file lies in one of these places: a folder (ends in `/`) or a file.
    pub(crate) fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| match place.strip_suffix('/') {
            Some(folder) => {
                self.path.starts_with(place) || self.path.strip_suffix(".rs") == Some(folder)
            }
            None => self.path == *place,
        })
    }

    /// The comments on lines that hold nothing else, from `below` (not included) upwards, as far as
    /// they touch each other, in reading order.
    pub(crate) fn block_above(&self, below: usize) -> Vec<&Comment> {
        let mut block: Vec<&Comment> = Vec::new();
        let mut wanted = below - 1;
        for comment in self.comments.iter().rev().filter(|comment| comment.line < below) {
            if comment.line != wanted || !comment.alone {
                break;
            }
            block.push(comment);
            wanted -= 1;
        }
        block.reverse();
        block
    }
}

/// For each token the index of the first token of its statement.
pub(crate) fn statement_starts(tokens: &[Token<'_>]) -> Vec<usize> {
    let mut open: Vec<&str> = Vec::new();
    let mut start = 0;
    let mut starts = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        starts.push(start);
        let ends = match token.text {
            "{" | "(" | "[" => {
                open.push(token.text);
                token.text == "{"
            }
            "}" | ")" | "]" => {
                open.pop();
                token.text == "}"
            }
            ";" | "," => open.last().is_none_or(|bracket| *bracket == "{"),
            _ => false,
        };
        if ends {
            start = at + 1;
        }
    }
    starts
}

/// The files below `folder` whose names end in `.{ending}`, sorted, as paths from `root`.
pub(crate) fn files_below(root: &Path, folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                let inner = path.strip_prefix(root).expect("read below the root");
                found.push(inner.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
