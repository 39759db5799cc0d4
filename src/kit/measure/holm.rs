//! Many questions at once: p values made larger, so that asking often finds nothing by luck.

/// Holm's correction: each p value as it counts among all of them. Calling those below `a`
/// changes calls even one unchanged thing changed with probability `a` at most, however the
/// tests depend on each other.
#[must_use]
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let mut corrected = vec![1.0; p.len()];
    let mut least = 0.0f64;
    for (place, &at) in order.iter().enumerate() {
        least = least.max((p[at] * (p.len() - place) as f64).min(1.0));
        corrected[at] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        let off = corrected.iter().zip(expected).map(|(one, other)| (one - other).abs());
        assert!(off.fold(0.0, f64::max) < 1e-12, "{corrected:?}");
        assert_eq!(holm(&[0.7, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
