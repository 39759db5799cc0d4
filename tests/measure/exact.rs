//! Figures to the last digit: counted out by hand, or by another program (every assignment of signs
//! and every subset enumerated; `erfc` of the C library).

use windlass::kit::measure::knee::{Load, Place, knee};
use windlass::kit::measure::little::{ClosedLoop, littles_law};
use windlass::kit::measure::ranks::{Shift, paired, unpaired};
use windlass::kit::measure::statistics::{
    Interval, Verdict, interval_of_median, judge, median, ratio, rounds_needed, summary,
};
use windlass::kit::measure::usl::{FitError, fit};

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * other.abs().max(1e-3)
}

fn interval(low: f64, median: f64, high: f64, rounds: usize) -> Interval {
    Interval { low, median, high, rounds }
}

#[test]
fn summaries_and_intervals() {
    let seen = summary(&[8.0, 1.0, 4.0, 2.0]).unwrap();
    assert_eq!((seen.low, seen.median, seen.high), (1.75, 3.0, 5.0));
    assert!(near(seen.spread(), 3.25 / 6.0));
    let below = summary(&[-8.0, -1.0, -4.0, -2.0]).unwrap();
    assert_eq!(below.spread(), seen.spread());
    assert_eq!(summary(&[0.0, 0.0, 7.0]).unwrap().spread(), 0.0);
    assert_eq!((median(&[3.0, 9.0]), median(&[])), (Some(6.0), None));
    let values = [3.1, 1.2, 5.9, 4.4, 2.6, 9.7, 8.3, 7.5];
    let seen = interval_of_median(&values).unwrap();
    assert_eq!((seen.low, seen.high, seen.rounds), (1.2, 9.7, 8), "the wider of the two");
    assert!(near(seen.median, 5.15));
    let logs = values.map(|value: f64| value.ln());
    let seen = ratio(&logs).unwrap();
    assert!(near(seen.low, 1.2) && near(seen.high, 9.7) && seen.rounds == 8, "{seen:?}");
    assert!(near(seen.median, (4.4f64 * 5.9).sqrt()), "{seen:?}");
    assert_eq!(interval(2.0, 4.0, 5.0, 3).inverse(), interval(0.2, 0.25, 0.5, 3));
    assert!(near(interval(2.0, 3.0, 8.0, 1).half_width(), 2f64.ln()));
}

#[test]
fn verdicts_at_their_bounds() {
    assert_eq!(judge(&interval(1.01, 1.02, 1.03, 6), 1.0, 0.0), Verdict::Holds);
    assert_eq!(judge(&interval(1.0, 1.5, 2.0, 6), 1.0, 0.0), Verdict::Undecided);
    assert_eq!(judge(&interval(0.5, 0.7, 1.0, 6), 1.0, 0.0), Verdict::Undecided);
    assert_eq!(judge(&interval(0.5, 0.7, 0.9, 6), 1.0, 0.0), Verdict::Refuted);
    assert_eq!(judge(&interval(1.9, 2.1, 2.3, 9), 1.5, 0.3), Verdict::Holds);
    assert_eq!(judge(&interval(1.9, 2.1, 2.3, 9), 1.5, 0.5), Verdict::Undecided);
}

#[test]
fn rounds_that_are_missing() {
    // ln 2 unsure beside an effect of ln 2: 2.04 times the rounds.
    assert_eq!(rounds_needed(&interval(1.0, 2.0, 9.0, 100), 1.0, 0.0), Some(204 - 100));
    assert_eq!(rounds_needed(&interval(0.1, 0.5, 1.0, 100), 1.0, 0.0), Some(204 - 100));
    assert_eq!(rounds_needed(&interval(3.0, 6.0, 7.0, 100), 3.0, 0.0), Some(204 - 100));
    assert_eq!(rounds_needed(&interval(1.9, 2.0, 2.1, 100), 1.0, 0.0), Some(2), "two at least");
    assert_eq!(rounds_needed(&interval(1.0, 2.0, 9.0, 490), 1.0, 0.0), Some(1_000 - 490));
    assert_eq!(rounds_needed(&interval(1.0, 2.0, 9.0, 491), 1.0, 0.0), None);
    assert_eq!(rounds_needed(&interval(1.0, 1.0, 9.0, 9), 1.0, 0.0), None, "no effect");
    assert_eq!(rounds_needed(&interval(1.0, 1.1, 9.0, 9), 1.0, 0.2), None, "too small");
    assert!(rounds_needed(&interval(1.0, 1.3, 9.0, 9), 1.0, 0.2).is_some());
}

fn is(shift: Option<Shift>, p: f64, logs: [f64; 3], rounds: usize) {
    let shift = shift.unwrap();
    let Interval { low, median, high, rounds: told } = shift.ratio;
    assert!(near(shift.p, p) && told == rounds, "{shift:?}, p {p}");
    for (seen, expected) in [low, median, high].into_iter().zip(logs) {
        assert!(near(seen, expected.exp()), "{seen} for {}", expected.exp());
    }
}

