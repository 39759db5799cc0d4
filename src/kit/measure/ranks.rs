//! Rank tests of a change: how far two samples, or pairs, stand apart, and how likely chance is.
//!
//! Nothing is assumed of the distribution's form. Estimate, interval and p value belong to one
//! test, so they cannot contradict each other: the shift that makes the test see nothing
//! (Hodges and Lehmann), the shifts it would not reject, and what it says of no shift at all.
//! Small samples are counted out exactly, ties included; large ones go by the normal distribution.

use super::statistics::Interval;

/// The interval leaves out so much on either side: it is a 95 % interval.
const TAIL: f64 = 0.025;
/// The normal distribution's quantile that leaves out [`TAIL`].
const TAIL_DEVIATIONS: f64 = 1.96;
/// Up to so many pairs every assignment of signs is counted.
const PAIRED_EXACT_MAX: usize = 100;
/// Up to so many pairs of one old and one new value every assignment to the two is counted.
const UNPAIRED_EXACT_MAX: usize = 400;

/// Sums of several strata are counted out up to so many different ones.
const SUMS_EXACT_MAX: usize = 20_000;

/// Of more values than this only so many are used, evenly chosen: all pairs of them are looked at.
/// Several strata share them.
const VALUES_MAX: usize = 1_000;
/// Of each stratum so many are used, however many strata there are.
const STRATUM_VALUES_MIN: usize = 60;

/// A change on the log scale, as a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// The ratio and its 95 % interval; above 1 the logs grew.
    pub ratio: Interval,
    /// How likely so large a change is when there is none; two-sided.
    pub p: f64,
    /// The smallest `p` that so many values can give, however far apart they stand.
    pub p_least: f64,
}

/// The centre of paired log differences (Wilcoxon's signed ranks); `None` when there are none.
#[must_use]
pub fn paired(logs: &[f64]) -> Option<Shift> {
    let logs = &bounded(logs, VALUES_MAX)[..];
    let averages: Vec<f64> = (0..logs.len())
        .flat_map(|one| logs[one..].iter().map(move |other| (logs[one] + other) / 2.0))
        .collect();
    let moved: Vec<f64> = logs.iter().copied().filter(|log| *log != 0.0).collect();
    let sizes: Vec<f64> = moved.iter().map(|log| log.abs()).collect();
    let ranks = doubled_ranks(&sizes);
    let upward = ranks.iter().zip(&moved).filter(|(_, log)| log.is_sign_positive());
    let seen: usize = upward.map(|(rank, _)| rank).sum();
    let untied: Vec<usize> = (1..=logs.len()).map(|rank| 2 * rank).collect();
    let p = Chance::of_signs(&ranks).two_sided(seen);
    shift(averages, &Chance::of_signs(&untied), logs.len(), p)
}

/// The change from `old` to `new` logs, which are not paired (Mann and Whitney); `None` when one
/// of them is empty.
#[must_use]
pub fn unpaired(old: &[f64], new: &[f64]) -> Option<Shift> {
    stratified(&[(old, new)])
}

/// The change from old to new logs that several strata have in common: values are compared within
/// their stratum only, and the ranks of all strata are added up. `None` when no stratum has both.
#[must_use]
pub fn stratified(strata: &[(&[f64], &[f64])]) -> Option<Shift> {
    let most = (VALUES_MAX / strata.len().max(1)).max(STRATUM_VALUES_MIN);
    let (mut differences, mut rounds, mut seen) = (Vec::new(), 0, 0);
    let (mut chance, mut untied) = (Chance::NONE, Chance::NONE);
    for (old, new) in strata.iter().filter(|(old, new)| !old.is_empty() && !new.is_empty()) {
        let (old, new) = (&bounded(old, most)[..], &bounded(new, most)[..]);
        differences.extend(old.iter().flat_map(|old| new.iter().map(move |new| new - old)));
        let ranks = doubled_ranks(&[new, old].concat());
        seen += ranks[..new.len()].iter().sum::<usize>();
        rounds += old.len().min(new.len());
        chance = chance.and(Chance::of_subsets(&ranks, new.len()));
        let places: Vec<usize> = (1..=ranks.len()).map(|rank| 2 * rank).collect();
        untied = untied.and(Chance::of_subsets(&places, new.len()));
    }
    shift(differences, &untied, rounds, chance.two_sided(seen))
}

/// The smallest p value that [`unpaired`] can give of so many old and as many new values.
#[must_use]
pub fn unpaired_least(rounds: usize) -> f64 {
    let ways: f64 = (1..=rounds).map(|n| (rounds + n) as f64 / n as f64).product();
    (2.0 / ways).min(1.0)
}

