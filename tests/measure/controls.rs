//! The subject against itself: where it is measured, when it shows a winner, when it cannot.

use std::time::Duration;

use windlass::kit::claims::claim::{Course, Step};
use windlass::kit::measure::compare::Outcome;
use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::control::{Pooled, pooled};
use windlass::kit::measure::profile::Profile;
use windlass::kit::measure::random::Random;
use windlass::kit::measure::record::Group;
use windlass::kit::report::assemble::assemble;
use windlass::kit::report::results::{Control, Level, Results};

use crate::made_up::claims::{against_threads, claim};
use crate::made_up::{four, group, record};

/// A group of so many rounds whose control swings by 2 % and is off by this factor.
fn swinging(random: &mut Random, rounds: usize, off: f64) -> Group {
    let rows = [("windlass", Role::Subject, 10.0), ("windlass (again)", Role::Control, 10.0 * off)];
    let mut made = group("swinging", Better::Lower, &rows);
    made.rounds.resize(rounds, Default::default());
    for contender in &mut made.contenders {
        let centre = if contender.role == Role::Control { 10.0 * off } else { 10.0 };
        let value = || Some(centre * (0.02 * random.normal()).exp());
        contender.values = std::iter::repeat_with(value).take(rounds).collect();
    }
    made
}

fn judged(sets: &[Vec<Group>]) -> Vec<Option<Pooled>> {
    let sets: Vec<Vec<&Group>> = sets.iter().map(|set| set.iter().collect()).collect();
    pooled(&sets)
}

#[test]
fn the_control_of_a_claim_is_in_the_first_group_held_to_something() {
    let mut go_on = |_: Step<'_>| true;
    let mut course = Course::new(Profile::Quick, Some(1), &mut go_on);
    for (id, boundary, held) in [
        ("few", true, true),
        ("curve", false, false),
        ("first", false, true),
        ("more", false, true),
    ] {
        course.group(id, |group| {
            let one = |ops: u64| Duration::from_micros(ops);
            group.without_control().ops(8);
            group.batch("windlass", Role::Subject, one).batch("threads", Role::Baseline, one);
            if held {
                group.claim("as good as threads", "threads", 1.0);
            }
            if boundary {
                group.boundary();
            }
        });
    }
    let (groups, failures, _) = course.finish();
    assert_eq!(failures, [""; 0]);
    let with = groups
        .iter()
        .filter(|group| group.contenders.iter().any(|contender| contender.role == Role::Control));
    let with: Vec<&str> = with.map(|group| &*group.id).collect();
    assert_eq!(with, ["first"]);
}

#[test]
fn few_rounds_of_many_controls_cannot_tell_and_all_together_can() {
    let mut random = Random::new(41);
    for off in [1.0, 1.1] {
        let claims = (0..13).map(|_| vec![swinging(&mut random, 6, off)]);
        let mut sets: Vec<Vec<Group>> = claims.collect();
        sets.insert(0, sets.concat());
        let controls = judged(&sets);
        let whole = controls[0].as_ref().unwrap();
        assert_eq!((whole.ratio.rounds, whole.groups, whole.too_few), (78, 13, None));
        assert_eq!(whole.outcome.has_winner(), off > 1.0, "{whole:?}");
        for control in controls[1..].iter().flatten() {
            assert_eq!((control.too_few, control.outcome.has_winner()), (Some(10), false));
        }
        // One alone, which then is the whole, is not one of many.
        let alone = judged(&[sets[1].clone(), sets[1].clone(), Vec::new()]);
        assert_eq!(alone[2], None);
        let first = alone[0].as_ref().unwrap();
        assert_eq!((first.too_few, alone[0] == alone[1]), (None, true));
        assert_eq!(first.outcome.has_winner(), off > 1.0, "{first:?}");
    }
    let five = judged(&[vec![swinging(&mut random, 5, 1.5)]]);
    let five = five[0].as_ref().unwrap();
    assert_eq!((five.too_few, five.outcome), (Some(6), Outcome::Undecided));
}

#[test]
fn sound_controls_are_rarely_void_however_many_there_are() {
    let mut random = Random::new(42);
    let runs = 40;
    let void = (0..runs).filter(|_| {
        let benches = (0..18).map(|_| vec![swinging(&mut random, 12, 1.0)]);
        let mut sets: Vec<Vec<Group>> = benches.collect();
        sets.insert(0, sets.concat());
        judged(&sets).iter().flatten().any(|control| control.outcome.has_winner())
    });
    let void = void.count();
    assert!(void <= runs / 10, "{void} of {runs}");
}

