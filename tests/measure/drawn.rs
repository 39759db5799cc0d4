//! Samples drawn from distributions whose median is known, always the same for the same seed.

use windlass::kit::measure::random::Random;

/// What is drawn from: each has median 0 on the log scale.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Normal, so that the values themselves are lognormal.
    Lognormal,
    /// A long tail to one side: exponential.
    Skewed,
    /// Tails without a variance: Student's t with two degrees of freedom.
    Heavy,
}

pub(crate) const SHAPES: [Shape; 3] = [Shape::Lognormal, Shape::Skewed, Shape::Heavy];

/// `count` log ratios around `centre`, of about this deviation.
pub(crate) fn logs(
    random: &mut Random,
    shape: Shape,
    count: usize,
    centre: f64,
    deviation: f64,
) -> Vec<f64> {
    let mut one = || match shape {
        Shape::Lognormal => random.normal(),
        Shape::Skewed => -(1.0 - random.unit()).ln() - std::f64::consts::LN_2,
        Shape::Heavy => random.normal() / (-(1.0 - random.unit()).ln()).sqrt(),
    };
    (0..count).map(|_| centre + deviation * one()).collect()
}