/// The smallest p value that [`paired`] can give of so many values.
#[must_use]
pub fn paired_least(rounds: usize) -> f64 {
    (2.0 * 0.5f64.powi(rounds.min(1_000) as i32)).min(1.0)
}

fn bounded(values: &[f64], most: usize) -> Vec<f64> {
    let used = values.len().min(most);
    (0..used).map(|at| values[at * values.len() / used]).collect()
}

/// From all single changes and what chance makes of ranks without ties.
fn shift(mut all: Vec<f64>, untied: &Chance, rounds: usize, p: f64) -> Option<Shift> {
    if all.is_empty() {
        return None;
    }
    all.sort_by(f64::total_cmp);
    // A tail's steps are less than half of all.
    let skip = untied.steps_left_out().saturating_sub(1);
    let middle = (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2.0;
    let (low, high) = (all[skip].exp(), all[all.len() - 1 - skip].exp());
    let ratio = Interval { low, median: middle.exp(), high, rounds };
    Some(Shift { ratio, p, p_least: untied.two_sided(untied.least) })
}

/// Twice the rank of each value, so that ties, which share their ranks' mean, stay whole numbers.
fn doubled_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let tied = order[first..].iter().take_while(|at| values[**at] == values[order[first]]);
        let last = first + tied.count().max(1) - 1;
        order[first..=last].iter().for_each(|at| ranks[*at] = first + last + 2);
        first = last + 1;
    }
    ranks
}

/// The sum of doubled ranks when only chance decides which of them are added.
struct Chance {
    least: usize,
    mean: f64,
    deviation: f64,
    /// How likely the sum is `least` and so many more; `None` where that is too dear to count.
    exact: Option<Vec<f64>>,
}

impl Chance {
    /// Nothing is added: the sum is 0.
    const NONE: Self = Self { least: 0, mean: 0.0, deviation: 0.0, exact: None };

    /// The sum of both, when neither depends on the other.
    fn and(self, other: Self) -> Self {
        if self.mean == 0.0 {
            return other;
        }
        let sums = self.exact.zip(other.exact);
        let sums = sums.filter(|(one, more)| one.len() + more.len() <= SUMS_EXACT_MAX);
        let exact = sums.map(|(one, more)| {
            let mut both = vec![0.0; one.len() + more.len() - 1];
            for (at, likely) in one.iter().enumerate().filter(|(_, likely)| **likely > 0.0) {
                let into = both[at..].iter_mut().zip(&more);
                into.for_each(|(sum, more)| *sum += likely * more);
            }
            both
        });
        Self {
            least: self.least + other.least,
            mean: self.mean + other.mean,
            deviation: self.deviation.hypot(other.deviation),
            exact,
        }
    }

    /// Each rank is added or not, as a coin falls.
    fn of_signs(ranks: &[usize]) -> Self {
        let total: usize = ranks.iter().sum();
        let squares: f64 = ranks.iter().map(|rank| (rank * rank) as f64).sum();
        let exact = (ranks.len() <= PAIRED_EXACT_MAX).then(|| {
            let mut likely = vec![0.0; total + 1];
            likely[0] = 1.0;
            for &rank in ranks {
                for sum in (0..=total).rev() {
                    let with = if sum >= rank { likely[sum - rank] } else { 0.0 };
                    likely[sum] = (likely[sum] + with) / 2.0;
                }
            }
            likely
        });
        Self { least: 0, mean: total as f64 / 2.0, deviation: squares.sqrt() / 2.0, exact }
    }

    /// `size` of the ranks are drawn and added.
    fn of_subsets(ranks: &[usize], size: usize) -> Self {
        let (all, drawn) = (ranks.len() as f64, size as f64);
        let total: usize = ranks.iter().sum();
        let mean = drawn * total as f64 / all.max(1.0);
        let centre = total as f64 / all.max(1.0);
        let squares: f64 = ranks.iter().map(|rank| (*rank as f64 - centre).powi(2)).sum();
        let variance = drawn * (all - drawn) / (all * (all - 1.0)).max(1.0) * squares;
        let countable = size * (ranks.len() - size) <= UNPAIRED_EXACT_MAX;
        let mut sorted = ranks.to_vec();
        sorted.sort_unstable();
        let least: usize = sorted[..size].iter().sum();
        let exact = countable.then(|| subset_sums(&sorted, size).split_off(least));
        Self { least, mean, deviation: variance.sqrt(), exact }
    }

