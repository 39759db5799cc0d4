//! The knee of a latency-throughput curve: where more load begins to cost more than it brings.
//!
//! It is where the *power*, throughput divided by latency, is greatest (L. Kleinrock, *Power and
//! deterministic rules of thumb for probabilistic problems in computer communications*, ICC 1979).
//! Before that point throughput grows faster than latency, behind it latency faster than
//! throughput. No axis is scaled and nothing is tuned: methods that look for the bend of a scaled
//! curve (Kneedle) move their answer when one more point is measured far out.
//!
//! Limits: the knee is one of the measured points, so it is known as finely as they are spaced;
//! where the power is flat, noise chooses among neighbours, which is why a range is told
//! too; and it is a rule of thumb for a balance, not for any bound on the latency.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Points whose power is at least this share of the greatest are as good as the knee.
const AS_GOOD: f64 = 0.90;
/// With fewer points than this there is no curve.
pub const POINTS_MIN: usize = 3;

/// One measured load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// What was completed, per second.
    pub throughput: f64,
    /// What one took, in any unit, the same for all points.
    pub latency: f64,
}

/// Where the knee is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// The measured point with the greatest power.
    pub at: Load,
    /// The smallest throughput that is as good, within a tenth of the power.
    pub from: f64,
    /// The largest throughput that is as good.
    pub to: f64,
    /// Whether a knee was seen, or lies outside what was measured.
    pub place: Place,
}

/// Where the knee lies on the measured curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Within: both sides of it were measured.
    Within,
    /// The power still grew at the highest load: the knee lies there or beyond.
    Beyond,
    /// The power fell from the lowest load on: the knee lies there or below.
    Below,
}

/// Why there is no knee to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KneeError {
    /// Fewer than [`POINTS_MIN`] points.
    TooFew(usize),
    /// This point's throughput or latency is not above zero.
    Invalid(Load),
}

impl fmt::Display for KneeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew(points) => {
                write!(f, "{points} points are no curve; a knee needs at least {POINTS_MIN}")
            }
            Self::Invalid(Load { throughput, latency }) => {
                write!(f, "throughput {throughput} and latency {latency}: both must be above zero")
            }
        }
    }
}

impl std::error::Error for KneeError {}

/// Finds the knee of a curve given in the order of rising load.
///
/// # Errors
/// [`KneeError`]: too few points, or values that are not above zero.
pub fn knee(curve: &[Load]) -> Result<Knee, KneeError> {
    if curve.len() < POINTS_MIN {
        return Err(KneeError::TooFew(curve.len()));
    }
    let fine = |value: f64| value.is_finite() && value > 0.0;
    if let Some(point) = curve.iter().find(|p| !fine(p.throughput) || !fine(p.latency)) {
        return Err(KneeError::Invalid(*point));
    }
    let power = |point: &Load| point.throughput / point.latency;
    let (mut best, last) = (0, curve.len() - 1);
    for at in 1..=last {
        if power(&curve[at]) > power(&curve[best]) {
            best = at;
        }
    }
    let good = |at: &usize| power(&curve[*at]) >= AS_GOOD * power(&curve[best]);
    let first_good = (0..=best).rev().take_while(good).last().unwrap_or(best);
    let last_good = (best..=last).take_while(good).last().unwrap_or(best);
    let reached = curve[first_good..=last_good].iter().map(|point| point.throughput);
    let place = match best {
        0 => Place::Below,
        at if at == last => Place::Beyond,
        _ => Place::Within,
    };
    Ok(Knee {
        at: curve[best],
        from: reached.clone().fold(f64::INFINITY, f64::min),
        to: reached.fold(0.0, f64::max),
        place,
    })
}
