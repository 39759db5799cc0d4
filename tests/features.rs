//! What each feature set costs: the dependencies `cargo tree` names, against golden lists.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Feature sets and their lists in `tests/golden/`.
const LISTS: [(&str, &str); 9] = [
    ("", "dependencies-none.txt"),
    ("net", "dependencies-net.txt"),
    ("signal", "dependencies-signal.txt"),
    ("pin", "dependencies-pin.txt"),
    ("net,pin", "dependencies-net-pin.txt"),
    ("hyper", "dependencies-hyper.txt"),
    ("workflow", "dependencies-workflow.txt"),
    ("sqlite", "dependencies-sqlite.txt"),
    ("sim", "dependencies-sim.txt"),
];

/// Lists are for one target, so that every machine compares the same.
const TARGET: &str = "x86_64-unknown-linux-gnu";

const UPDATE: &str = "WINDLASS_UPDATE_GOLDEN=1 cargo test --test features";

/// The names of the normal dependencies, sorted; `Err` says why cargo could not be asked.
fn dependencies(features: &str) -> Result<BTreeSet<String>, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["tree", "-e", "normal", "--offline", "-p", "windlass", "--target", TARGET];
    let output = Command::new(&cargo)
        .args(arguments)
        .args(["--no-default-features", "--features", features])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|error| format!("`{cargo}` does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("--offline") {
        return Err(format!("cargo lacks a package offline: {said}"));
    }
    assert!(output.status.success(), "cargo tree --features '{features}' failed: {said}");
    let lines = String::from_utf8_lossy(&output.stdout);
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    Ok(names.filter(|name| !name.is_empty() && *name != "windlass").map(str::to_owned).collect())
}

#[test]
fn dependencies_are_the_golden_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("WINDLASS_UPDATE_GOLDEN").is_some();
    for (features, file) in LISTS {
        let found = match dependencies(features) {
            Ok(found) => found,
            Err(why) => {
                eprintln!("skipped: {why}");
                return;
            }
        };
        let path = folder.join(file);
        if update {
            let lines: String = found.iter().map(|name| format!("{name}\n")).collect();
            std::fs::write(&path, lines).expect("tests/golden is writable");
            continue;
        }
        let golden = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("tests/golden/{file}: {error}; write it by: {UPDATE}"));
        let golden: BTreeSet<String> = golden.lines().map(str::to_owned).collect();
        let more: Vec<_> = found.difference(&golden).collect();
        let fewer: Vec<_> = golden.difference(&found).collect();
        assert!(
            more.is_empty() && fewer.is_empty(),
            "features `{features}` against tests/golden/{file}: \
             new {more:?}, gone {fewer:?}; if that is meant: {UPDATE}"
        );
    }
}
