//! Rounds, records and comparisons, through the kit's public door.

use std::cell::RefCell;
use std::fs;
use std::time::Duration;

use windlass::kit::measure::compare::{self, Outcome};
use windlass::kit::measure::contender::{Better, Role, Sample};
use windlass::kit::measure::record::{self, Claim, Group, Record, RecordError, Run};
use windlass::kit::measure::rounds::{self, Entry, Plan};
use windlass::kit::measure::rule::Rule;
use windlass::kit::measure::statistics::{Interval, Verdict};

fn group(id: &str, better: Better) -> Group {
    let text = format!(
        r#"{{"id":"{id}","title":"{id}","unit":"ns","better":"lower","rounds":[],"contenders":[]}}"#
    );
    Group { better, ..serde_json::from_str(&text).unwrap() }
}

fn plan(rounds: usize) -> Plan {
    Plan { rounds_min: rounds, rounds_max: rounds, repeats_max: 0, ..Plan::default() }
}

/// A scratch directory of this test, emptied.
fn scratch(name: &str) -> std::path::PathBuf {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn rounds_go_forward_then_backward_and_the_control_is_the_subject() {
    let seen = RefCell::new(Vec::new());
    let entry = |name: &'static str, role| {
        let seen = &seen;
        Entry::new(name, role, move || {
            seen.borrow_mut().push(name);
            Ok(Sample::new(1.0).with("cpu_us", 2.0))
        })
    };
    let mut entries = [entry("a", Role::Subject), entry("b", Role::Baseline)];
    let mut group = group("order", Better::Lower);
    rounds::run(&mut group, &plan(2), &mut entries, &mut |_| true);
    assert_eq!(*seen.borrow(), ["a", "b", "a", "a", "b", "a"]);
    let names: Vec<&str> = group.contenders.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "a (again)"]);
    assert_eq!(group.contenders[2].role, Role::Control);
    assert_eq!(group.contenders[0].side["cpu_us"], [Some(2.0), Some(2.0)]);
    assert!(!group.rounds[0].backward && group.rounds[1].backward);
}

#[test]
fn failures_and_panics_are_recorded_and_the_others_go_on() {
    let mut turn = 0;
    let mut entries = [
        Entry::new("good", Role::Subject, || Ok(Sample::new(2.0))),
        Entry::new("errs", Role::Peer, move || {
            turn += 1;
            if turn > 2 { Err("reply 3 was wrong".to_owned()) } else { Ok(Sample::new(1.0)) }
        }),
        Entry::new("panics", Role::Peer, || panic!("at {}", 7)),
        Entry::new("zero", Role::Baseline, || Ok(Sample::new(0.0))),
    ];
    let mut group = group("failures", Better::Lower);
    rounds::run(&mut group, &plan(6), &mut entries, &mut |_| true);
    let [good, errs, panics, zero, control] = &group.contenders[..] else { panic!("five columns") };
    assert_eq!(good.values.iter().flatten().count(), 6);
    assert_eq!(errs.values.iter().flatten().count(), 2);
    assert_eq!(errs.failure.as_deref(), Some("reply 3 was wrong"));
    assert_eq!(panics.failure.as_deref(), Some("panicked: at 7"));
    assert!(zero.failure.as_deref().unwrap().contains("not above zero"));
    assert!(control.failure.is_none());
    assert!(compare::ratio(&group, good, errs).is_none());
    assert!(compare::best_of(&group, Role::Peer).is_none());
}

