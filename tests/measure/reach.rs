//! What a comparison of two runs could have found: with few rounds, with a part of them void, with
//! nothing in common.

use std::path::PathBuf;

use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::random::Random;
use windlass::kit::measure::record::{Group, Record};
use windlass::kit::report::changes::{self, Change, Changes, Judgement};

use crate::changes::{Machine, STEADY, compare, run};
use crate::made_up::{group, record, scratch};

/// The same with so many rounds only.
fn shortened(mut record: Record, rounds: usize) -> Record {
    for group in &mut record.groups {
        group.rounds.truncate(rounds);
        group.contenders.iter_mut().for_each(|contender| contender.values.truncate(rounds));
    }
    record
}

/// Windlass takes so many times as long in all groups.
fn slowed(mut record: Record, times: f64) -> Record {
    let contenders = record.groups.iter_mut().flat_map(|group| &mut group.contenders);
    let own = contenders.filter(|one| matches!(one.role, Role::Subject | Role::Control));
    own.flat_map(|one| one.values.iter_mut().flatten()).for_each(|value| *value *= times);
    record
}

/// Two runs of so many rounds; in the second windlass takes so many times as long.
fn two(random: &mut Random, machine: Machine, rounds: usize, times: f64) -> [Record; 2] {
    let old = run(random, machine, "2026-01-01T00:00:00Z", 1.0);
    let new = run(random, machine, "2026-01-02T00:00:00Z", 1.0);
    [shortened(old, rounds), slowed(shortened(new, rounds), times)]
}

fn between(runs: &[Record; 2]) -> Changes {
    let [old, new] = runs.each_ref().map(std::slice::from_ref);
    changes::between(("old", old), ("new", new), false)
}

/// Writes both runs: where they are.
fn written(name: &str, old: &[Record], new: &[Record]) -> [PathBuf; 2] {
    let dir = scratch(name);
    [("old", old), ("new", new)].map(|(when, records)| {
        let dir = dir.join(when);
        records.iter().for_each(|record| drop(record.write(&dir).unwrap()));
        dir
    })
}

/// The exit code of a check, and what it says on both outputs.
fn checked(runs: &[PathBuf; 2]) -> (Option<i32>, String) {
    let [old, new] = runs.each_ref().map(|path: &PathBuf| path.to_str().unwrap());
    let (code, out, errors) = compare(&[old, new, "--check"]);
    (code, out + &errors)
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn six_rounds_against_six_say_which_rows_they_could_not_find() {
    let mut random = Random::new(51);
    let changes = between(&two(&mut random, STEADY, 6, 1.0));
    let (reached, lost): (Vec<&Change>, Vec<&Change>) =
        changes.rows.iter().partition(|row| row.within_reach);
    assert_eq!(reached.iter().map(|row| &*row.group).collect::<Vec<_>>(), ["(all)"]);
    let lost: Vec<_> = lost.iter().filter(|row| row.verdict == Judgement::CannotTell).collect();
    assert!(lost.iter().all(|row| row.why.as_ref().unwrap().contains("8 rounds in each run")));
    let told = format!(
        "{} rows could not have been found, whatever changed: among 31 rows that takes 8 rounds \
         in each run.",
        lost.len()
    );
    assert_eq!(changes.too_few.as_ref(), Some(&told));
    assert!(words(&changes::terminal(&changes, false)).contains(&told));
    assert!(changes::markdown(&changes).contains(&told));
    assert!(changes::section(&changes).contains(&told));
    // Eight would do, and then nobody speaks of it.
    let enough = between(&two(&mut random, STEADY, 8, 1.0));
    assert!(enough.too_few.is_none() && enough.rows.iter().all(|row| row.within_reach));
}

#[test]
fn what_slows_all_of_a_bench_is_found_in_six_rounds() {
    let mut random = Random::new(52);
    for times in [1.2, 1.0 / 1.2] {
        let runs = two(&mut random, STEADY, 6, times);
        let changes = between(&runs);
        let told = if times > 1.0 { Judgement::Slower } else { Judgement::Faster };
        let found = changes.of(told);
        assert_eq!(found.len(), 1, "{:?}", changes.sentence());
        let row = found[0];
        assert_eq!((&*row.group, &*row.title), ("(all)", "server, 10 groups"));
        let change = row.change.unwrap();
        assert!((change.median * times - 1.0).abs() < 0.03 && change.rounds == 60, "{change:?}");
        let [old, new] = &runs;
        let paths = written("reach-slowed", std::slice::from_ref(old), std::slice::from_ref(new));
        assert_eq!(checked(&paths).0, Some(i32::from(times > 1.0)));
    }
}

#[test]
fn equal_runs_of_six_rounds_are_not_called_different() {
    let mut random = Random::new(53);
    let machines = [(0.02, 0.0), (0.02, 0.03), (0.1, 0.1)];
    let told = |row: &Change| matches!(row.verdict, Judgement::Faster | Judgement::Slower);
    let called = (0..60).filter(|turn| {
        let (rounds, processes) = machines[turn % machines.len()];
        let runs = two(&mut random, Machine { rounds, processes }, 6, 1.0);
        between(&runs).rows.iter().any(told)
    });
    let called = called.count();
    assert!(called <= 1, "{called} of 60");
}

/// One group of windlass against five peers.
fn against_five(times: f64, day: u32) -> Record {
    let mut rows = vec![("windlass", Role::Subject, 10.0 * times), ("a", Role::Baseline, 20.0)];
    rows.extend(["b", "c", "d", "e", "f"].map(|name| (name, Role::Peer, 15.0)));
    let mut record = shortened(record("ring", vec![group("a", Better::Lower, &rows)]), 6);
    record.runs[0].environment.time_utc = format!("2026-01-0{day}T00:00:00Z");
    record
}

#[test]
fn a_check_that_could_find_nothing_does_not_pass() {
    let (old, new) = (against_five(1.0, 1), against_five(3.0, 2));
    let changes = between(&[old.clone(), new.clone()]);
    assert!(!changes.has_slower() && changes.rows.len() == 6);
    assert!(changes.too_few.as_ref().unwrap().contains("among 6 rows that takes 7 rounds"));
    let paths = written("reach-blind", std::slice::from_ref(&old), &[new]);
    let (code, said) = checked(&paths);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("check: 6 rows could not have been found, whatever changed"), "{said}");
    let plain = compare(&[paths[0].to_str().unwrap(), paths[1].to_str().unwrap()]);
    assert_eq!(plain.0, Some(0), "nobody asked for a check");

    // The same run twice, or two that have nothing in common: nothing is compared.
    let (code, said) = checked(&[paths[0].clone(), paths[0].clone()]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("Nothing was measured in both."), "{said}");
    let mut other = old.clone();
    "other".clone_into(&mut other.bench);
    let (code, said) = checked(&written("reach-foreign", &[old], &[other]));
    assert_eq!(code, Some(3), "{said}");
}

