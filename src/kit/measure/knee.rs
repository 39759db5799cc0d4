//! The knee of a latency-throughput curve: where more load begins to cost more than it brings.
//!
//! It is where the *power*, throughput divided by latency, is greatest (L. Kleinrock, *Power and
//! deterministic rules of thumb for probabilistic problems in computer communications*, ICC 1979).
//! Before that point throughput grows faster than latency, behind it latency faster than
//! throughput. Throughput is what was *answered*, not what was offered. A load of which less than
//! [`ANSWERED_MIN`] was answered in time is *saturated*: what it leaves waits longer and longer, so
//! its latency says how long one looked. Where the first such load is met the curve ends: that load
//! and all higher ones lie beyond the knee, whatever their power.
//!
//! No axis is scaled and nothing is tuned: methods that look for the bend of a scaled
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

/// A load of which a smaller share than this was answered in time is saturated.
pub const ANSWERED_MIN: f64 = 0.99;

/// One measured load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// What was asked for, per second.
    pub offered: f64,
    /// What was answered of it in time, per second.
    pub answered: f64,
    /// What one took, in any unit, the same for all points.
    pub latency: f64,
}

impl Load {
    /// Whether more was asked for than could be answered ([`ANSWERED_MIN`]).
    #[must_use]
    pub fn is_saturated(&self) -> bool {
        self.answered < ANSWERED_MIN * self.offered
    }
}

/// Where the knee is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// The measured point with the greatest power.
    pub at: Load,
    /// The smallest answered rate that is as good, within a tenth of the power.
    pub from: f64,
    /// The largest answered rate that is as good.
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
    /// The power still grew at the highest load, which was answered: the knee lies there or beyond.
    Beyond,
    /// The power fell from the lowest load on, or that was saturated already: the knee lies there
    /// or below.
    Below,
}

/// Why there is no knee to tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KneeError {
    /// Fewer than [`POINTS_MIN`] points.
    TooFew(usize),
    /// A rate or the latency of this point is not above zero.
    Invalid(Load),
}

impl fmt::Display for KneeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew(points) => {
                write!(f, "{points} points are no curve; a knee needs at least {POINTS_MIN}")
            }
            Self::Invalid(Load { offered, answered, latency }) => write!(
                f,
                "{answered} answered of {offered} offered, latency {latency}: all must be above \
                 zero"
            ),
        }
    }
}

impl std::error::Error for KneeError {}

/// Finds the knee of a curve given in the order of rising offered load.
///
/// # Errors
/// [`KneeError`]: too few points, or values that are not above zero.
pub fn knee(curve: &[Load]) -> Result<Knee, KneeError> {
    if curve.len() < POINTS_MIN {
        return Err(KneeError::TooFew(curve.len()));
    }
    let fine = |point: &&Load| {
        let values = [point.offered, point.answered, point.latency];
        values.iter().all(|value| value.is_finite() && *value > 0.0)
    };
    if let Some(point) = curve.iter().find(|point| !fine(point)) {
        return Err(KneeError::Invalid(*point));
    }
    let saturated = curve.iter().position(Load::is_saturated);
    // Of a curve that is saturated from its first load on, only that load can be told.
    let kept = &curve[..saturated.unwrap_or(curve.len()).max(1)];
    let power = |point: &Load| point.answered / point.latency;
    let (mut best, last) = (0, kept.len() - 1);
    for at in 1..=last {
        if power(&kept[at]) > power(&kept[best]) {
            best = at;
        }
    }
    let good = |at: &usize| power(&kept[*at]) >= AS_GOOD * power(&kept[best]);
    let first_good = (0..=best).rev().take_while(good).last().unwrap_or(best);
    let last_good = (best..=last).take_while(good).last().unwrap_or(best);
    let reached = kept[first_good..=last_good].iter().map(|point| point.answered);
    let place = match best {
        0 => Place::Below,
        at if at == last && saturated.is_none() => Place::Beyond,
        _ => Place::Within,
    };
    Ok(Knee {
        at: kept[best],
        from: reached.clone().fold(f64::INFINITY, f64::min),
        to: reached.fold(0.0, f64::max),
        place,
    })
}
