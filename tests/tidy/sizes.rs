//! How long files, functions and lines may be, and how much code floors 0 to 4 hold.

use std::ops::RangeInclusive;

use crate::source::{Finding, Source};
use crate::stairs::floor;

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// Code lines of floors 0 to 4, at most.
pub(crate) const CODE_LINES_MAX: usize = 8_000;

/// Checks one file.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        let said = format!("{lines} lines; at most {FILE_LINES_MAX}: one idea a file, split it");
        found.push(source.finding(lines, said));
    }
    for (at, line) in source.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX {
            let said = format!("{columns} columns; at most {LINE_COLUMNS_MAX}");
            found.push(source.finding(at + 1, said));
        }
    }
    for (line, name, lines) in functions(source) {
        if lines > FUNCTION_LINES_MAX {
            let said = format!(
                "the body of `{name}` has {lines} lines; at most {FUNCTION_LINES_MAX}: split it"
            );
            found.push(source.finding(line, said));
        }
    }
    found
}

/// Each function with a body: its line, its name, the lines between its braces.
fn functions(source: &Source) -> Vec<(usize, String, usize)> {
    let tokens = source.tokens();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = tokens.get(at + 1).filter(|name| token.text == "fn" && name.text != "(")
        else {
            continue;
        };
        let (mut depth, mut opened) = (0, None);
        for inner in &tokens[at + 2..] {
            match inner.text {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                ";" if depth == 0 && opened.is_none() => break,
                "{" => {
                    if depth == 0 && opened.is_none() {
                        opened = Some(inner.line);
                    }
                    depth += 1;
                }
                "}" => {
                    depth -= 1;
                    if let Some(opened) = opened.filter(|_| depth == 0) {
                        let lines = inner.line.saturating_sub(opened + 1);
                        found.push((token.line, name.text.to_owned(), lines));
                        break;
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Lines of floors 0 to 4 with code on them: no comments, no blank lines.
pub(crate) fn code_lines(sources: &[Source], floors: RangeInclusive<usize>) -> usize {
    let stands_there = |source: &&Source| {
        source.room().and_then(|room| floor(&room)).is_some_and(|floor| floors.contains(&floor))
    };
    let code = |source: &Source| source.code.lines().filter(|line| !line.trim().is_empty()).count();
    sources.iter().filter(stands_there).map(code).sum()
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        check(&Source::new("src/a.rs", text)).iter().map(|found| found.said.clone()).collect()
    }

    #[test]
    fn files_lines_and_functions_are_bounded() {
        assert_eq!(said(&"\n".repeat(400)), [""; 0]);
        assert!(said(&"\n".repeat(401))[0].starts_with("401 lines; at most 400"));
        assert_eq!(said(&format!("// {}", "é".repeat(97))), [""; 0]);
        assert_eq!(said(&format!("// {}", "é".repeat(98))), ["101 columns; at most 100"]);
        let body =
            |lines: usize| format!("fn f(a: [u8; 2]) -> fn() {{{}}}", "\n".repeat(lines + 1));
        assert_eq!(said(&body(70)), [""; 0]);
        let long = said(&body(71));
        assert!(long[0].starts_with("the body of `f` has 71 lines"), "{long:?}");
        let none = format!("trait T {{ fn f(); {} }}", "\n".repeat(99));
        assert_eq!(said(&none), [""; 0]);
    }

    #[test]
    fn code_lines_leave_out_comments_and_the_kit() {
        let text = "//! head\n\nfn f() {\n    // why\n    g() // what\n}\n/* a\nb */\n";
        let sources = ["src/ring/a.rs", "src/kit/a.rs"].map(|path| Source::new(path, text));
        assert_eq!(code_lines(&sources, 0..=4), 3);
    }
}
