//! What changed between two runs: planted changes are found, equal runs are not called different,
//! and what cannot be read is named.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::previous::{keep_previous, previous_dir};
use windlass::kit::measure::random::Random;
use windlass::kit::measure::record::{Claim, Group, Record};
use windlass::kit::measure::rule::Rule;
use windlass::kit::report;
use windlass::kit::report::changes::{self, Change, Changes, Judgement};
use windlass::kit::report::comparison::{self, CompareError};

use crate::made_up::{group, record, scratch};

/// How one run differs from another though nothing was changed.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    /// From round to round.
    pub(crate) rounds: f64,
    /// From process to process: each contender of each run.
    pub(crate) processes: f64,
}

pub(crate) const STEADY: Machine = Machine { rounds: 0.02, processes: 0.01 };

/// A bench of ten groups in one run; what the subject takes in group 0 is multiplied by `slowed`.
pub(crate) fn run(random: &mut Random, machine: Machine, time: &str, slowed: f64) -> Record {
    let groups = (0..10).map(|at| {
        let slowed = if at == 0 { slowed } else { 1.0 };
        let mut group = group(
            &format!("group {at}"),
            Better::Lower,
            &[
                ("windlass", Role::Subject, 10.0 * slowed),
                ("threads", Role::Baseline, 20.0),
                ("a pool", Role::Baseline, 30.0),
                ("one peer", Role::Peer, 12.0),
                ("another peer", Role::Peer, 15.0),
                ("windlass (again)", Role::Control, 10.0 * slowed),
            ],
        );
        let subject = machine.processes * random.normal();
        for contender in &mut group.contenders {
            // The control is the subject's own process, asked again.
            let own = match contender.role {
                Role::Subject | Role::Control => subject,
                _ => machine.processes * random.normal(),
            };
            for value in contender.values.iter_mut().flatten() {
                *value *= (own + machine.rounds * random.normal()).exp();
            }
        }
        group
    });
    let mut record = record("server", groups.collect());
    time.clone_into(&mut record.runs[0].environment.time_utc);
    record
}

fn compared(random: &mut Random, machine: Machine, slowed: f64) -> Changes {
    let old = run(random, machine, "2026-01-01T00:00:00Z", 1.0);
    let new = run(random, machine, "2026-01-02T00:00:00Z", slowed);
    changes::between(("old", &[old]), ("new", &[new]), false)
}

#[test]
fn a_planted_slowdown_is_found_and_nothing_else_is() {
    let mut random = Random::new(1);
    for _ in 0..20 {
        let changes = compared(&mut random, STEADY, 1.2);
        assert_eq!(changes.rows.len(), 31, "the best baseline, two peers of ten groups; together");
        let slower = changes.of(Judgement::Slower);
        assert!(!slower.is_empty() && slower.iter().all(|row| row.group == "group 0"));
        let faster = changes.of(Judgement::Faster);
        assert!(changes.has_slower() && faster.is_empty(), "{faster:?}");
        let change = slower[0].change.unwrap();
        assert!((0.75..0.92).contains(&change.median), "{change:?}");
        assert_eq!(slower[0].unit, "ratio");
    }
    let faster = compared(&mut random, STEADY, 0.8);
    assert!(!faster.of(Judgement::Faster).is_empty() && !faster.has_slower());
}

#[test]
fn equal_runs_are_not_called_different_though_processes_differ() {
    let mut random = Random::new(2);
    let machines = [(0.02, 0.0), (0.02, 0.03), (0.1, 0.1)];
    let told = |row: &Change| matches!(row.verdict, Judgement::Faster | Judgement::Slower);
    let called = (0..60).filter(|turn| {
        let (rounds, processes) = machines[turn % machines.len()];
        let changes = compared(&mut random, Machine { rounds, processes }, 1.0);
        changes.rows.iter().any(told)
    });
    let called = called.count();
    assert!(called <= 1, "{called} of 60");
}

/// Two runs written into directories of their own.
fn written(name: &str, slowed: f64) -> [std::path::PathBuf; 2] {
    let (dir, mut random) = (scratch(name), Random::new(3));
    let old = run(&mut random, STEADY, "2026-01-01T00:00:00Z", 1.0);
    let new = run(&mut random, STEADY, "2026-01-02T00:00:00Z", slowed);
    [(old, "old"), (new, "new")].map(|(record, when)| {
        record.write(&dir.join(when).join("records")).unwrap();
        dir.join(when)
    })
}

