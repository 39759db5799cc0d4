//! The catalogue of faults in docs/faults.md: its rows, and the tests that each of them names.

use std::collections::BTreeSet;

/// What the head of each table says.
const HEAD: [&str; 4] = ["fault", "how provoked", "what is promised", "tests"];

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) line: usize,
    /// The cells, as many as there are.
    pub(crate) cells: Vec<String>,
    /// Path and function of each test.
    pub(crate) tests: Vec<(String, String)>,
}

/// The rows of all tables with that head.
pub(crate) fn catalogue(text: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let cells = cells(line);
        let is_rule =
            !cells.is_empty() && cells.iter().all(|cell| cell.trim_matches('-').is_empty());
        match inside {
            _ if cells == HEAD => inside = true,
            _ if cells.is_empty() => inside = false,
            true if !is_rule => {
                let tests = cells.last().map_or_else(Vec::new, |cell| tests(cell));
                rows.push(Row { line: at + 1, cells, tests });
            }
            _ => {}
        }
    }
    rows
}

/// How many faults there are, and how many tests provoke them.
pub(crate) fn count(rows: &[Row]) -> (usize, usize) {
    let tests: BTreeSet<_> = rows.iter().flat_map(|row| &row.tests).collect();
    (rows.len(), tests.len())
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inner.map_or_else(Vec::new, |line| line.split('|').map(|cell| cell.trim().to_owned()).collect())
}

/// `path`: `function`, `function`; `path`: `function`.
fn tests(cell: &str) -> Vec<(String, String)> {
    let mut path = None;
    let mut found = Vec::new();
    for quoted in cell.split('`').skip(1).step_by(2) {
        match (&path, quoted.ends_with(".rs")) {
            (_, true) => path = Some(quoted.to_owned()),
            (Some(path), false) => found.push((path.clone(), quoted.to_owned())),
            (None, false) => found.push((String::new(), quoted.to_owned())),
        }
    }
    found
}