fn told(results: &Results) -> Vec<(&str, usize)> {
    let over = |control: &'_ Control| (control.ratio.rounds, control.groups);
    results.controls.iter().map(|control| (control.over(), over(control).0)).collect()
}

#[test]
fn row_one_is_over_all_claims_where_benches_would_hide_them() {
    let holding = |id: &str| against_threads(id, Better::Lower, 10.0, 30.0);
    let mut claims: Vec<_> =
        (0..4).map(|at| claim(&format!("c{at}"), vec![holding("a")])).collect();
    let alone = assemble(&claims, Vec::new());
    assert_eq!(told(&alone)[0], ("all benches", 48));
    assert!(alone.control().unwrap().bench.is_none() && alone.controls.len() == 5);

    // Each claim's control is off; the benches' many rounds are right.
    for claim in &mut claims {
        let again = claim.groups[0].contenders[3].values.iter_mut().flatten();
        again.for_each(|value| *value *= 1.1);
    }
    let sound = |at: usize| four(&format!("g{at}"), Better::Lower, 10.0, 20.0, 30.0);
    claims.push(record("executor", (0..20).map(sound).collect()));
    let both = assemble(&claims, Vec::new());
    assert_eq!(told(&both)[..2], [("all benches", 288), ("all claims", 48)]);
    let row_one = both.control().unwrap();
    assert!(row_one.claims && row_one.outcome.has_winner(), "{row_one:?}");
    assert!(!both.controls[0].outcome.has_winner());
    let void: Vec<&str> = both.void();
    assert_eq!(void.len(), 4, "the claims, and not the bench: {void:?}");
    assert!(void.iter().all(|name| name.starts_with("claim-")));
}

/// Only the first rounds of it.
fn shortened(mut group: Group, rounds: usize) -> Group {
    group.rounds.truncate(rounds);
    group.contenders.iter_mut().for_each(|contender| contender.values.truncate(rounds));
    group
}

#[test]
fn the_method_is_unchecked_where_row_one_has_too_few_rounds() {
    let mut random = Random::new(44);
    let few = shortened(against_threads("a", Better::Lower, 10.0, 30.0), 4);
    let bench = (0..9).map(|_| swinging(&mut random, 12, 1.0)).collect();
    let results = assemble(&[claim("c", vec![few]), record("executor", bench)], Vec::new());
    assert!(results.controls[0].too_few.is_none(), "all together have rounds enough");
    assert!(results.control().is_some_and(|row_one| row_one.claims && row_one.too_few.is_some()));
    let reasons = results.quality.reasons.join("; ");
    assert_eq!(results.quality.level, Level::Noisy, "{reasons}");
    assert!(reasons.contains("the control has 4 rounds, too few to tell"), "{reasons}");
}

#[test]
fn a_control_that_is_off_by_luck_says_by_how_much() {
    let mut off = shortened(four("off", Better::Lower, 10.0, 20.0, 30.0), 9);
    // The interval leaves out one round at each end; the ranks do not.
    for (round, value) in off.contenders[3].values.iter_mut().flatten().enumerate() {
        *value *= if round == 8 { 1.3 } else { 0.95 };
    }
    let mut random = Random::new(45);
    let sound = ["a", "b"].map(|name| record(name, vec![swinging(&mut random, 9, 1.0)]));
    let records = [&[record("off", vec![off])][..], &sound].concat();
    let results = assemble(&records, Vec::new());
    let control = results.control_of("off").unwrap();
    assert!(control.ratio.low > 1.02 && !control.outcome.has_winner(), "{control:?}");
    let said = "differs by 5.3 % over 1 group and 9 rounds, as one of 4 controls does by luck";
    assert_eq!((control.told().as_str(), results.void().len()), (said, 0));
    assert!(results.control_of("a").is_some_and(|control| control.lucky.is_none()));
}

#[test]
fn a_control_says_what_it_could_have_shown() {
    let whole = |rounds: usize| {
        let mut made = swinging(&mut Random::new(43), rounds, 1.0);
        made.id = "a".to_owned();
        let results = assemble(&[record("ring", vec![made])], Vec::new());
        let reasons = results.quality.reasons.join("; ");
        (results.control().unwrap().clone(), reasons)
    };
    let (control, reasons) = whole(40);
    assert_eq!(control.word(), "no winner");
    assert!(
        control.told().starts_with("shows no winner over 1 group and 40 rounds; it would have")
    );
    assert!(!reasons.contains("too few"), "{reasons}");
    let (control, reasons) = whole(4);
    assert_eq!((control.word(), control.too_few), ("too few", Some(6)));
    assert_eq!(control.told(), "has too few rounds to tell: 4, and 6 would do");
    assert!(reasons.contains("4 rounds, too few to tell; 6 would do"), "{reasons}");
}
