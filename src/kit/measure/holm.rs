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

/// Which of many tests could come out below `level` at all, corrected by [`holm`], when `least` are
/// the smallest p values that their samples can give. A test that could not is no question: left
/// out, it costs the others nothing (Tarone). Sizes of samples alone decide, so that leaving out
/// finds nothing by luck; of several tests alike, all are left out or none.
#[must_use]
pub fn within_reach(least: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..least.len()).collect();
    order.sort_by(|one, other| least[*one].total_cmp(&least[*other]));
    let reached = |count: usize| {
        order[..count]
            .iter()
            .enumerate()
            .all(|(at, test)| least[*test] * ((count - at) as f64) < level)
    };
    // Fewer tests are easier to reach: the most that can all be.
    let (mut can, mut cannot) = (0, least.len() + 1);
    while cannot - can > 1 {
        let middle = can.midpoint(cannot);
        if reached(middle) { can = middle } else { cannot = middle }
    }
    let bound = order.get(can).map_or(f64::INFINITY, |first_out| least[*first_out]);
    least.iter().map(|least| *least < bound).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_reached_is_no_question() {
        let (six, twelve) = (2.0 / 924.0, 2.0 / 2_704_156.0);
        assert_eq!(within_reach(&[six; 4], 0.01), [true; 4], "6 against 6 tell four rows apart");
        assert_eq!(within_reach(&[six; 5], 0.01), [false; 5], "and not five");
        let mixed = [six, twelve, six, six, six, six];
        let expected = [false, true, false, false, false, false];
        assert_eq!(within_reach(&mixed, 0.01), expected);
        assert_eq!(within_reach(&[0.5, 1e-9], 0.05), [false, true]);
        assert_eq!(within_reach(&[0.02, 0.04, 0.001], 0.05), [true; 3], "as Holm corrects");
        assert!(within_reach(&[], 0.01).is_empty());
        assert_eq!(within_reach(&[0.25, 0.125], 0.25), [false, true], "below, not at it");
        assert_eq!(within_reach(&[0.25], 0.25), [false]);
        let many: Vec<f64> = (1..100_000).map(|n| 1e-9 * f64::from(n)).collect();
        let kept = within_reach(&many, 0.01);
        let least: Vec<f64> = many.iter().zip(&kept).filter_map(|(p, k)| k.then_some(*p)).collect();
        assert!(!least.is_empty() && holm(&least).iter().all(|p| *p < 0.01));
    }

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