    fn two_sided(&self, seen: usize) -> f64 {
        let Some(exact) = &self.exact else {
            // Half a step is one, since ranks are doubled.
            let off = ((seen as f64 - self.mean).abs() - 1.0).max(0.0);
            return if off == 0.0 { 1.0 } else { beyond(off / self.deviation) };
        };
        let seen = seen - self.least;
        let (below, above) = (exact[..=seen].iter().sum::<f64>(), exact[seen..].iter().sum());
        (2.0 * below.min(above)).min(1.0)
    }

    /// How many of the smallest sums, of ranks without ties, fit into [`TAIL`].
    fn steps_left_out(&self) -> usize {
        let Some(exact) = &self.exact else {
            let low = self.mean - TAIL_DEVIATIONS * self.deviation - self.least as f64;
            return (low / 2.0).max(0.0) as usize;
        };
        let mut sum = 0.0;
        let within = exact.iter().step_by(2).take_while(|likely| {
            sum += **likely;
            sum <= TAIL
        });
        within.count()
    }
}

/// How likely each sum of `size` of the ranks is.
fn subset_sums(ranks: &[usize], size: usize) -> Vec<f64> {
    let most: usize = ranks[ranks.len() - size..].iter().sum();
    let mut ways = vec![vec![0.0; most + 1]; size + 1];
    ways[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        for taken in (1..=size.min(seen + 1)).rev() {
            let (fewer, these) = ways.split_at_mut(taken);
            let with = fewer[taken - 1].iter();
            these[0].iter_mut().skip(rank).zip(with).for_each(|(way, with)| *way += with);
        }
    }
    let all: f64 = ways[size].iter().sum();
    ways[size].iter().map(|ways| ways / all).collect()
}

/// How likely a normal value is more than so many deviations from its mean, on either side.
fn beyond(deviations: f64) -> f64 {
    let x = deviations / std::f64::consts::SQRT_2;
    let root = std::f64::consts::PI.sqrt();
    if x < 3.0 {
        // The error function's series.
        let (mut term, mut sum) = (x, x);
        for n in 1..80 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return 1.0 - 2.0 / root * sum;
    }
    let tail = (1..=60).rev().fold(1.0, |tail, n| 1.0 + f64::from(n) / (2.0 * x * x) / tail);
    (-x * x).exp() / (x * root) / tail
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the C library's `erfc`.
    const TAILS: [(f64, f64); 7] = [
        (0.5, 0.617_075_077_451_973_8),
        (2.0, 0.045_500_263_896_358_44),
        (4.0, 6.334_248_366_623_993e-5),
        (4.2, 2.669_149_803_181_269e-5),
        (4.3, 1.707_981_094_198_363_2e-5),
        (6.0, 1.973_175_290_075_402_4e-9),
        (10.0, 1.523_970_604_832_118_6e-23),
    ];

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9 * other.abs()
    }

    #[test]
    fn tails_of_the_normal_distribution() {
        for (deviations, p) in TAILS {
            assert!(near(beyond(deviations), p), "{deviations}: {}", beyond(deviations));
        }
    }

    #[test]
    fn of_many_values_some_are_chosen_evenly() {
        let values: Vec<f64> = (0..2_500).map(f64::from).collect();
        let used = bounded(&values, VALUES_MAX);
        assert_eq!((used.len(), used[0], used[1], used[2]), (1_000, 0.0, 2.0, 5.0));
        assert_eq!(used[999], 2_497.0);
        assert_eq!(bounded(&values[..9], VALUES_MAX), values[..9]);
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(doubled_ranks(&[3.0, 1.0, 3.0, 2.0]), [7, 2, 7, 4]);
        assert_eq!(doubled_ranks(&[]), [0; 0]);
    }

    #[test]
    fn exact_and_normal_agree_where_both_are_good() {
        let old: Vec<f64> = (0..20).map(|n| f64::from(n * 7 % 20)).collect();
        let new: Vec<f64> = (0..20).map(|n| f64::from(n * 3 % 20) + 4.5).collect();
        let ranks = doubled_ranks(&[new.clone(), old].concat());
        let seen = ranks[..new.len()].iter().sum();
        let exact = Chance::of_subsets(&ranks, new.len());
        assert!(exact.exact.is_some(), "20 times 20 are counted out");
        let normal = Chance { exact: None, ..Chance::of_subsets(&ranks, new.len()) };
        let (exact_p, normal_p) = (exact.two_sided(seen), normal.two_sided(seen));
        assert!((exact_p - normal_p).abs() < 0.002, "{exact_p} {normal_p}");
        assert!(exact.steps_left_out().abs_diff(normal.steps_left_out()) <= 1);
    }
}