#[test]
fn ratios_are_oriented_so_that_above_one_is_better() {
    for (better, expected) in [(Better::Lower, Outcome::Ahead), (Better::Higher, Outcome::Behind)] {
        let mut entries = [
            Entry::new("small", Role::Subject, || Ok(Sample::new(10.0))),
            Entry::new("large", Role::Baseline, || Ok(Sample::new(30.0))),
            Entry::new("larger", Role::Baseline, || Ok(Sample::new(40.0))),
        ];
        let mut group = group("oriented", better);
        rounds::run(&mut group, &plan(8), &mut entries, &mut |_| true);
        let best = compare::best_of(&group, Role::Baseline).unwrap();
        let ratio = compare::ratio(&group, &group.contenders[0], best).unwrap();
        assert_eq!(compare::outcome(&ratio, 0.0), expected);
        assert_eq!(best.name, if better == Better::Lower { "large" } else { "larger" });
        let against = Some("large".to_owned());
        let claim = |against, bar| Claim {
            text: String::new(),
            against,
            of: None,
            bar,
            rule: Rule::AtLeast,
        };
        let verdict = |claim| compare::judge(&group, &claim).0;
        let (yes, no) = match better {
            Better::Lower => (Verdict::Holds, Verdict::Refuted),
            Better::Higher => (Verdict::Refuted, Verdict::Holds),
        };
        assert_eq!(verdict(claim(against.clone(), 2.0)), yes);
        assert_eq!(verdict(claim(against, 4.0)), Verdict::Refuted);
        assert_eq!(verdict(claim(None, 20.0)), yes);
        assert_eq!(verdict(claim(None, 5.0)), no);
        assert_eq!(verdict(claim(Some("nobody".to_owned()), 1.0)), Verdict::Undecided);
    }
}

#[test]
fn claims_of_a_value_beside_are_judged_by_it_and_less_is_better() {
    // The subject is slower, and takes half as much processor time.
    let sample = |rate, cpu_us| Ok(Sample::new(rate).with("cpu_us", cpu_us));
    let mut entries = [
        Entry::new("subject", Role::Subject, || sample(100.0, 2.0)),
        Entry::new("other", Role::Peer, || sample(200.0, 4.0)),
    ];
    let mut group = group("beside", Better::Higher);
    rounds::run(&mut group, &plan(8), &mut entries, &mut |_| true);
    let verdict = |against: Option<&str>, of: &str, bar| {
        let (against, of) = (against.map(str::to_owned), Some(of.to_owned()));
        compare::judge(
            &group,
            &Claim { text: String::new(), against, of, bar, rule: Rule::AtLeast },
        )
    };
    let (holds, measured) = verdict(Some("other"), "cpu_us", 1.5);
    assert_eq!((holds, measured.unwrap().median), (Verdict::Holds, 2.0));
    assert_eq!(verdict(Some("other"), "cpu_us", 3.0).0, Verdict::Refuted);
    assert_eq!(verdict(None, "cpu_us", 2.5).0, Verdict::Holds);
    assert_eq!(verdict(None, "cpu_us", 1.5).0, Verdict::Refuted);
    assert_eq!(verdict(Some("other"), "nothing", 1.0), (Verdict::Undecided, None));
}

#[test]
fn claims_to_be_as_good_are_told_both_ways_round_whichever_way_is_better() {
    // As a rate (more is better) and as a time (less is), the subject 5 % ahead, level, behind.
    for better in [Better::Lower, Better::Higher] {
        let judged = |factor: f64, rule, bar| {
            let value = if better == Better::Lower { 100.0 / factor } else { 100.0 * factor };
            let mut entries = [
                Entry::new("subject", Role::Subject, move || Ok(Sample::new(value))),
                Entry::new("threads", Role::Baseline, || Ok(Sample::new(100.0))),
            ];
            let mut group = group("as-good", better);
            rounds::run(&mut group, &plan(8), &mut entries, &mut |_| true);
            let against = Some("threads".to_owned());
            let claim = Claim { text: String::new(), against, of: None, bar, rule };
            let (verdict, measured) = compare::judge(&group, &claim);
            assert!((measured.unwrap().median - factor).abs() < 1e-9, "{better:?} {factor}");
            verdict
        };
        use Verdict::{Holds, Refuted};
        for (factor, no_worse, no_better, beats) in [
            (1.05, Holds, Refuted, Holds),
            (1.0, Holds, Holds, Refuted),
            (0.95, Refuted, Holds, Refuted),
        ] {
            assert_eq!(judged(factor, Rule::NoWorse, 1.0), no_worse, "{better:?} {factor}");
            assert_eq!(judged(factor, Rule::NoBetter, 1.0), no_better, "{better:?} {factor}");
            assert_eq!(judged(factor, Rule::Beats, 1.0), beats, "{better:?} {factor}");
        }
        assert_eq!(judged(1.05, Rule::NoBetter, 1.1), Holds);
        assert_eq!(judged(1.15, Rule::NoBetter, 1.1), Refuted);
    }
}