/// The subject's control is off by a third.
fn spoiled(mut record: Record) -> Record {
    let controls = record.groups.iter_mut().flat_map(|group: &mut Group| &mut group.contenders);
    let controls = controls.filter(|one| one.role == Role::Control);
    controls.flat_map(|one| one.values.iter_mut().flatten()).for_each(|value| *value *= 1.3);
    record
}

fn named(mut record: Record, bench: &str) -> Record {
    bench.clone_into(&mut record.bench);
    record
}

#[test]
fn what_is_void_in_part_is_told_and_the_rest_judged() {
    let mut random = Random::new(54);
    let [old, new] = two(&mut random, STEADY, 12, 1.0);
    let others = ["a", "b", "c"].map(|bench| {
        let [old, new] = two(&mut random, STEADY, 12, 1.0);
        (named(old, bench), named(new, bench))
    });
    let (mut before, mut after): (Vec<Record>, Vec<Record>) = others.into_iter().unzip();
    before.push(old);
    for (times, code) in [(1.0, 3), (1.3, 1)] {
        let mut after = after.clone();
        after[0] = slowed(after[0].clone(), times);
        after.push(spoiled(new.clone()));
        let changes = changes::between(("a", &before), ("b", &after), false);
        assert!(!changes.unusable && changes.has_slower() == (times > 1.0));
        let [void] = &changes.unjudged[..] else { panic!("{:?}", changes.unjudged) };
        assert_eq!(void, "server: in the new run the subject against itself shows a winner");
        let judged = |row: &&Change| row.verdict != Judgement::CannotTell || row.within_reach;
        assert!(changes.rows.iter().filter(judged).all(|row| row.bench != "server"));
        let table = changes::terminal(&changes, false);
        assert!(table.contains("not judged: server: in the new run"), "{table}");
        let (ended, said) = checked(&written("reach-part", &before, &after));
        assert_eq!(ended, Some(code), "{said}");
        assert_eq!(said.contains("check: not judged: server"), code == 3, "{said}");
    }
    // Of a machine too noisy for one group of a bench, the others stand.
    after.truncate(1);
    let again = after[0].groups[0].clone();
    let mut noisy = after[0].runs[0].clone();
    noisy.noise.steal_share = Some(0.4);
    after[0].merge(noisy, vec![again]);
    let changes = changes::between(("a", &before[..1]), ("b", &after), false);
    let without = |row: &&Change| row.why.as_ref().is_some_and(|why| why.contains("too noisy"));
    assert_eq!(changes.rows.iter().filter(without).count(), 3);
    assert!(changes.unjudged[0].contains("too noisy") && !changes.unusable);
}

