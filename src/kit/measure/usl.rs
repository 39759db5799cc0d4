//! The Universal Scalability Law (N. Gunther, *Guerrilla Capacity Planning*, 2007), fitted:
//!
//! ```text
//! X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1))
//! ```
//!
//! `lambda` is the throughput of one, `sigma` the share of the work that waits its turn, `kappa`
//! what keeping each other informed costs. The fit makes the squares of the *relative* errors
//! least, since noise of a rate grows with it. Given sigma and kappa, the best lambda is a mean; so
//! only two are searched, never below zero, by Levenberg and Marquardt's method from zero. (The law
//! made linear and fitted by plain least squares is biased: it weighs by N/X.)

use std::fmt;

use serde::{Deserialize, Serialize};

/// Three coefficients need at least this many different N, or any curve would fit.
pub const DIFFERENT_MIN: usize = 4;

const STEPS: usize = 100;

/// A fitted law.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usl {
    /// Throughput of one, in the unit of the points.
    pub lambda: f64,
    /// Contention: 0 and above; 1 means that only one can work at a time.
    pub sigma: f64,
    /// Coherency: 0 and above; above 0 there is a peak, behind which more brings less.
    pub kappa: f64,
    /// The share of the points' variance that the law explains, 1 at best; 0 where there is none.
    pub r_squared: f64,
    /// Where throughput is greatest; `None`: it grows for ever.
    pub peak: Option<Peak>,
}

/// Where throughput is greatest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// At so many.
    pub n: f64,
    /// The throughput there, by the law.
    pub x: f64,
    /// It lies within the points: beyond them it is an extrapolation, not a measurement.
    pub measured: bool,
}

/// Why nothing could be fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FitError {
    /// So many different N are fewer than [`DIFFERENT_MIN`].
    TooFew(usize),
    /// A point with N below 1, or a throughput that is not above zero.
    Invalid {
        /// Its N.
        n: f64,
        /// Its throughput.
        x: f64,
    },
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew(different) => write!(
                f,
                "{different} different N are too few for a scalability fit: measure at least \
                 {DIFFERENT_MIN}"
            ),
            Self::Invalid { n, x } => write!(
                f,
                "N = {n} with throughput {x}: N must be at least 1, and the throughput above zero"
            ),
        }
    }
}

impl std::error::Error for FitError {}

impl Usl {
    /// The throughput at `n` by the law.
    #[must_use]
    pub fn at(&self, n: f64) -> f64 {
        self.lambda * n / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0))
    }
}

/// Fits the law to points (N, throughput); an N may come several times, once for each round.
///
/// # Errors
/// [`FitError`]: too few different N, or a point that cannot be.
pub fn fit(points: &[(f64, f64)]) -> Result<Usl, FitError> {
    let fine = |(n, x): (f64, f64)| n.is_finite() && x.is_finite() && n >= 1.0 && x > 0.0;
    if let Some(&(n, x)) = points.iter().find(|point| !fine(**point)) {
        return Err(FitError::Invalid { n, x });
    }
    let mut different: Vec<f64> = points.iter().map(|point| point.0).collect();
    different.sort_by(f64::total_cmp);
    different.dedup();
    if different.len() < DIFFERENT_MIN {
        return Err(FitError::TooFew(different.len()));
    }
    let data: Vec<Row> = points.iter().map(|&(n, x)| Row::new(n, x)).collect();
    let widest = different[different.len() - 1];
    let [sigma, kappa] = descend(&data);
    let lambda =
        (data.iter().map(|row| row.gap([sigma, kappa])).sum::<f64>() / data.len() as f64).exp();
    let mut law = Usl { lambda, sigma, kappa, r_squared: 0.0, peak: None };
    law.r_squared = r_squared(&law, points);
    if kappa > 0.0 {
        let n = ((1.0 - sigma).max(0.0) / kappa).sqrt().max(1.0);
        law.peak = Some(Peak { n, x: law.at(n), measured: n <= widest });
    }
    Ok(law)
}

/// A point as the search needs it.
struct Row {
    /// ln(X / N).
    each: f64,
    /// What sigma and kappa are multiplied by.
    by: [f64; 2],
}

impl Row {
    fn new(n: f64, x: f64) -> Self {
        Self { each: (x / n).ln(), by: [n - 1.0, n * (n - 1.0)] }
    }

    fn divisor(&self, [sigma, kappa]: [f64; 2]) -> f64 {
        1.0 + sigma * self.by[0] + kappa * self.by[1]
    }

    /// What this point alone says ln(lambda) is.
    fn gap(&self, at: [f64; 2]) -> f64 {
        self.each + self.divisor(at).ln()
    }
}

/// The values less their mean: what is left when the best lambda is taken.
fn centred(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.into_iter().map(|value| value - mean).collect()
}

fn cost(data: &[Row], at: [f64; 2]) -> f64 {
    centred(data.iter().map(|row| row.gap(at))).iter().map(|left| left * left).sum()
}

/// Many more steps than it takes: a step that brings nothing is not made.
fn descend(data: &[Row]) -> [f64; 2] {
    let (mut at, mut damping) = ([0.0; 2], 1e-3);
    let mut now = cost(data, at);
    for _ in 0..STEPS {
        let next = step(data, at, damping);
        let then = cost(data, next);
        if then < now {
            (at, now) = (next, then);
            damping *= 0.3;
        } else {
            damping *= 10.0;
        }
    }
    at
}

/// One damped step. While one coefficient is at zero, each moves as if alone; it stays there when
/// it would go below.
fn step(data: &[Row], at: [f64; 2], damping: f64) -> [f64; 2] {
    let left = centred(data.iter().map(|row| row.gap(at)));
    let slope = [0, 1].map(|which| centred(data.iter().map(|row| row.by[which] / row.divisor(at))));
    let dot = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>();
    let pull = [dot(&slope[0], &left), dot(&slope[1], &left)];
    let own = [0, 1].map(|which| dot(&slope[which], &slope[which]) * (1.0 + damping));
    let shared = if at[0] > 0.0 && at[1] > 0.0 { dot(&slope[0], &slope[1]) } else { 0.0 };
    let determinant = own[0] * own[1] - shared * shared;
    let moves = [
        (shared * pull[1] - own[1] * pull[0]) / determinant,
        (shared * pull[0] - own[0] * pull[1]) / determinant,
    ];
    [0, 1].map(|which| (at[which] + moves[which]).max(0.0))
}

fn r_squared(law: &Usl, points: &[(f64, f64)]) -> f64 {
    let off: f64 = points.iter().map(|&(n, x)| (x - law.at(n)).powi(2)).sum();
    let spread: f64 = centred(points.iter().map(|point| point.1)).iter().map(|x| x * x).sum();
    if spread == 0.0 { 0.0 } else { 1.0 - off / spread }
}