#[test]
fn never_is_judged_by_the_worst_round() {
    let judged = |once: f64, rule| {
        let mut turn = 0;
        let mut entries = [Entry::new("subject", Role::Subject, move || {
            turn += 1;
            Ok(Sample::new(1.0).with("depth", if turn == 3 { once } else { 60.0 }))
        })];
        let mut group = group("never", Better::Lower);
        let plan = Plan { control: false, ..plan(16) };
        rounds::run(&mut group, &plan, &mut entries, &mut |_| true);
        let of = Some("depth".to_owned());
        let claim = Claim { text: String::new(), against: None, of, bar: 64.0, rule };
        let (verdict, measured) = compare::judge(&group, &claim);
        (verdict, measured.unwrap().median)
    };
    assert_eq!(judged(64.0, Rule::Never), (Verdict::Holds, 64.0));
    assert_eq!(judged(65.0, Rule::Never), (Verdict::Refuted, 65.0));
    assert_eq!(judged(65.0, Rule::AtLeast), (Verdict::Holds, 60.0), "by the median it holds");
}

#[test]
fn rounds_go_on_until_the_claimed_ratio_is_known_or_the_most_are_run() {
    let rounds_of = |claimed: bool| {
        let mut turn = 0;
        let mut entries = [
            Entry::new("subject", Role::Subject, || Ok(Sample::new(10.0))),
            Entry::new("steady", Role::Peer, || Ok(Sample::new(10.0))),
            Entry::new("wild", Role::Peer, move || {
                turn += 1;
                Ok(Sample::new(if turn % 4 < 2 { 20.0 } else { 40.0 }))
            }),
        ];
        let mut group = group("claimed", Better::Lower);
        group.claims.extend(claimed.then(|| Claim {
            text: String::new(),
            against: Some("wild".to_owned()),
            of: None,
            bar: 1.5,
            rule: Rule::AtLeast,
        }));
        // Time enough on however busy a machine.
        let budget = Duration::from_secs(3600);
        let plan = Plan { rounds_max: 60, budget, ..plan(8) };
        rounds::run(&mut group, &plan, &mut entries, &mut |_| true);
        let verdict = group.claims.first().map(|claim| compare::judge(&group, claim).0);
        (group.rounds.len(), verdict)
    };
    assert_eq!(rounds_of(false), (8, None), "the best peer is known at once");
    // Twice to four times is wide, and wholly above the bar.
    assert_eq!(rounds_of(true), (60, Some(Verdict::Holds)));
}

#[test]
fn equal_means_an_interval_within_the_smallest_effect() {
    let known = |low, median, high, rounds| {
        let interval = Interval { low, median, high, rounds };
        compare::outcome(&interval, 0.0)
    };
    assert_eq!(known(0.99, 1.0, 1.015, 12), Outcome::Tie);
    assert_eq!(known(1.005, 1.01, 1.015, 12), Outcome::Tie);
    assert_eq!(known(0.99, 1.0, 1.03, 12), Outcome::Undecided);
    assert_eq!(known(0.6, 1.0, 1.9, 12), Outcome::Undecided);
    assert_eq!(known(0.99, 1.0, 1.01, 5), Outcome::Undecided);
    assert_eq!(known(1.1, 1.5, 1.9, 12), Outcome::Ahead);
}

