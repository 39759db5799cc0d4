//! What a number alone does not show: how latencies are distributed, and what happened when.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Most points that a series keeps; further ones are thinned out.
pub const POINTS_MAX: usize = 400;

/// Shares at which a distribution is kept: each further one halves what is beyond.
const HALVINGS: i32 = 17;

/// Shares between one halving and the next.
const STEPS: i32 = 4;

/// Latencies of one contender, over all rounds that count.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// How many values.
    pub count: u64,
    /// Pairs of a share and the value in milliseconds that this share of the values does not
    /// exceed, growing; the last share is 1.
    pub points: Vec<[f64; 2]>,
}

impl Distribution {
    /// That of a histogram of nanoseconds; empty where it is empty.
    #[must_use]
    pub fn of(nanos: &Histogram<u64>) -> Self {
        if nanos.is_empty() {
            return Self::default();
        }
        let count = nanos.len();
        // Beyond the last value there is nothing to tell apart.
        let finest = (count as f64).log2().ceil().clamp(1.0, f64::from(HALVINGS)) as i32;
        let shares =
            (0..finest * STEPS).map(|step| 1.0 - 0.5f64.powf(f64::from(step) / f64::from(STEPS)));
        let shares = shares.chain([0.5, 0.9, 0.99, 0.999, 1.0]);
        let mut points: Vec<[f64; 2]> =
            shares.map(|share| [share, nanos.value_at_quantile(share) as f64 / 1e6]).collect();
        points.sort_by(|a, b| a[0].total_cmp(&b[0]));
        points.dedup_by(|a, b| a[0] == b[0]);
        Self { count, points }
    }

    /// The value in milliseconds that `share` of the values do not exceed, from the points kept;
    /// `None` where there are none.
    #[must_use]
    pub fn ms(&self, share: f64) -> Option<f64> {
        self.points.iter().find(|point| point[0] >= share).map(|point| point[1])
    }

    /// The share up to which so many values tell anything.
    #[must_use]
    pub fn told(&self) -> f64 {
        1.0 - 1.0 / (self.count.clamp(2, 1_000_000) as f64)
    }
}

/// How many nines a share has: 1 for 90 %, 2 for 99 %.
#[must_use]
pub fn nines(share: f64) -> f64 {
    -(1.0 - share).max(1e-9).log10()
}

/// What one contender did over a window's time, of one round.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// What is on the other axis, unit last (`unfinished orders`, `latency ms`).
    pub unit: String,
    /// Pairs of seconds since the window began and the value.
    pub points: Vec<[f64; 2]>,
    /// What was done to it meanwhile (`slow service gone`).
    #[serde(default)]
    pub marks: Vec<Mark>,
}

/// Something that happened at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Seconds since the window began.
    pub at: f64,
    /// What happened.
    pub text: String,
}

impl Series {
    /// A series in `unit` without points.
    #[must_use]
    pub fn new(unit: &str) -> Self {
        Self { unit: unit.to_owned(), ..Self::default() }
    }

    /// Adds a point: `value` at `seconds` since the window began. Values that are no numbers are
    /// left out.
    pub fn push(&mut self, seconds: f64, value: f64) {
        if seconds.is_finite() && value.is_finite() {
            self.points.push([seconds, value]);
        }
    }

    /// Adds a mark.
    pub fn mark(&mut self, at: f64, text: &str) {
        self.marks.push(Mark { at, text: text.to_owned() });
    }

    /// With at most [`POINTS_MAX`] points: of neighbours the highest is kept, since peaks are what
    /// is looked for.
    #[must_use]
    pub fn thinned(mut self) -> Self {
        let each = self.points.len().div_ceil(POINTS_MAX).max(1);
        let highest = |chunk: &[[f64; 2]]| {
            chunk.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1])).unwrap_or_default()
        };
        self.points = self.points.chunks(each).map(highest).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_keeps_its_percentiles() {
        let mut nanos = Histogram::new(3).unwrap();
        (1..=1000u64).for_each(|ms| nanos.record(ms * 1_000_000).unwrap());
        let kept = Distribution::of(&nanos);
        assert_eq!(kept.count, 1000);
        for (share, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = kept.ms(share).unwrap();
            assert!((found / ms - 1.0f64).abs() < 0.002, "{share}: {found}");
        }
        assert!(kept.points.windows(2).all(|two| two[0][0] < two[1][0] && two[0][1] <= two[1][1]));
        assert_eq!(Distribution::of(&Histogram::new(3).unwrap()), Distribution::default());
    }

    #[test]
    fn each_halving_has_four_shares_and_the_usual_ones_are_there() {
        let mut nanos = Histogram::new(3).unwrap();
        (1..=8u64).for_each(|ms| nanos.record(ms * 1_000_000).unwrap());
        let kept = Distribution::of(&nanos);
        // Three halvings tell eight values apart; 0.5 would be there twice.
        assert_eq!(kept.points.len(), 3 * 4 + 4);
        for (place, share) in [(0, 0.0), (2, 1.0 - 0.5f64.sqrt()), (4, 0.5), (8, 0.75), (15, 1.0)] {
            assert!((kept.points[place][0] - share).abs() < 1e-12, "{:?}", kept.points);
        }
        for (share, ms) in [(0.0, 1.0), (0.5, 4.0), (0.75, 6.0), (0.8, 7.0), (0.9, 8.0)] {
            let found = kept.ms(share).unwrap();
            assert!((found / ms - 1.0f64).abs() < 0.001, "{share}: {found}");
        }
        assert_eq!((kept.ms(1.1), Distribution::default().ms(0.5)), (None, None));
    }

    #[test]
    fn so_many_values_tell_so_many_nines() {
        for (share, expected) in [(0.0, 0.0), (0.9, 1.0), (0.99, 2.0), (0.999, 3.0), (1.0, 9.0)] {
            assert!((nines(share) - expected).abs() < 1e-9, "{share}");
        }
        let of = |count| Distribution { count, points: Vec::new() }.told();
        assert_eq!([of(0), of(2), of(100), of(u64::MAX)], [0.5, 0.5, 0.99, 0.999_999]);
    }

    #[test]
    fn a_short_series_stays_and_what_is_no_number_is_left_out() {
        let mut series = Series::new("orders");
        for (at, value) in [
            (1.0, 2.0),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (f64::NEG_INFINITY, 1.0),
            (2.0, 9.0),
        ] {
            series.push(at, value);
        }
        series.mark(1.5, "gone");
        let kept = series.clone().thinned();
        assert_eq!((&kept, kept.points.len(), &*kept.unit), (&series, 2, "orders"));
        assert_eq!(kept.marks, [Mark { at: 1.5, text: "gone".to_owned() }]);
        assert_eq!(Series::new("none").thinned().points.len(), 0);
        let mut full = Series::new("full");
        (0..=POINTS_MAX).for_each(|at| full.push(at as f64, at as f64));
        let thin = full.thinned();
        assert_eq!((thin.points.len(), thin.points[0]), (POINTS_MAX / 2 + 1, [1.0, 1.0]));
    }

    #[test]
    fn a_series_keeps_its_peaks() {
        let mut series = Series::new("orders");
        (0..4000).for_each(|at| series.push(f64::from(at), f64::from(u8::from(at == 1234))));
        series.push(f64::NAN, 1.0);
        let thin = series.thinned();
        assert!(thin.points.len() <= POINTS_MAX);
        assert!(thin.points.contains(&[1234.0, 1.0]));
    }
}
