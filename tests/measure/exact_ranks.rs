//! Rank tests to the last digit, by another program: every assignment of signs and every subset
//! enumerated; `erfc` of the C library.

use windlass::kit::measure::ranks::{
    Shift, paired, paired_least, stratified, unpaired, unpaired_least,
};
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

/// So many values, evenly spread and in no order.
fn spread(count: i32, by: i32, parts: f64, from: f64) -> Vec<f64> {
    (0..count).map(|at| f64::from(at * by % count) / parts + from).collect()
}

fn of(strata: &[(Vec<f64>, Vec<f64>)]) -> Option<Shift> {
    let strata: Vec<_> = strata.iter().map(|(old, new)| (&old[..], &new[..])).collect();
    stratified(&strata)
}

#[test]
fn strata_that_are_counted_out() {
    let old = [0.1, 0.4, 0.2, 0.9, 0.6];
    let new = [0.5, 1.2, 0.4, 0.8, 1.1, 1.3, 0.95];
    let strata = [(&old[..], &new[..]), (&[0.3, 0.1, 0.7], &[0.2, 0.9, 0.8, 0.65])];
    let shift = stratified(&strata);
    is(shift, 0.026_190_476_190_476_19, [0.05, 0.4, 0.8], 8);
    assert!(near(shift.unwrap().p_least * 1e3, 0.072_150_072_150_072_15), "{shift:?}");
    // One with a single side says nothing.
    assert_eq!(stratified(&[strata[0], (&[], &new), strata[1], (&old, &[])]), shift);
    let tens = [
        (spread(10, 3, 20.0, 0.0), spread(10, 7, 20.0, 0.08)),
        (spread(10, 9, 20.0, 0.0), spread(10, 3, 20.0, 0.03)),
    ];
    is(of(&tens), 0.326_490_004_549_358_84, [-0.07, 0.055, 0.18], 20);
}

#[test]
fn strata_that_go_by_the_normal_distribution() {
    // Together they have more sums than are counted out.
    let many: Vec<_> = (0..26)
        .map(|at| (spread(20, 7, 20.0, 0.0), spread(20, 3, 20.0, 0.02 + f64::from(at) / 400.0)))
        .collect();
    is(of(&many), 0.005_995_394_390_631_651, [0.02, 0.051_25, 0.082_5], 520);
    // Of each 500 values are used.
    let large = [
        (spread(600, 7, 600.0, 0.0), spread(600, 11, 600.0, 0.02)),
        (spread(600, 13, 600.0, 0.5), spread(600, 17, 600.0, 0.53)),
    ];
    let logs = [0.0, 0.026_666_666_666_666_616, 0.051_666_666_666_666_75];
    is(of(&large), 0.042_825_097_786_493_98, logs, 1_000);
}

#[test]
fn the_least_that_so_many_rounds_can_give() {
    let pairs = [0, 1, 2, 5, 6].map(paired_least);
    assert_eq!(pairs, [1.0, 1.0, 0.5, 0.062_5, 0.031_25]);
    assert!(paired_least(5_000) > 0.0 && paired_least(5_000) < 1e-300);
    assert_eq!([0, 1].map(unpaired_least), [1.0, 1.0]);
    for (rounds, least) in [(2, 2.0 / 6.0), (3, 0.1), (6, 2.0 / 924.0), (10, 2.0 / 184_756.0)] {
        assert!((unpaired_least(rounds) / least - 1.0).abs() < 1e-12, "{rounds}");
    }
}