#[test]
fn results_say_what_their_records_say() {
    let [old, new] = written("changes-results", 1.2);
    for dir in [&old, &new] {
        report::build(&dir.join("records"), &dir.join("report")).unwrap();
    }
    let from_records = comparison::runs(&old, &new, false).unwrap();
    let reports = [old.join("report"), new.join("report").join("results.json")];
    let from_results = comparison::runs(&reports[0], &reports[1], false).unwrap();
    assert_eq!(from_records.rows, from_results.rows);
    assert!(from_records.has_slower());
    let file = comparison::runs(&old.join("records/server.json"), &new, false).unwrap();
    assert_eq!(file.rows, from_records.rows);
}

#[test]
fn values_that_nothing_stands_beside_are_judged_only_when_asked_for() {
    let alone = |centre: f64, time: &str| {
        let made = group("alone", Better::Lower, &[("windlass", Role::Subject, centre)]);
        let mut record = record("timers", vec![made]);
        time.clone_into(&mut record.runs[0].environment.time_utc);
        record
    };
    let (old, new) = ([alone(10.0, "2026-01-01")], [alone(20.0, "2026-01-02")]);
    let shown = changes::between(("a", &old), ("b", &new), false);
    assert_eq!(shown.rows[0].verdict, Judgement::NotJudged);
    assert!(shown.rows[0].old < shown.rows[0].new && shown.rows[0].change.is_none());
    let judged = changes::between(("a", &old), ("b", &new), true);
    assert_eq!(judged.rows[0].verdict, Judgement::Slower);
    let change = judged.rows[0].change.unwrap();
    assert!((change.median - 0.5).abs() < 0.05, "{change:?}");
}

#[test]
fn claims_of_values_beside_are_compared_too() {
    let with_cpu = |us: f64, time: &str| {
        let mut record = run(&mut Random::new(4), STEADY, time, 1.0);
        for group in &mut record.groups {
            for contender in &mut group.contenders {
                let own = match contender.role {
                    Role::Subject | Role::Control => us,
                    _ => 5.0,
                };
                let values = contender.values.iter().map(|value| Some(own * value.unwrap()));
                contender.side.insert("cpu_us".to_owned(), values.collect());
            }
        }
        let claim = |against: Option<&str>| Claim {
            text: "less CPU".to_owned(),
            against: against.map(str::to_owned),
            of: Some("cpu_us".to_owned()),
            bar: 1.0,
            rule: Rule::AtLeast,
        };
        record.groups[0].claims = vec![claim(Some("one peer")), claim(None)];
        record
    };
    let (old, new) = ([with_cpu(2.0, "2026-01-01")], [with_cpu(3.0, "2026-01-02")]);
    let changes = changes::between(("a", &old), ("b", &new), false);
    let beside: Vec<_> = changes.rows.iter().filter(|row| row.measure.is_some()).collect();
    let told: Vec<_> = beside.iter().map(|row| (row.against.as_deref(), row.verdict)).collect();
    assert_eq!(told, [(Some("one peer"), Judgement::Slower), (None, Judgement::NotJudged)]);
    assert!((beside[0].change.unwrap().median - 2.0 / 3.0).abs() < 0.05);
}

#[test]
fn a_void_control_and_an_unusable_machine_let_nothing_be_said() {
    let mut random = Random::new(5);
    let old = run(&mut random, STEADY, "2026-01-01", 1.0);
    let new = run(&mut random, STEADY, "2026-01-02", 1.5);
    let mut void = new.clone();
    let groups = void.groups.iter_mut();
    let controls = groups.flat_map(|group: &mut Group| group.contenders.last_mut());
    let values = controls.flat_map(|control| control.values.iter_mut().flatten());
    values.for_each(|value| *value *= 1.3);
    let mut noisy = new.clone();
    noisy.runs[0].noise.steal_share = Some(0.4);
    for (unusable, why) in [(void, "itself shows a winner"), (noisy, "too noisy")] {
        let changes =
            changes::between(("a", std::slice::from_ref(&old)), ("b", &[unusable]), false);
        assert!(changes.unusable && !changes.has_slower());
        assert!(changes.rows.iter().all(|row| row.why.as_ref().unwrap().contains(why)));
        assert!(changes.sentence().starts_with("Nothing may be said"));
    }
}

