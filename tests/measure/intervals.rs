//! Intervals hold what they should as often as they should, verdicts are rarely wrong, and the
//! rounds that are said to be missing are enough.

use proptest::prelude::*;
use windlass::kit::measure::random::Random;
use windlass::kit::measure::statistics::{
    Interval, ROUNDS_MIN, Verdict, judge, ratio, rounds_needed, summary,
};

use crate::drawn::{SHAPES, Shape, logs};

const DRAWS: usize = 200;

/// Intervals of `DRAWS` samples.
fn intervals(shape: Shape, rounds: usize, centre: f64, deviation: f64) -> Vec<Interval> {
    let mut random = Random::new(42);
    (0..DRAWS)
        .map(|_| ratio(&logs(&mut random, shape, rounds, centre, deviation)).unwrap())
        .collect()
}

fn counted(all: &[Interval], verdict: Verdict) -> usize {
    all.iter().filter(|interval| judge(interval, 1.0, 0.0) == verdict).count()
}

#[test]
fn quartiles_of_a_known_list() {
    let seen = summary(&[4.0, 1.0, 3.0, 2.0, 5.0]).unwrap();
    assert_eq!((seen.min, seen.low, seen.median), (1.0, 2.0, 3.0));
    assert_eq!((seen.high, seen.max, seen.count), (4.0, 5.0, 5));
    assert!((seen.spread() - 1.0 / 3.0).abs() < 1e-12);
    assert!(summary(&[]).is_none() && ratio(&[]).is_none());
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    for shape in SHAPES {
        for rounds in [6, 12, 30] {
            let held = intervals(shape, rounds, 0.3, 0.05);
            let truth = 0.3f64.exp();
            let held = held.iter().filter(|i| i.low <= truth && truth <= i.high).count();
            let share = held as f64 / DRAWS as f64;
            assert!(share >= 0.93, "{shape:?}, {rounds} rounds: {share}");
        }
    }
}

#[test]
fn equals_rarely_show_a_winner_and_real_effects_are_found() {
    for shape in SHAPES {
        for rounds in [8, 12, 30] {
            let equal = intervals(shape, rounds, 0.0, 0.05);
            let winners = counted(&equal, Verdict::Holds) + counted(&equal, Verdict::Refuted);
            assert!(winners <= DRAWS * 6 / 100, "{shape:?}, {rounds} rounds: {winners} false");
            let faster = intervals(shape, rounds, 0.5, 0.05);
            let found = counted(&faster, Verdict::Holds);
            assert!(found >= DRAWS * 9 / 10, "{shape:?}, {rounds} rounds: {found} found");
            assert_eq!(counted(&faster, Verdict::Refuted), 0);
        }
    }
}

#[test]
fn small_effects_and_few_rounds_decide_nothing() {
    let sure = |median: f64, rounds| Interval {
        low: median * 0.999,
        median,
        high: median * 1.001,
        rounds,
    };
    assert_eq!(judge(&sure(1.015, 20), 1.0, 0.0), Verdict::Undecided);
    assert_eq!(judge(&sure(1.03, 20), 1.0, 0.0), Verdict::Holds);
    assert_eq!(judge(&sure(1.03, 20), 1.0, 0.05), Verdict::Undecided);
    assert_eq!(judge(&sure(1.03, 5), 1.0, 0.0), Verdict::Undecided);
    assert_eq!(judge(&sure(1.25, 20), 1.3, 0.0), Verdict::Refuted);
    assert_eq!(judge(&sure(0.5, 20).inverse(), 1.9, 0.0), Verdict::Holds);
}

#[test]
fn after_the_rounds_that_are_missing_most_comparisons_are_decided() {
    for (shape, centre) in [(Shape::Lognormal, 0.04), (Shape::Heavy, -0.05)] {
        let mut random = Random::new(7);
        let (mut asked, mut decided) = (0, 0);
        for _ in 0..DRAWS {
            let mut seen = logs(&mut random, shape, 10, centre, 0.06);
            let first = ratio(&seen).unwrap();
            if judge(&first, 1.0, 0.0) != Verdict::Undecided {
                continue;
            }
            let Some(more) = rounds_needed(&first, 1.0, 0.02) else { continue };
            assert!(more >= 2 && (more + seen.len()).is_multiple_of(2));
            seen.extend(logs(&mut random, shape, more, centre, 0.06));
            asked += 1;
            decided += usize::from(judge(&ratio(&seen).unwrap(), 1.0, 0.0) != Verdict::Undecided);
        }
        assert!(asked >= DRAWS / 4, "{shape:?}: {asked}");
        assert!(decided * 10 >= asked * 6, "{shape:?}: {decided} of {asked}");
    }
}

#[test]
fn no_rounds_are_asked_for_where_none_would_do() {
    let seen = |low, median, high, rounds| Interval { low, median, high, rounds };
    assert_eq!(rounds_needed(&seen(0.98, 1.01, 1.04, 12), 1.0, 0.02), None, "too small an effect");
    assert_eq!(rounds_needed(&seen(0.5, 1.03, 2.0, 12), 1.0, 0.02), None, "thousands of rounds");
    assert_eq!(rounds_needed(&seen(0.5, 1.0, 2.0, 12), 1.0, 0.0), None, "exactly at the bar");
    assert_eq!(rounds_needed(&seen(1.4, 1.5, 1.6, 4), 1.0, 0.02), Some(ROUNDS_MIN - 4));
    // Half as wide is just enough; 2.04 times that for four of five.
    let more = rounds_needed(&seen(0.81, 0.9, 1.0 / 0.9, 10), 1.0, 0.02);
    assert_eq!(more, Some(82 - 10));
    assert!(
        rounds_needed(&seen(70.0, 80.0, 95.0, 10), 90.0, 0.0).is_some(),
        "a value, not a ratio"
    );
}

proptest! {
    #[test]
    fn an_interval_is_ordered_within_the_data_and_repeatable(
        logs in proptest::collection::vec(-3.0f64..3.0, 1..24),
    ) {
        let first = ratio(&logs).unwrap();
        prop_assert!(first.low <= first.median && first.median <= first.high);
        let range = summary(&logs).unwrap();
        prop_assert!(first.low >= range.min.exp() - 1e-9);
        prop_assert!(first.high <= range.max.exp() + 1e-9);
        prop_assert_eq!(first, ratio(&logs).unwrap());
    }

    #[test]
    fn exchanging_the_contenders_exchanges_the_verdict(
        logs in proptest::collection::vec(-0.5f64..0.5, 6..16),
    ) {
        let there = judge(&ratio(&logs).unwrap(), 1.0, 0.0);
        let back: Vec<f64> = logs.iter().map(|log| -log).collect();
        let swapped = judge(&ratio(&logs).unwrap().inverse(), 1.0, 0.0);
        let expected = match there {
            Verdict::Holds => Verdict::Refuted,
            Verdict::Refuted => Verdict::Holds,
            Verdict::Undecided => Verdict::Undecided,
        };
        prop_assert_eq!(swapped, expected);
        let median = ratio(&back).unwrap().median;
        prop_assert!((median * ratio(&logs).unwrap().median - 1.0).abs() < 1e-9);
    }
}
