//! Medians, quartiles, intervals, and the rule that turns an interval into a verdict.
//!
//! The figure that counts is the median over rounds of the *paired log ratio*: two contenders are
//! compared only within one round, so what drifts between rounds cancels. Its 95 % interval is the
//! hull of a seeded bootstrap and of the distribution-free order-statistic interval: the bootstrap
//! alone is too narrow with as few rounds as a bench has time for.

use serde::{Deserialize, Serialize};

use super::random::Random;

/// An effect smaller than this (2 %) does not count, however sure it is.
pub const SMALLEST_EFFECT: f64 = 0.02;

/// With fewer rounds than this no 95 % interval exists, and every verdict is undecided.
pub const ROUNDS_MIN: usize = 6;

const RESAMPLES: usize = 2_000;
const SEED: u64 = 0x57_49_4E_44_4C_41_53_53;

/// Five-number summary of one contender's rounds, in the group's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many rounds.
    pub count: usize,
    /// The smallest value.
    pub min: f64,
    /// The first quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The third quartile.
    pub high: f64,
    /// The largest value.
    pub max: f64,
}

impl Summary {
    /// Half the distance between the quartiles, as a share of the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        if self.median == 0.0 { 0.0 } else { (self.high - self.low) / 2.0 / self.median.abs() }
    }
}

/// A median ratio and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper end.
    pub high: f64,
    /// How many rounds it rests on.
    pub rounds: usize,
}

impl Interval {
    /// The same ratio seen from the other side.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let (low, median, high) = (1.0 / self.high, 1.0 / self.median, 1.0 / self.low);
        Self { low, median, high, rounds: self.rounds }
    }

    /// Half the interval's width on the log scale: about the share by which the ratio is unsure.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high / self.low).ln() / 2.0
    }
}

/// What may be said of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval lies on the claim's side, by an effect that counts.
    Holds,
    /// The whole interval lies on the other side, by an effect that counts.
    Refuted,
    /// Neither, or too few rounds, or nothing to compare with.
    Undecided,
}

/// The five-number summary of `values`; `None` when there are none.
#[must_use]
pub fn summary(values: &[f64]) -> Option<Summary> {
    if values.is_empty() {
        return None;
    }
    let sorted = sorted(values);
    Some(Summary {
        count: sorted.len(),
        min: sorted[0],
        low: quantile(&sorted, 0.25),
        median: quantile(&sorted, 0.5),
        high: quantile(&sorted, 0.75),
        max: sorted[sorted.len() - 1],
    })
}

/// The median of `values`; `None` when there are none.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    summary(values).map(|summary| summary.median)
}

/// The 95 % interval of the median of `values`, as they are; `None` when there are none.
#[must_use]
pub fn interval_of_median(values: &[f64]) -> Option<Interval> {
    let median = median(values)?;
    let sorted = sorted(values);
    let (exact_low, exact_high) = order_statistics(&sorted);
    let (low, high) = bootstrap(values);
    let (low, high) = (low.min(exact_low), high.max(exact_high));
    Some(Interval { low, median, high, rounds: values.len() })
}

/// The median ratio and its interval, from paired *log* ratios; `None` when there are none.
#[must_use]
pub fn ratio(logs: &[f64]) -> Option<Interval> {
    let interval = interval_of_median(logs)?;
    let (low, median, high) = (interval.low.exp(), interval.median.exp(), interval.high.exp());
    Some(Interval { low, median, high, rounds: interval.rounds })
}

/// Judges the claim "the ratio is at least `bar`".
///
/// An interval that contains the bar is undecided, and so is an effect below `smallest` (a share;
/// [`SMALLEST_EFFECT`] at least), and so are fewer than [`ROUNDS_MIN`] rounds.
#[must_use]
pub fn judge(ratio: &Interval, bar: f64, smallest: f64) -> Verdict {
    let effect = (ratio.median / bar).ln().abs();
    let counts = effect >= (1.0 + smallest.max(SMALLEST_EFFECT)).ln();
    if !counts || ratio.rounds < ROUNDS_MIN {
        Verdict::Undecided
    } else if ratio.low > bar {
        Verdict::Holds
    } else if ratio.high < bar {
        Verdict::Refuted
    } else {
        Verdict::Undecided
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The widest-needed pair of order statistics that holds the median with 95 % probability whatever
/// the distribution: the binomial's tail, summed.
fn order_statistics(sorted: &[f64]) -> (f64, f64) {
    let n = sorted.len();
    let mut term = 0.5f64.powi(n as i32);
    let mut tail = 0.0;
    let mut skip = 0;
    for k in 0..n / 2 {
        tail += term;
        if tail > 0.025 {
            break;
        }
        skip = k;
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    (sorted[skip], sorted[n - 1 - skip])
}

fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut random = Random::new(SEED);
    let mut drawn = vec![0.0; values.len()];
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.fill_with(|| values[random.below(values.len())]);
            drawn.sort_by(f64::total_cmp);
            quantile(&drawn, 0.5)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (quantile(&medians, 0.025), quantile(&medians, 0.975))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quartiles_of_a_known_list() {
        let summary = summary(&[4.0, 1.0, 3.0, 2.0, 5.0]).unwrap();
        assert_eq!((summary.min, summary.low, summary.median), (1.0, 2.0, 3.0));
        assert_eq!((summary.high, summary.max, summary.count), (4.0, 5.0, 5));
        assert!((summary.spread() - 1.0 / 3.0).abs() < 1e-12);
        assert!(super::summary(&[]).is_none() && ratio(&[]).is_none());
    }

    /// Draws `rounds` log ratios around `centre` with one outlier in ten, 400 times.
    fn intervals(centre: f64, deviation: f64, rounds: usize) -> Vec<Interval> {
        let mut random = Random::new(42);
        (0..400)
            .map(|_| {
                let logs: Vec<f64> = (0..rounds)
                    .map(|_| {
                        let wide = if random.unit() < 0.1 { 8.0 } else { 1.0 };
                        centre + random.normal() * deviation * wide
                    })
                    .collect();
                ratio(&logs).unwrap()
            })
            .collect()
    }

    #[test]
    fn the_interval_holds_the_true_median_as_often_as_it_says() {
        for rounds in [6, 10, 20, 40] {
            let all = intervals(0.4, 0.05, rounds);
            let truth = 0.4f64.exp();
            let hit = all.iter().filter(|i| i.low <= truth && truth <= i.high).count();
            assert!(hit as f64 / 400.0 >= 0.93, "{rounds} rounds: {hit} of 400");
        }
    }

    #[test]
    fn equals_rarely_show_a_winner_and_real_effects_are_found() {
        for rounds in [8, 12, 30] {
            let decided = |all: &[Interval], verdict| {
                all.iter().filter(|i| judge(i, 1.0, 0.0) == verdict).count()
            };
            let equal = intervals(0.0, 0.05, rounds);
            let winners = decided(&equal, Verdict::Holds) + decided(&equal, Verdict::Refuted);
            assert!(winners <= 24, "{rounds} rounds: {winners} of 400 false");
            let faster = intervals(0.5, 0.05, rounds);
            assert!(decided(&faster, Verdict::Holds) >= 360);
            assert_eq!(decided(&faster, Verdict::Refuted), 0);
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

    proptest! {
        #[test]
        fn interval_is_ordered_within_the_data_and_repeatable(
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
}
