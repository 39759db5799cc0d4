//! Rank tests to the last digit, by another program: every assignment of signs and every subset
//! enumerated; `erfc` of the C library.

use windlass::kit::measure::ranks::{Shift, paired, unpaired};
use windlass::kit::measure::statistics::Interval;

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * other.abs().max(1e-3)
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
    is(unpaired(&old, &[0.3]), 1.0, [-0.6, -0.1, 0.2], 1);
    let old: Vec<f64> = (0..20).map(|at| f64::from(at * 7 % 20) / 20.0).collect();
    let new: Vec<f64> = (0..21).map(|at| f64::from(at * 5 % 21) / 20.0 + 0.2).collect();
    is(unpaired(&old, &new), 0.031_327_113_159_579_69, [0.0, 0.225, 0.45], 20);
}