#[test]
fn another_machine_and_what_stands_alone_are_told() {
    let mut random = Random::new(6);
    let old = run(&mut random, STEADY, "2026-01-01", 1.0);
    let mut new = run(&mut random, STEADY, "2026-01-02", 1.0);
    new.runs[0].environment.cpu_model = Some("Another | <b>".to_owned());
    "renamed".clone_into(&mut new.groups[3].id);
    new.groups[4].contenders[0].failure = Some("reply 7 was wrong".to_owned());
    let gone = record("ring", Vec::new());
    let changes = changes::between(("a", &[gone, old]), ("b", &[new]), false);
    assert!(changes.warnings[0].starts_with("another processor: A made-up processor"));
    let told = ["renamed: only in the new run", "group 4: failed in the new run: reply 7"];
    for told in told.iter().chain(&["group 3: only in the old run", "ring: only in the old run"]) {
        assert!(changes.alone.iter().any(|alone| alone.contains(told)), "{told}");
    }
    assert_eq!(changes.rows.len(), 8 * 3 + 1);
    let (page, markdown) = (changes::section(&changes), changes::markdown(&changes));
    assert!(page.contains("Another | &lt;b&gt;") && !page.contains("<b>"));
    assert!(markdown.contains("Another \\| \\<b\\>"));
}

#[test]
fn the_table_fits_a_terminal_and_says_what_changed_first() {
    let [old, new] = written("changes-table", 1.4);
    let changes = comparison::runs(&old, &new, false).unwrap();
    for all in [false, true] {
        let table = changes::terminal(&changes, all);
        let rows: Vec<&str> = table.lines().collect();
        assert!(rows.iter().all(|row| row.chars().count() <= 80), "{table}");
        assert!(rows[6].contains("group 0") && rows[6].ends_with("SLOWER"), "{table}");
        assert_eq!(table.matches("group").count(), if all { 31 } else { 23 });
    }
    let markdown = changes::markdown(&changes);
    assert!(markdown.contains("| **SLOWER** |") && markdown.contains("<details><summary>28 rows"));
    let page = changes::section(&changes);
    assert!(page.contains("<span class=\"behind\">▼ slower</span>"));
    for tag in ["table", "tr", "td", "th", "div", "p", "ul", "small"] {
        let count = |what: &str| page.matches(what).count();
        let opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(opened, count(&format!("</{tag}>")), "{tag}");
    }
}

#[test]
fn the_run_before_is_kept_and_the_report_says_what_changed_since() {
    let (dir, mut random) = (scratch("changes-previous"), Random::new(8));
    let records = dir.join("records");
    keep_previous(&records, "server").unwrap();
    assert!(!previous_dir(&records).exists(), "nothing to keep yet");
    run(&mut random, STEADY, "2026-01-01", 1.0).write(&records).unwrap();
    let first = report::build(&records, &dir.join("report")).unwrap();
    assert_eq!(first.results.changes, None);
    keep_previous(&records, "server").unwrap();
    // One group is measured again, the others are what they were.
    let mut merged = Record::read(&records.join("server.json")).unwrap();
    let again = run(&mut random, STEADY, "2026-01-02", 1.3);
    merged.merge(again.runs[0].clone(), vec![again.groups[0].clone()]);
    merged.write(&records).unwrap();
    let second = report::build(&records, &dir.join("report")).unwrap();
    let changes = second.results.changes.unwrap();
    assert!(changes.rows.len() == 3 && changes.rows.iter().all(|row| row.group == "group 0"));
    assert!(changes.has_slower());
}

