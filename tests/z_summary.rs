//! The closing summary of a `cargo test`. Its name makes cargo run it as the last target but for
//! the documentation's tests.

#[path = "support/faults.rs"]
mod faults;
#[path = "support/totals.rs"]
mod totals;
#[path = "support/summary.rs"]
mod summary;

use std::fs;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !summary::is_whole(&arguments) {
        return;
    }
    let entries = fs::read_dir(totals::folder()).into_iter().flatten().flatten();
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some((name, fs::read_to_string(entry.path()).ok()?))
    };
    let files: Vec<_> = entries.filter_map(file).collect();
    let summary = summary::summary(&files, std::os::unix::process::parent_id());
    for target in &summary.read {
        // One that stays is another run's from now on.
        let _ = fs::remove_file(totals::folder().join(target));
    }
    print!("\n{summary}");
    if !summary.missing.is_empty() {
        return;
    }
    // Each row's tests exist, are not ignored, and are in a target: tests/tidy sees to it.
    let (faults, tests) = faults::count(&faults::catalogue(include_str!("../docs/faults.md")));
    println!("{faults:>12}  faults provoked, by {tests} tests\n");
}
