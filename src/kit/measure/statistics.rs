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

/// More rounds than this are not worth waiting for.
pub const ROUNDS_WORTH: usize = 1_000;

/// An interval that just reaches the bar when the estimate is right reaches it every second time.
/// So many times the rounds make it four times of five: (1.96 + 0.84)^2 / 1.96^2.
const FOUR_OF_FIVE: f64 = 2.04;

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

/// About how many more rounds would decide an undecided comparison with `bar`, going by what was
/// seen: intervals narrow with the root of the rounds. An even number, for whole A B B A quartets.
///
/// `None` when no number would: the effect is below `smallest` (a share; as it is, so 0 for a value
/// that is no comparison), or it would take more than [`ROUNDS_WORTH`]. An estimate, as good as the
/// median seen so far.
#[must_use]
pub fn rounds_needed(seen: &Interval, bar: f64, smallest: f64) -> Option<usize> {
    let effect = (seen.median / bar).ln();
    let above = effect.is_sign_positive();
    let near = if above { seen.median / seen.low } else { seen.high / seen.median };
    let counts = effect.abs() >= (1.0 + smallest).ln();
    // Without any effect this is no number, or no end of them.
    let all = (seen.rounds as f64 * FOUR_OF_FIVE * (near.ln() / effect).powi(2)).ceil();
    if !counts || !all.is_finite() || all > ROUNDS_WORTH as f64 {
        return None;
    }
    let all = (all as usize).max(ROUNDS_MIN).next_multiple_of(2);
    Some(all.saturating_sub(seen.rounds).max(2))
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
    for k in 0..n {
        tail += term;
        if tail > 0.025 {
            break;
        }
        skip = k;
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    (sorted[skip], sorted[n - 1 - skip])
}

/// The median of some values, which it puts in another order: no need to sort them all.
fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut above, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(below) if even => below + (above - below) * 0.5,
        _ => above,
    }
}

fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut random = Random::new(SEED);
    let mut drawn = vec![0.0; values.len()];
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.fill_with(|| values[random.below(values.len())]);
            middle(&mut drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (quantile(&medians, 0.025), quantile(&medians, 0.975))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_left_out_as_the_binomial_allows() {
        // As tables of the sign test have it.
        for (count, skip) in
            [(1, 0), (2, 0), (6, 0), (8, 0), (9, 1), (12, 2), (15, 3), (25, 7), (40, 13), (100, 39)]
        {
            let values: Vec<f64> = (0..count).map(f64::from).collect();
            let expected = (f64::from(skip), f64::from(count - 1 - skip));
            assert_eq!(order_statistics(&values), expected, "{count}");
        }
    }

    #[test]
    fn the_bootstrap_is_what_another_program_computes() {
        let values = [3.1, 1.2, 5.9, 4.4, 2.6, 9.7, 8.3, 7.5, 6.2];
        assert_eq!(bootstrap(&values), (2.6, 8.3));
        assert_eq!(bootstrap(&values[..8]), (2.6, 8.3));
    }

    #[test]
    fn the_middle_is_the_median() {
        assert_eq!(middle(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(middle(&mut [8.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(middle(&mut [7.0]), 7.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0, 16.0], 0.875), 12.0);
    }
}
