//! Words and comments: heads, names, leftovers, safety comments, sleeps in tests.

use crate::source::{Finding, Source, statement_starts};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "common", "imp", "inner2", "misc"];

/// Leftovers in comments; cut in two so that a plain text search passes this file by.
const LEFT_OVER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Leftover macros.
const LEFT_OVER_MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Tests that may sleep, and what they wait for. Races belong into models, order into barriers.
pub(crate) const MAY_SLEEP: [(&str, &str); 5] = [
    ("tests/servers/deadlines.rs", "a slow client is one that waits between its bytes"),
    ("tests/reactor/clocks.rs", "real time must pass, for a clock that stands still to show it"),
    ("tests/reactor/standstill.rs", "the monitor rests only after a while without work"),
    ("tests/servers/load.rs", "a server that stalls is one that stands still for a while"),
    ("tests/cli/pause.rs", "a server that is paused is one that stands still for a while"),
];

/// Checks one file.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    if !source.text.starts_with("//! ") {
        let said = "does not start with `//!`; say the file's one job in its first line";
        found.push(source.finding(1, said));
    }
    found.extend(names(source));
    found.extend(left_over(source));
    found.extend(unsafe_without_facts(source));
    let may_sleep = MAY_SLEEP.iter().any(|(path, _)| *path == source.path);
    if source.path.starts_with("tests/") && !may_sleep {
        found.extend(sleeps(source));
    }
    found
}

fn names(source: &Source) -> Vec<Finding> {
    let mut parts: Vec<(usize, &str)> =
        source.path.trim_end_matches(".rs").split('/').map(|part| (1, part)).collect();
    let tokens = source.tokens();
    parts.extend(
        tokens
            .windows(2)
            .filter(|pair| pair[0].text == "mod")
            .map(|pair| (pair[1].line, pair[1].text)),
    );
    parts
        .into_iter()
        .filter(|(_, part)| EMPTY_NAMES.contains(part))
        .map(|(line, part)| {
            let said = format!("the name `{part}` says nothing; name the one thing that is inside");
            source.finding(line, said)
        })
        .collect()
}

fn left_over(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for comment in &source.comments {
        let words = || comment.text.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(word) = words().find(|word| LEFT_OVER.contains(word)) {
            let said = format!("`{word}` left in a comment; do it, or open an issue");
            found.push(source.finding(comment.line, said));
        }
        if comment.plain().is_some_and(looks_like_code) {
            let said = "commented-out code; delete it, the history keeps it";
            found.push(source.finding(comment.line, said));
        }
    }
    for pair in source.tokens().windows(2) {
        if LEFT_OVER_MACROS.contains(&pair[0].text) && pair[1].text == "!" {
            let said = format!("`{}!` left in the code; finish or remove it", pair[0].text);
            found.push(source.finding(pair[0].line, said));
        }
    }
    found
}

/// A statement or the head of a block; prose that merely ends in `;` is not.
fn looks_like_code(said: &str) -> bool {
    const STATEMENTS: [&str; 9] =
        ["let ", "use ", "return ", "return;", "pub ", "const ", "static ", "mod ", "break;"];
    const BLOCKS: [&str; 13] = [
        "if ", "for ", "while ", "loop ", "match ", "fn ", "pub ", "impl ", "struct ", "enum ",
        "unsafe ", "} else", "async ",
    ];
    let starts = |words: &[&str]| words.iter().any(|word| said.starts_with(word));
    if said.ends_with('{') {
        return starts(&BLOCKS);
    }
    let Some(statement) = said.strip_suffix(';') else {
        return false;
    };
    let call = statement.ends_with(')')
        && statement.split_once('(').is_some_and(|(callee, _)| {
            !callee.is_empty() && !callee.contains(|c: char| c.is_whitespace() || c == '`')
        });
    starts(&STATEMENTS) || call || said.split_once(" = ").is_some_and(|(to, _)| !to.contains(' '))
}

fn unsafe_without_facts(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let starts = statement_starts(&tokens);
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        if pair[0].text != "unsafe" || !matches!(pair[1].text, "{" | "impl") {
            continue;
        }
        let (first, last) = (tokens[starts[at]].line, pair[0].line);
        let within =
            source.comments.iter().filter(|comment| (first..=last).contains(&comment.line));
        let mut above = source.block_above(first);
        above.extend(source.block_above(last));
        if !within.chain(above).any(|comment| comment.text.contains("SAFETY:")) {
            let said = format!(
                "`unsafe {}` without `// SAFETY:` above it; state the facts that make it sound",
                pair[1].text
            );
            found.push(source.finding(last, said));
        }
    }
    found
}

fn sleeps(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let calls = tokens
        .windows(3)
        .filter(|path| path[0].text == "thread" && path[1].text == "::" && path[2].text == "sleep");
    let said = "`thread::sleep` in a test; races belong into models, order into barriers \
                (real waiting: MAY_SLEEP in tests/tidy/words.rs, with the reason)";
    calls.map(|path| source.finding(path[0].line, said)).collect()
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said_of(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).iter().map(ToString::to_string).collect()
    }

    fn said(text: &str) -> Vec<String> {
        said_of("src/a.rs", &format!("//! Head.\n{text}"))
    }

    fn one(text: &str, expected: &str) {
        let said = said(text);
        assert_eq!(said.len(), 1, "{text}: {said:?}");
        assert!(said[0].contains(expected), "{said:?}");
    }

    #[test]
    fn heads_and_names() {
        assert_eq!(said(""), [""; 0]);
        assert!(said_of("src/a.rs", "fn f() {}")[0].contains("does not start with `//!`"));
        assert!(said_of("src/utils/a.rs", "//! A.")[0].contains("`utils` says nothing"));
        one("mod common;", "src/a.rs:2: the name `common`");
    }

    #[test]
    fn leftovers() {
        one(&format!("// {}: later", LEFT_OVER[0]), "left in a comment");
        one(&format!("/* a\n {} */", LEFT_OVER[1]), "src/a.rs:3:");
        one("fn f() { dbg!(1); }", "`dbg!` left in the code");
        one("fn f() { todo!() }", "`todo!` left in the code");
        one("// let x = 1;", "commented-out code");
        one("// self.a.b(c, d);", "commented-out code");
        one("// x.y = z;", "commented-out code");
        one("fn f() {} // if a {", "commented-out code");
    }

    #[test]
    fn prose_and_literals_are_fine() {
        let fine = "// The guess is stale (see `f()`);\n// for all that, it holds;\n\
                    /// let x = 1;\n//// if a {\nconst A: &str = \"dbg!(1) // let x = 1;\";\n\
                    // call it if you like {braces}\n// retry (a hint);";
        assert_eq!(said(fine), [""; 0]);
    }

    #[test]
    fn unsafe_states_facts() {
        one("fn f() { unsafe { g() } }", "`unsafe {` without");
        one("// SAFETY: a\nunsafe impl Send for A {}\nunsafe impl Sync for A {}", "src/a.rs:4:");
        let fine = "// SAFETY: the slot is ours,\n// and full.\nlet a =\n  unsafe { g() };\n\
                    // SAFETY: b\nunsafe impl Send for A {}\nunsafe fn g() {}\n\
                    let b =\n// SAFETY: c\nunsafe { g() };";
        assert_eq!(said(fine), [""; 0]);
    }

    #[test]
    fn tests_do_not_sleep() {
        let text = "//! A.\nfn f() { std::thread::sleep(D) }";
        assert!(said_of("tests/a.rs", text)[0].contains("tests/a.rs:2: `thread::sleep`"));
        assert_eq!(said_of("src/kit/a.rs", text), [""; 0]);
    }
}