#[test]
fn what_cannot_be_read_is_named() {
    let [old, new] = written("changes-damaged", 1.0);
    let text = fs::read_to_string(old.join("records/server.json")).unwrap();
    fs::write(old.join("records/half.json"), &text[..99]).unwrap();
    fs::write(old.join("records/other.json"), text.replace("\"schema\":1", "\"schema\":0"))
        .unwrap();
    fs::write(old.join("records/package.json"), "{}").unwrap();
    let changes = comparison::runs(&old, &new, false).unwrap();
    assert_eq!((changes.rows.len(), changes.skipped.len()), (31, 3));
    for name in ["half.json", "other.json", "package.json"] {
        assert!(changes.skipped.iter().any(|skipped| skipped.contains(name)), "{name}");
        assert!(changes::terminal(&changes, false).contains(name));
        let alone = old.join("records").join(name);
        let error = comparison::runs(&new, &alone, false).unwrap_err();
        assert!(matches!(error, CompareError::Nothing(..)));
        assert!(error.to_string().contains(name), "{error}");
    }
    let missing = comparison::runs(&new, Path::new("/nonexistent"), false).unwrap_err();
    assert!(matches!(missing, CompareError::Read(..)) && missing.to_string().contains("/nonexist"));
    let results = new.join("results.json");
    fs::write(&results, r#"{"format":"windlass-results","schema":0}"#).unwrap();
    let older = comparison::runs(&results, &old, false).unwrap_err().to_string();
    assert!(older.contains("another schema"), "{older}");
    fs::write(&results, r#"{"format":"windlass-results","schema":1}"#).unwrap();
    let damaged = comparison::runs(&results, &old, false).unwrap_err().to_string();
    assert!(damaged.contains("damaged"), "{damaged}");
}

pub(crate) fn compare(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let Output { status, stdout, stderr } =
        command.arg("compare").args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn exit_codes_say_what_came_of_it() {
    let [old, new] = written("changes-codes", 1.3);
    let [old, new] = [&old, &new].map(|path| path.to_str().unwrap());
    let (code, said, _) = compare(&[old, new]);
    assert!(code == Some(0) && said.contains("SLOWER"), "{said}");
    assert_eq!(compare(&[old, new, "--check"]).0, Some(1));
    assert_eq!(compare(&[new, old, "--check"]).0, Some(0), "faster is fine");
    let (code, said, _) = compare(&[old, new, "--json"]);
    let changes: Changes = serde_json::from_str(&said).unwrap();
    assert!(code == Some(0) && changes.has_slower());
    let (_, said, _) = compare(&[old, new, "--markdown"]);
    assert!(said.starts_with("### windlass compare"), "{said}");
    let (code, said, why) = compare(&[old, "/nonexistent"]);
    assert!(
        code == Some(2) && said.is_empty() && why.contains("cannot read /nonexistent"),
        "{why}"
    );
    for wrong in [&["a"][..], &["a", "b", "hello-64"], &["a", "b", "--blocks", "3"]] {
        assert_eq!(compare(wrong).0, Some(2), "{wrong:?}");
    }
    let (code, _, why) = compare(&["--bin", "a", "b", "hello"]);
    assert!(code == Some(2) && why.contains("hello-64"), "{why}");
    let (code, _, why) = compare(&["--bin", "/nonexistent", "b"]);
    assert!(code == Some(2) && why.contains("/nonexistent"), "{why}");
}

#[test]
fn two_builds_are_measured_in_turn() {
    let build = env!("CARGO_BIN_EXE_windlass");
    let short = ["--blocks", "2", "--window-ms", "20", "--json"];
    let (code, said, why) =
        compare(&[&["--bin", build, build, "hello-8", "wait-5ms-4"], &short[..]].concat());
    assert_eq!(code, Some(0), "{why}");
    let changes: Changes = serde_json::from_str(&said).unwrap();
    let rates = changes.rows.iter().filter(|row| row.unit == "requests per second");
    let groups: Vec<&str> = rates.map(|row| &*row.group).collect();
    assert_eq!(groups, ["hello-8", "wait-5ms-4"]);
    // A machine too noisy to judge is told first.
    let told = changes.sentence();
    let rows = format!("{} rows could not have been found", changes.rows.len());
    assert!(changes.unusable || told.contains(&rows) && told.ends_with(" blocks."), "{told}");
    for row in &changes.rows {
        // Two blocks decide nothing, whatever they say.
        assert_eq!(row.verdict, Judgement::CannotTell, "{row:?}");
        assert!(row.old > 0.0 && row.new > 0.0 && row.change.unwrap().rounds == 2, "{row:?}");
    }
}