#[test]
fn a_control_that_shows_a_winner_raises_the_smallest_effect_that_counts() {
    let mut turn = 0;
    let mut entries = [
        Entry::new("subject", Role::Subject, move || {
            turn += 1;
            // Forward rounds measure the subject first, backward ones the control: the same half
            // of the calls is always the control's.
            let control = matches!(turn % 4, 2 | 3);
            Ok(Sample::new(if control { 11.0 } else { 10.0 }))
        }),
        Entry::new("peer", Role::Peer, || Ok(Sample::new(10.8))),
    ];
    let mut group = group("control", Better::Lower);
    rounds::run(&mut group, &plan(8), &mut entries, &mut |_| true);
    let smallest = compare::smallest_effect(&group);
    assert!((smallest - 0.1).abs() < 1e-6, "{smallest}");
    let peer = compare::ratio(&group, &group.contenders[0], &group.contenders[1]).unwrap();
    assert_eq!(compare::outcome(&peer, 0.0), Outcome::Ahead);
    assert_eq!(compare::outcome(&peer, smallest), Outcome::Undecided, "hidden is not level");
}

#[test]
fn records_round_trip_and_merge_by_group() {
    let dir = scratch("records-round-trip");
    let run = |profile: &str| Run { profile: profile.to_owned(), ..Run::default() };
    let mut record = Record::new("ring");
    record.merge(run("default"), vec![group("a", Better::Lower), group("b", Better::Lower)]);
    let path = record.write(&dir).unwrap();
    assert_eq!(Record::read(&path).unwrap(), record);
    record.merge(run("quick"), vec![group("b", Better::Higher)]);
    assert_eq!(record.runs.len(), 2);
    assert_eq!(record.groups.iter().map(|g| g.run).collect::<Vec<_>>(), [0, 1]);
    record.merge(run("all"), vec![group("a", Better::Higher), group("b", Better::Lower)]);
    assert_eq!(record.runs.len(), 1);
    assert_eq!(record.newest_run().unwrap().profile, "all");
    assert!(record.groups.iter().all(|g| g.run == 0));
    record.write(&dir).unwrap();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "nothing is left beside the record");
}

#[test]
fn damaged_foreign_and_other_schema_files_are_named_and_skipped() {
    let dir = scratch("records-damaged");
    let mut good = Record::new("good");
    good.merge(Run::default(), vec![group("a", Better::Lower)]);
    good.write(&dir).unwrap();
    let text = fs::read_to_string(dir.join("good.json")).unwrap();
    fs::write(dir.join("half.json"), &text[..text.len() / 2]).unwrap();
    fs::write(dir.join("foreign.json"), "{\"name\": \"package\"}").unwrap();
    fs::write(dir.join("newer.json"), text.replace("\"schema\":1", "\"schema\":9")).unwrap();
    fs::write(dir.join("twice.json"), &text).unwrap();
    fs::write(dir.join("bytes.json"), [0xff, 0xfe, 0x00]).unwrap();
    fs::write(dir.join("run.json"), text.replace("\"run\":0", "\"run\":4")).unwrap();
    fs::create_dir(dir.join("dir.json")).unwrap();
    fs::write(dir.join("notes.txt"), "not a record").unwrap();
    let (records, skipped) = record::read_all(&dir).unwrap();
    assert_eq!(records, [good]);
    let told: Vec<String> = skipped.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 7, "{told:#?}");
    for name in ["half", "foreign", "newer", "twice", "bytes", "run", "dir"] {
        assert!(told.iter().any(|text| text.contains(&format!("{name}.json"))), "{name}");
    }
    assert!(skipped.iter().any(|error| matches!(error, RecordError::Schema(_, 9))));
    assert!(record::read_all(&dir.join("nowhere")).is_err());
}