/// Each process is as fast as luck has it.
const DRIFTING: Machine = Machine { rounds: 0.02, processes: 0.03 };

/// A bench with one contender beside windlass.
fn one_baseline(record: Record) -> Record {
    let mut record = named(record, "alone");
    for group in &mut record.groups {
        let own = |role| matches!(role, Role::Subject | Role::Control);
        group.contenders.retain(|one| own(one.role) || one.name == "threads");
    }
    record
}

#[test]
fn nothing_is_judged_where_nothing_tells_how_much_two_runs_differ() {
    let runs = two(&mut Random::new(56), DRIFTING, 12, 1.5).map(one_baseline);
    let changes = between(&runs);
    let why = "nothing tells how much two runs differ";
    assert_eq!(changes.rows.len(), 10, "none of all groups together");
    for row in &changes.rows {
        let judged = (row.verdict, row.why.as_deref());
        assert_eq!(judged, (Judgement::CannotTell, Some(why)), "{row:?}");
    }
    assert!(changes.unusable && changes.unsure()[0].contains(why));
    assert_eq!(changes.unjudged, [format!("alone: {why}")]);
    let [old, new] = runs.each_ref().map(std::slice::from_ref);
    let (code, said) = checked(&written("reach-untold", old, new));
    assert_eq!(code, Some(3), "{said}");
}

#[test]
fn one_baseline_is_taken_to_be_as_restless_as_other_benches_are() {
    let mut random = Random::new(57);
    let told = |row: &Change| matches!(row.verdict, Judgement::Faster | Judgement::Slower);
    let mut compared = |times| {
        let [old, new] = two(&mut random, DRIFTING, 12, 1.0);
        let [old_alone, new_alone] = two(&mut random, DRIFTING, 12, times).map(one_baseline);
        changes::between(("a", &[old, old_alone]), ("b", &[new, new_alone]), false)
    };
    let called = (0..40).filter(|_| compared(1.0).rows.iter().any(told)).count();
    assert!(called <= 1, "{called} of 40");
    let slowed = compared(2.0);
    let found: Vec<&Change> = slowed.rows.iter().filter(|row| told(row)).collect();
    assert!(found.iter().any(|row| row.group == "(all)"), "{}", slowed.sentence());
    assert!(found.iter().all(|row| row.bench == "alone" && row.verdict == Judgement::Slower));
}

/// A claim whose controls are off, beside a bench with many more rounds that are right.
#[test]
fn a_claim_is_void_where_all_claims_together_are() {
    let mut random = Random::new(58);
    let mut made = |name: &str, off: f64, rounds: usize| {
        let [old, mut new] = two(&mut random, STEADY, rounds, 1.0);
        new.groups.truncate(if name == "server" { 10 } else { 1 });
        let claimed = |mut record: Record| {
            record.claim = (name != "server").then(Default::default);
            named(record, name)
        };
        let controls = new.groups.iter_mut().flat_map(|group| &mut group.contenders);
        let controls = controls.filter(|one| one.role == Role::Control);
        let values = controls.flat_map(|one| one.values.iter_mut().flatten());
        values.for_each(|value| *value *= off);
        (claimed(old), claimed(new))
    };
    // Six rounds each are too few for one claim, and enough for five together.
    let mut pairs: Vec<_> =
        ["a", "b", "c", "d", "e"].map(|name| made(name, 1.04, 6)).into_iter().collect();
    pairs.push(made("server", 1.0, 12));
    let (old, new): (Vec<Record>, Vec<Record>) = pairs.into_iter().unzip();
    let changes = changes::between(("a", &old), ("b", &new), false);
    let void: Vec<&str> =
        changes.unjudged.iter().map(|told| told.split(':').next().unwrap()).collect();
    assert_eq!(void, ["a", "b", "c", "d", "e"], "{:?}", changes.unjudged);
}

#[test]
fn with_many_controls_one_is_off_by_luck_and_voids_nothing() {
    let mut random = Random::new(55);
    let (mut void, runs) = (0, 20);
    for _ in 0..runs {
        let names: Vec<String> = (0..18).map(|at| format!("bench {at}")).collect();
        let pairs = names.iter().map(|name| {
            let [mut old, mut new] = two(&mut random, STEADY, 6, 1.0);
            for record in [&mut old, &mut new] {
                record.groups.truncate(1);
            }
            (named(old, name), named(new, name))
        });
        let (old, new): (Vec<Record>, Vec<Record>) = pairs.unzip();
        let changes = changes::between(("a", &old), ("b", &new), false);
        void += usize::from(!changes.unjudged.is_empty());
    }
    assert!(void <= 2, "{void} of {runs}");
}
