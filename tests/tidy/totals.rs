//! The closing summary's own rules: sums, strangers, what is missing, and when it is silent.

use crate::summary::{TARGETS, is_whole, summary};
use crate::totals::{Total, text};

fn file(target: &str, parent: u32, counted: &[(Total, usize)]) -> (String, String) {
    let mut counts = [0; Total::ALL.len()];
    counted.iter().for_each(|(total, count)| counts[*total as usize] = *count);
    (target.to_owned(), text(parent, &counts))
}

#[test]
fn the_targets_of_one_run_are_summed_up() {
    let files = [
        file("histories", 7, &[(Total::Histories, 30), (Total::Refused, 2)]),
        file("linearizability", 7, &[(Total::Histories, 12)]),
        file("sim", 7, &[(Total::Seeds, 2_000)]),
    ];
    let said = summary(&files, 7).to_string();
    for line in ["42  histories checked", "2  broken variants refused", "2000  seeds run"] {
        assert!(said.lines().any(|said| said.trim_start() == line), "{line}: {said}");
    }
    assert!(said.contains("-  models"), "{said}");
    assert!(said.ends_with("not in this run: loom, orders_sim, progress\n"), "{said}");
}

#[test]
fn files_of_other_runs_are_left_alone() {
    let files = [
        file("sim", 8, &[(Total::Seeds, 2_000)]),
        file("loom", 7, &[(Total::Models, 5)]),
        ("progress".to_owned(), "parent 77\n9 seeds run\n".to_owned()),
        ("orders_sim".to_owned(), String::new()),
    ];
    let summary = summary(&files, 7);
    assert_eq!(summary.read, ["loom"]);
    let said = summary.to_string();
    assert!(said.contains("-  seeds run") && said.contains("5  models"), "{said}");
    assert!(said.contains("histories, linearizability, orders_sim, progress, sim"), "{said}");
}

#[test]
fn all_targets_together_leave_none_missing() {
    let files = TARGETS.map(|target| file(target, 1, &[(Total::Seeds, 1)]));
    let said = summary(&files, 1).to_string();
    assert!(said.contains("6  seeds run") && !said.contains("not in this run"), "{said}");
}

#[test]
fn the_summary_is_silent_where_tests_are_chosen_or_listed() {
    let whole = |line: &str| is_whole(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    assert!(is_whole(&[]) && whole("--nocapture") && whole("--test-threads 1 --color never"));
    for line in ["--list", "--list --format terse", "ring", "--nocapture ring", "--skip ring"] {
        assert!(!whole(line), "{line}");
    }
}
