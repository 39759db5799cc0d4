//! The paths a source names: each leaf of each `use`, and each path written out in code.

use crate::atomic_sites::masked::Token;

/// One path, with the inline modules around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// `use crate::{a, b::C}` gives `[crate, a]` and `[crate, b, C]`; a glob ends in `*`.
    pub(crate) segments: Vec<String>,
    /// What the leaf is called here, for a `use`; `None` for a path in code.
    pub(crate) imported_as: Option<String>,
    pub(crate) line: usize,
    /// The inline modules the path stands in, outermost first.
    pub(crate) inside: Vec<String>,
}

/// Every path of the source, in order.
pub(crate) fn paths(tokens: &[Token<'_>]) -> Vec<Named> {
    let mut found = Vec::new();
    let mut inside: Vec<Option<String>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let text = |offset: usize| tokens.get(at + offset).map_or("", |token| token.text);
        let modules = || inside.iter().flatten().cloned().collect::<Vec<_>>();
        match text(0) {
            "{" => inside.push(None),
            "}" => drop(inside.pop()),
            "mod" if text(2) == "{" => {
                inside.push(Some(text(1).to_owned()));
                at += 3;
                continue;
            }
            "use" if text(1) != "<" => {
                let mut tree = Tree { tokens, at: at + 1, inside: modules(), found: &mut found };
                tree.branch(&[]);
                at = tree.at;
                continue;
            }
            word if text(1) == "::" && is_name(word) && !is_visibility(tokens, at) => {
                let line = tokens[at].line;
                let mut segments = vec![word.to_owned()];
                while text(segments.len() * 2 - 1) == "::" && is_name(text(segments.len() * 2)) {
                    segments.push(text(segments.len() * 2).to_owned());
                }
                at += segments.len() * 2 - 1;
                found.push(Named { segments, imported_as: None, line, inside: modules() });
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first == '_' || first.is_alphabetic())
}

/// `pub(in crate::x)` names an ancestor, which is no use of it.
fn is_visibility(tokens: &[Token<'_>], at: usize) -> bool {
    at >= 3
        && tokens[at - 1].text == "in"
        && tokens[at - 2].text == "("
        && tokens[at - 3].text == "pub"
}

struct Tree<'t, 's> {
    tokens: &'t [Token<'s>],
    at: usize,
    inside: Vec<String>,
    found: &'t mut Vec<Named>,
}

impl Tree<'_, '_> {
    fn text(&self) -> &str {
        self.tokens.get(self.at).map_or(";", |token| token.text)
    }

    /// Reads one branch of a `use` tree; stops at the `,`, `}` or `;` after it.
    fn branch(&mut self, prefix: &[String]) {
        let mut segments = prefix.to_vec();
        loop {
            match self.text() {
                "::" => self.at += 1,
                "{" => return self.group(&segments),
                ";" | "," | "}" => break,
                "as" => self.at += 1,
                _ => {
                    let line = self.tokens[self.at].line;
                    let word = self.text().to_owned();
                    self.at += 1;
                    if word != "self" || segments.is_empty() {
                        segments.push(word);
                    }
                    if matches!(self.text(), "::") {
                        continue;
                    }
                    self.leaf(segments, line);
                    return;
                }
            }
        }
    }

    fn group(&mut self, prefix: &[String]) {
        self.at += 1;
        while !matches!(self.text(), "}" | ";") {
            self.branch(prefix);
            if self.text() == "," {
                self.at += 1;
            }
        }
        self.at += 1;
    }

    fn leaf(&mut self, segments: Vec<String>, line: usize) {
        let mut name = segments.last().cloned().unwrap_or_default();
        if self.text() == "as" {
            self.at += 1;
            name = self.text().to_owned();
            self.at += 1;
        }
        let inside = self.inside.clone();
        self.found.push(Named { segments, imported_as: Some(name), line, inside });
    }
}

#[cfg(test)]
mod planted {
    use super::*;
    use crate::source::Source;

    fn named(text: &str) -> Vec<String> {
        let source = Source::new("src/a.rs", text);
        paths(&source.tokens()).iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn use_trees_are_flattened() {
        let text = "use crate::{a, b::{self, C as D, e::*}}; pub(in crate::z) use ::std::fmt;";
        let all = ["crate::a", "crate::b", "crate::b::C", "crate::b::e::*", "std::fmt"];
        assert_eq!(named(text), all);
    }

    #[test]
    fn paths_in_code_are_seen_and_literals_are_not() {
        let text = "fn f<'a>() -> super::X { crate::a::b(\"crate::no\", '\\'', 'c') } // crate::n";
        assert_eq!(named(text), ["super::X", "crate::a::b"]);
    }

    #[test]
    fn inline_modules_are_remembered() {
        let source = Source::new("src/a.rs", "mod t { use super::*; fn f() {} } use super::b;");
        let found = paths(&source.tokens());
        assert_eq!(found[0].inside, ["t"]);
        assert!(found[1].inside.is_empty());
    }
}
