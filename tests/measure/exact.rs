//! Figures to the last digit, counted out by hand.

use windlass::kit::measure::little::{ClosedLoop, littles_law};
use windlass::kit::measure::statistics::{
    Interval, Verdict, interval_of_median, judge, median, ratio, rounds_needed, summary,
};

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
    assert_eq!(rounds_needed(&interval(0.1, 0.5, 2.0, 100), 1.0, 0.0), Some(816 - 100));
    assert_eq!(rounds_needed(&interval(3.0, 6.0, 7.0, 100), 3.0, 0.0), Some(204 - 100));
    assert_eq!(rounds_needed(&interval(1.9, 2.0, 2.1, 100), 1.0, 0.0), Some(2), "two at least");
    assert_eq!(rounds_needed(&interval(1.0, 2.0, 9.0, 490), 1.0, 0.0), Some(1_000 - 490));
    assert_eq!(rounds_needed(&interval(1.0, 2.0, 9.0, 491), 1.0, 0.0), None);
    assert_eq!(rounds_needed(&interval(1.0, 1.0, 9.0, 9), 1.0, 0.0), None, "no effect");
    assert_eq!(rounds_needed(&interval(1.0, 1.1, 9.0, 9), 1.0, 0.2), None, "too small");
    assert!(rounds_needed(&interval(1.0, 1.3, 9.0, 9), 1.0, 0.2).is_some());
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