#[test]
fn pairs_with_ties_and_one_that_did_not_change() {
    let logs = [0.11, -0.02, 0.05, 0.02, 0.0, 0.3, -0.05, 0.07, 0.13, 0.09];
    is(paired(&logs), 0.042_968_75, [0.0, 0.055, 0.14], 10);
    is(paired(&[0.4, 0.1, -0.2, 0.6, 0.3, 0.5]), 0.093_75, [-0.2, 0.3, 0.6], 6);
    is(paired(&[0.4, 0.1, -0.2, 0.6, 0.3]), 0.1875, [-0.2, 0.25, 0.6], 5);
    let many = |count: i32| -> Vec<f64> {
        (0..count).map(|at| f64::from(at * 37 % count - 45) / 1e3).collect()
    };
    // One of each has not changed: 100 are counted out, 101 go by the normal distribution.
    is(paired(&many(101)), 0.100_958_222_059_141_03, [-0.001, 0.005, 0.011], 101);
    is(paired(&many(102)), 0.073_931_663_901_498_4, [-0.000_5, 0.005_5, 0.011_5], 102);
}

#[test]
fn samples_that_are_not_paired() {
    let old = [0.1, 0.4, 0.2, 0.9, 0.6];
    let new = [0.5, 1.2, 0.4, 0.8, 1.1, 1.3, 0.95];
    is(unpaired(&old, &new), 0.053_030_303_030_303_03, [0.0, 0.4, 0.9], 5);
    is(unpaired(&new, &old[..4]), 0.048_484_848_484_848_485, [-1.0, -0.475, 0.0], 4);
    let old: Vec<f64> = (0..20).map(|at| f64::from(at * 7 % 20) / 20.0).collect();
    let new: Vec<f64> = (0..21).map(|at| f64::from(at * 5 % 21) / 20.0 + 0.2).collect();
    is(unpaired(&old, &new), 0.031_327_113_159_579_69, [0.0, 0.225, 0.45], 20);
}

#[test]
fn knees_at_their_bounds() {
    let curve = |points: &[(f64, f64)]| {
        let points = points.iter().map(|&(throughput, latency)| Load { throughput, latency });
        knee(&points.collect::<Vec<_>>())
    };
    // Powers 1, 9, 10, 10, 9, 8.9: the first of the greatest, and a tenth less is as good.
    let seen =
        curve(&[(1.0, 1.0), (9.0, 1.0), (10.0, 1.0), (20.0, 2.0), (27.0, 3.0), (89.0, 10.0)]);
    let seen = seen.unwrap();
    assert_eq!((seen.at.throughput, seen.from, seen.to), (10.0, 9.0, 27.0));
    assert_eq!(seen.place, Place::Within);
    for bad in [f64::INFINITY, f64::NAN, 0.0, -1.0] {
        assert!(curve(&[(1.0, 1.0), (2.0, 1.0), (bad, 1.0)]).is_err(), "{bad}");
        let told = curve(&[(1.0, 1.0), (2.0, bad), (3.0, 1.0)]).unwrap_err().to_string();
        assert!(told.starts_with("throughput 2 and latency") && told.contains("above zero"));
    }
    let told = curve(&[(1.0, 1.0)]).unwrap_err().to_string();
    assert_eq!(told, "1 points are no curve; a knee needs at least 3");
}

#[test]
fn littles_law_at_its_bounds() {
    let window =
        ClosedLoop { connections: 100, requests: 400, seconds: 2.0, mean_s: 0.5, max_s: 0.5 };
    // 200 a second, half a second each: 100 at once; 75 would do, less a tenth.
    assert_eq!(littles_law(&window), Ok(100.0));
    assert_eq!(littles_law(&ClosedLoop { mean_s: 0.34, ..window }), Ok(68.0));
    let few = littles_law(&ClosedLoop { mean_s: 0.335, ..window }).unwrap_err();
    assert_eq!((few.seen, few.least, few.most), (67.0, 75.0, 100.0));
    assert_eq!(littles_law(&ClosedLoop { mean_s: 0.546_875, ..window }), Ok(109.375));
    assert!(littles_law(&ClosedLoop { mean_s: 0.555, ..window }).is_err());
    let unjudged = ClosedLoop { requests: 399, mean_s: 1.0, ..window };
    assert_eq!(littles_law(&unjudged), Ok(199.5), "too few to judge");
    // Nothing was over before the window was: no bound below.
    assert!(littles_law(&ClosedLoop { mean_s: 0.01, max_s: 3.0, ..window }).is_ok());
}

#[test]
fn what_a_fit_refuses() {
    let good = [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)];
    assert!(fit(&good).is_ok() && fit(&good[..3]) == Err(FitError::TooFew(3)));
    for bad in [(f64::INFINITY, 1.0), (1.0, f64::INFINITY), (0.9, 1.0), (1.0, 0.0), (1.0, -1.0)] {
        let mut points = good.to_vec();
        points.push(bad);
        let (n, x) = bad;
        let told = fit(&points).unwrap_err();
        assert_eq!(told, FitError::Invalid { n, x });
        assert!(told.to_string().starts_with(&format!("N = {n} with throughput {x}: N must")));
    }
}
