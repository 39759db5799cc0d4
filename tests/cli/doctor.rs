//! `windlass doctor` on this machine, whatever it is.

use crate::program::said;

const ALWAYS: [&str; 16] = [
    "load",
    "stolen time",
    "other processes",
    "cpu pressure",
    "spin test",
    "this windlass",
    "cores",
    "governor",
    "turbo",
    "virtual machine",
    "clock",
    "open files",
    "ports",
    "backlog",
    "port reuse",
    "disk",
];

#[test]
fn each_fact_has_a_grade_and_what_to_change() {
    let doctor = said(&["doctor", "--json"]);
    let json = doctor.json();
    assert_eq!((&json["format"], &json["schema"]), (&"windlass-doctor".into(), &1.into()));
    let facts = json["facts"].as_array().unwrap();
    let names: Vec<&str> = facts.iter().filter_map(|fact| fact["name"].as_str()).collect();
    for name in ALWAYS {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for fact in facts {
        let (grade, change) = (fact["grade"].as_str().unwrap(), &fact["change"]);
        assert!(["ok", "warn", "bad"].contains(&grade), "{fact}");
        assert_eq!(change.is_null(), grade == "ok", "{fact}");
        assert!(!fact["found"].as_str().unwrap().is_empty(), "{fact}");
    }
    let bad = facts.iter().any(|fact| fact["grade"] == "bad");
    assert_eq!(json["fit"], !bad, "{json}");
    assert_eq!(doctor.code, Some(if bad { 3 } else { 0 }), "{json}");
}

#[test]
fn the_table_fits_and_has_colour_when_asked_for() {
    let plain = said(&["doctor"]);
    assert!(plain.stdout.lines().all(|line| line.chars().count() <= 80), "{plain:?}");
    assert!(!plain.stdout.contains('\u{1b}'), "{plain:?}");
    assert!(plain.stdout.contains("fit to measure"), "{plain:?}");
    let coloured = said(&["doctor", "--color", "always"]);
    assert!(coloured.stdout.contains('\u{1b}'), "{coloured:?}");
}
