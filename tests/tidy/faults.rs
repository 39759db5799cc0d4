//! The catalogue of faults: each has tests, which exist and run.

use std::collections::BTreeSet;

use crate::catalogue::Row;
use crate::source::Finding;

const PATH: &str = "docs/faults.md";

/// Checks the rows; `read` gives the text of a file, if there is one, and `joined` says whether a
/// file of tests belongs to a test target.
pub(crate) fn check(
    rows: &[Row],
    read: impl Fn(&str) -> Option<String>,
    joined: impl Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for row in rows {
        let mut said = |said: String| {
            found.push(Finding { path: PATH.to_owned(), line: row.line, said });
        };
        if row.cells.len() != 4 || row.cells.iter().any(String::is_empty) {
            said("a row has four cells, none of them empty".to_owned());
        }
        if !known.insert(row.cells.first()) {
            said("this fault stands here twice; put the rows together".to_owned());
        }
        if row.tests.is_empty() {
            said("names no test; write `path`: `function`".to_owned());
        }
        for (path, function) in &row.tests {
            match read(path) {
                None => said(format!("`{function}`: there is no file `{path}`")),
                Some(_) if !joined(path) => said(format!("`{path}` is in no test target")),
                Some(text) => {
                    if let Err(why) = is_test(&text, function) {
                        said(format!("`{path}`: `{function}` {why}"));
                    }
                }
            }
        }
    }
    found
}

/// Whether this file has a test of that name which runs.
fn is_test(text: &str, function: &str) -> Result<(), &'static str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = format!("fn {function}(");
    let Some(at) = lines.iter().position(|line| line.starts_with(&head)) else {
        return Err("does not exist");
    };
    let above = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    let attributes: Vec<&&str> = above.filter(|line| line.starts_with("#[")).collect();
    if attributes.iter().any(|line| line.starts_with("#[ignore")) {
        return Err("is ignored");
    }
    match attributes.iter().any(|line| **line == "#[test]") {
        true => Ok(()),
        false => Err("is no test"),
    }
}

#[cfg(test)]
mod planted {
    use super::*;
    use crate::catalogue::{catalogue, count};

    const TESTS: &str = "#[test]\nfn good() {}\n#[test]\n// Why.\n#[ignore = \"slow\"]\n\
                         fn idle() {}\nfn plain() {}\nproptest! {\n    #[test]\n    \
                         fn any(a in 0..9) {}\n}\n";

    fn said(rows: &str) -> Vec<String> {
        let text = format!(
            "| a | b |\n|---|---|\n| c | d |\n\n\
             | fault | how provoked | what is promised | tests |\n|---|---|---|---|\n{rows}"
        );
        let exists = |path: &str| path.starts_with("tests/") && path != "tests/none.rs";
        let read = |path: &str| exists(path).then(|| TESTS.to_owned());
        let found = check(&catalogue(&text), read, |path| path != "tests/lost.rs");
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tests_that_exist_and_run_are_fine() {
        let rows = "| a | b | c | `tests/a.rs`: `good`, `any`; `tests/b.rs`: `good` |\n\
                    | d | e | f | `tests/a.rs`: `good` |\n";
        assert_eq!(said(rows), [""; 0]);
        let head = "| fault | how provoked | what is promised | tests |\n";
        assert_eq!(count(&catalogue(&format!("{head}{rows}"))), (2, 3));
    }

    #[test]
    fn tests_that_do_not_are_found() {
        for (tests, why) in [
            ("`tests/a.rs`: `goo`", "docs/faults.md:7: `tests/a.rs`: `goo` does not exist"),
            ("`tests/a.rs`: `idle`", "is ignored"),
            ("`tests/a.rs`: `plain`", "is no test"),
            ("`tests/none.rs`: `good`", "there is no file"),
            ("`tests/lost.rs`: `good`", "in no test target"),
            ("`good`", "there is no file ``"),
            ("by hand", "names no test"),
            ("`tests/a.rs`", "names no test"),
            ("", "none of them empty"),
        ] {
            let said = said(&format!("| a | b | c | {tests} |"));
            assert!(said.iter().any(|said| said.contains(why)), "{tests}: {said:?}");
        }
        let twice = "| a | b | c | `tests/a.rs`: `good` |\n".repeat(2);
        assert!(said(&twice)[0].contains("twice"));
        assert!(said("| a | b | `tests/a.rs`: `good` |")[0].contains("four cells"));
    }
}
