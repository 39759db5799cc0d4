//! The house rules, kept by machine: stairs, doors, ordering labels, sizes, words, links.
//!
//! A finding reads `file:line: what is wrong; what would be right`. Each rule's own file plants
//! violations and shows that it finds them.

#[path = "support/atomic_sites.rs"]
mod atomic_sites;
#[path = "tidy/contents.rs"]
mod contents;
#[path = "support/faults.rs"]
mod catalogue;
#[path = "tidy/doors.rs"]
mod doors;
#[path = "tidy/faults.rs"]
mod faults;
#[path = "tidy/labels.rs"]
mod labels;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/order.rs"]
mod order;
#[path = "tidy/paths.rs"]
mod paths;
#[path = "tidy/sizes.rs"]
mod sizes;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/stairs.rs"]
mod stairs;
#[path = "support/totals.rs"]
#[allow(dead_code, reason = "nothing is counted here")]
mod totals;
#[path = "support/summary.rs"]
mod summary;
#[path = "tidy/totals.rs"]
mod summed;
#[path = "tidy/words.rs"]
mod words;

use std::io::Write;
use std::path::Path;

use source::{Finding, Source, files_below};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folders: &[&str]) -> Vec<Source> {
    let files = folders.iter().flat_map(|folder| files_below(root(), folder, "rs"));
    files.map(|path| Source::new(&path, &read(&path))).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{} findings:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn files_use_only_what_is_below() {
    none(&stairs::check(&sources(&["src"])));
}

#[test]
fn one_door_to_atomics_and_one_to_the_kernel() {
    none(&sources(&["src"]).iter().flat_map(doors::check).collect::<Vec<_>>());
}

#[test]
fn every_ordering_says_what_it_pairs_with() {
    none(&labels::check(&sources(&["src"])));
}

#[test]
fn files_functions_and_lines_are_short() {
    let all = sources(&["src", "tests", "benches", "examples"]);
    let code_lines = sizes::code_lines(&all, 0..=4);
    let above = sizes::code_lines(&all, 5..=5);
    let max = sizes::CODE_LINES_MAX;
    // Written past the test's capture: the figure is part of what `cargo test` shows.
    let said =
        format!("\nfloors 0 to 4: {code_lines} code lines of at most {max}; floor 5: {above}\n");
    let _ = std::io::stderr().write_all(said.as_bytes());
    none(&all.iter().flat_map(sizes::check).collect::<Vec<_>>());
    assert!(code_lines <= max, "floors 0 to 4 hold {code_lines} code lines; at most {max}");
}

#[test]
fn words_and_comments_say_something() {
    let all = sources(&["src", "tests", "benches", "examples"]);
    none(&all.iter().flat_map(words::check).collect::<Vec<_>>());
}

#[test]
fn documents_link_to_what_exists() {
    let mut paths = files_below(root(), "docs", "md");
    paths.extend(["README.md"].map(str::to_owned).into_iter().filter(|p| root().join(p).exists()));
    let texts = paths.into_iter().map(|path| (path.clone(), read(&path))).collect();
    let exists = Box::new(|path: &str| root().join(path).exists());
    none(&links::check(&links::Documents { texts, exists }));
}

#[test]
fn every_fault_names_tests_that_exist_and_run() {
    let rows = catalogue::catalogue(&read("docs/faults.md"));
    let texts: Vec<String> = files_below(root(), "tests", "rs").iter().map(|p| read(p)).collect();
    let joined = |path: &str| {
        // Cargo finds the files beside each other; all others are named by one that holds them.
        // A folder's `mod.rs` has the folder's name.
        let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let named = format!("mod {};", stem.rsplit('/').next().unwrap_or(stem));
        path.matches('/').count() == 1 || texts.iter().any(|it| it.contains(&named))
    };
    none(&faults::check(&rows, |path| std::fs::read_to_string(root().join(path)).ok(), joined));
    let (faults, tests) = catalogue::count(&rows);
    assert!(faults > 0, "the catalogue is empty");
    println!("{faults} faults provoked by {tests} tests");
}

#[test]
fn atomic_sites_are_found_by_their_text() {
    let source = "use Ordering::*; // x.load(Acquire)\n\
                  fn f() {\n    self.é.load(Ordering::Acquire);\n\
                  a\n        .compare_exchange_weak(0, 1, AcqRel, Relaxed);\n\
                  sync::fence(SeqCst); list.swap(1, 2); map.store(\"Relaxed\");\n\
                  b.store(c.fetch_add(1, Relaxed), Release); fn fence(o: Ordering) {}";
    let found = atomic_sites::atomic_sites(source);
    let found: Vec<_> = found.iter().map(|s| (s.line, s.column, s.call.as_str())).collect();
    let calls = [
        (3, 12, "load"),
        (5, 10, "compare_exchange_weak"),
        (6, 1, "fence"),
        (7, 3, "store"),
        (7, 11, "fetch_add"),
    ];
    assert_eq!(found, calls);
}

/// Stands in for the door: reports its caller as the door does under the models.
mod reporting {
    use std::panic::Location;

    pub(crate) struct Relaxed;
    pub(crate) struct Cell;

    impl Cell {
        #[track_caller]
        pub(crate) fn load(&self, _: Relaxed) -> (usize, usize) {
            let caller = Location::caller();
            (caller.line() as usize, caller.column() as usize)
        }
    }

    #[track_caller]
    pub(crate) fn fence(_: Relaxed) -> (usize, usize) {
        Cell.load(Relaxed)
    }
}

/// Models and text can be compared: both count lines and columns alike.
#[test]
fn atomic_sites_stand_where_the_caller_is_reported() {
    use reporting::{Cell, Relaxed, fence};

    let reported = [
        Cell.load(Relaxed),
        reporting::fence(Relaxed),
        fence(Relaxed),
        { &Cell }
            // What stands between does not matter.
            .load(Relaxed),
    ];
    let lines = reported[0].0..=reported[3].0;
    let found: Vec<_> = atomic_sites::atomic_sites(include_str!("tidy.rs"))
        .iter()
        .filter(|site| lines.contains(&site.line))
        .map(|site| (site.line, site.column))
        .collect();
    assert_eq!(found, reported);
}
