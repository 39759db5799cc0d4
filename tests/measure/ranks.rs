//! Rank tests against distributions whose answer is known, and the correction for many questions.

use windlass::kit::measure::holm::holm;
use windlass::kit::measure::random::Random;
use windlass::kit::measure::ranks::{paired, paired_least, stratified, unpaired, unpaired_least};

use crate::drawn::{SHAPES, logs};

#[test]
fn p_values_of_small_samples_are_counted_out() {
    // Of 252 ways to split ten values five and five, one is all above and one all below.
    let p = unpaired(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap().p;
    assert!((p - 2.0 / 252.0).abs() < 1e-12, "{p}");
    // Of 64 ways signs may fall, one is all plus and one all minus.
    let shift = paired(&[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).unwrap();
    assert!((shift.p - 2.0 / 64.0).abs() < 1e-12, "{}", shift.p);
    assert!((shift.ratio.median.ln() - 0.35).abs() < 1e-12);
    assert_eq!(paired(&[0.0; 8]).unwrap().p, 1.0);
    assert_eq!(unpaired(&[1.0; 7], &[1.0; 7]).unwrap().p, 1.0);
    assert!(paired(&[]).is_none() && unpaired(&[], &[1.0]).is_none());
    assert!(unpaired(&[1.0], &[]).is_none());
}

#[test]
fn intervals_hold_the_true_change_and_p_agrees_with_them() {
    const DRAWS: usize = 1_000;
    let mut random = Random::new(11);
    for shape in SHAPES {
        for rounds in [8, 20] {
            let (mut held, mut told) = ([0, 0], [0, 0]);
            for _ in 0..DRAWS {
                let old = logs(&mut random, shape, rounds, 0.0, 0.05);
                let new = logs(&mut random, shape, rounds, 0.1, 0.05);
                let same = logs(&mut random, shape, rounds, 0.0, 0.05);
                // Differences of two alike are symmetric, which signed ranks ask for.
                let differences: Vec<f64> = new.iter().zip(&old).map(|(a, b)| a - b).collect();
                let unchanged: Vec<f64> = same.iter().zip(&old).map(|(a, b)| a - b).collect();
                let truth = 0.1f64.exp();
                for (at, shift) in
                    [unpaired(&old, &new), paired(&differences)].into_iter().enumerate()
                {
                    let range = shift.unwrap().ratio;
                    held[at] += usize::from((range.low..=range.high).contains(&truth));
                }
                for (at, shift) in
                    [unpaired(&old, &same), paired(&unchanged)].into_iter().enumerate()
                {
                    let shift = shift.unwrap();
                    let excludes = shift.ratio.low > 1.0 || shift.ratio.high < 1.0;
                    assert!(!excludes || shift.p <= 0.06, "{shift:?}");
                    told[at] += usize::from(shift.p < 0.05);
                }
            }
            for at in [0, 1] {
                assert!(held[at] >= DRAWS * 93 / 100, "{shape:?} {rounds}: {held:?}");
                assert!(told[at] <= DRAWS * 7 / 100, "{shape:?} {rounds}: {told:?}");
            }
        }
    }
}

#[test]
fn many_samples_go_by_the_normal_distribution() {
    let mut random = Random::new(5);
    let (mut told, draws) = (0, 300);
    for _ in 0..draws {
        let old = logs(&mut random, SHAPES[0], 60, 0.0, 0.05);
        let new = logs(&mut random, SHAPES[0], 50, 0.0, 0.05);
        told += usize::from(unpaired(&old, &new).unwrap().p < 0.05);
        let moved: Vec<f64> = new.iter().map(|log| log + 0.05).collect();
        let shift = unpaired(&old, &moved).unwrap();
        assert!(shift.p < 0.02 && shift.ratio.median > 1.0, "{shift:?}");
    }
    assert!((draws / 100..=draws * 8 / 100).contains(&told), "{told} of {draws}");
}

#[test]
fn strange_amounts_of_values_are_bounded() {
    let many: Vec<f64> = (0..1_000_000).map(|at| f64::from(at % 997) / 1e4).collect();
    let moved: Vec<f64> = many.iter().map(|log| log + 0.02).collect();
    let shift = unpaired(&many, &moved).unwrap();
    assert!(shift.ratio.rounds == 1_000 && shift.p < 1e-6, "{shift:?}");
    assert!((shift.ratio.median.ln() - 0.02).abs() < 1e-3, "{shift:?}");
    assert!(paired(&many).unwrap().ratio.rounds == 1_000);
}

#[test]
fn a_family_of_questions_is_rarely_answered_wrong_even_once() {
    let (mut alone, mut corrected, families) = (0, 0, 200);
    let mut random = Random::new(23);
    for _ in 0..families {
        let p: Vec<f64> = (0..30)
            .map(|_| {
                let old = logs(&mut random, SHAPES[0], 12, 0.0, 0.05);
                let new = logs(&mut random, SHAPES[0], 12, 0.0, 0.05);
                unpaired(&old, &new).unwrap().p
            })
            .collect();
        alone += usize::from(p.iter().any(|p| *p < 0.05));
        let holm = holm(&p);
        assert!(p.iter().zip(&holm).all(|(p, corrected)| corrected >= p && *corrected <= 1.0));
        corrected += usize::from(holm.iter().any(|p| *p < 0.05));
    }
    assert!(alone > families / 2, "{alone}");
    assert!(corrected <= families * 8 / 100, "{corrected}");
}

#[test]
fn the_smallest_p_is_known_beforehand() {
    for rounds in 1..=20 {
        let low: Vec<f64> = (0..rounds).map(|n| f64::from(n as u32)).collect();
        let high: Vec<f64> = low.iter().map(|value| value + 100.0).collect();
        let apart = unpaired(&low, &high).unwrap();
        let least = unpaired_least(rounds);
        assert!((apart.p - least).abs() <= 1e-9 * least, "{rounds}: {apart:?} {least}");
        assert_eq!(apart.p, apart.p_least);
        let grown = paired(&high).unwrap();
        let least = paired_least(rounds);
        assert!((grown.p - least).abs() <= 1e-9 * least, "{rounds}: {grown:?} {least}");
        assert_eq!(grown.p, grown.p_least);
    }
    let mixed = unpaired(&[1.0, 5.0, 2.0, 7.0, 3.0, 6.0], &[4.0, 1.5, 6.5, 2.5, 5.5, 3.5]).unwrap();
    assert!(mixed.p > 0.5 && (mixed.p_least - 2.0 / 924.0).abs() < 1e-12, "{mixed:?}");
}

#[test]
fn strata_are_compared_within_and_counted_together() {
    // Two of two against two: each is one in six to be all above.
    let (low, high) = ([1.0, 2.0], [3.0, 4.0]);
    let both = stratified(&[(&low, &high), (&low, &high)]).unwrap();
    assert!((both.p - 2.0 / 36.0).abs() < 1e-12, "{both:?}");
    assert_eq!((both.ratio.rounds, both.p), (4, both.p_least));
    // Strata far apart from each other do not hide what changed in both.
    let (far, further) = ([101.0, 102.0], [103.0, 104.0]);
    let apart = stratified(&[(&low, &high), (&far, &further)]).unwrap();
    assert_eq!((apart.p, apart.ratio.median), (both.p, both.ratio.median));
    // Opposite changes are none, and a stratum without one side says nothing.
    let none = stratified(&[(&low, &high), (&high, &low), (&[], &high)]).unwrap();
    assert!(none.p > 0.9 && (none.ratio.median - 1.0).abs() < 1e-12, "{none:?}");
    assert!(stratified(&[]).is_none() && stratified(&[(&[], &low)]).is_none());
}

#[test]
fn strata_of_any_size_hold_their_level() {
    let mut random = Random::new(29);
    for (strata, rounds) in [(5, 6), (12, 8), (3, 30)] {
        let (mut told, mut held, draws) = (0, 0, 100);
        for _ in 0..draws {
            let drawn: Vec<[Vec<f64>; 2]> = (0..strata)
                .map(|at| {
                    let shape = SHAPES[at % SHAPES.len()];
                    [(); 2].map(|()| logs(&mut random, shape, rounds, at as f64, 0.05))
                })
                .collect();
            let both: Vec<(&[f64], &[f64])> =
                drawn.iter().map(|[old, new]| (&old[..], &new[..])).collect();
            let shift = stratified(&both).unwrap();
            told += usize::from(shift.p < 0.05);
            held += usize::from((shift.ratio.low..=shift.ratio.high).contains(&1.0));
        }
        assert!(told <= draws * 10 / 100, "{strata} of {rounds}: {told}");
        assert!(held >= draws * 90 / 100, "{strata} of {rounds}: {held}");
    }
}

#[test]
fn many_strata_go_by_the_normal_distribution_too() {
    let (old, new): (Vec<f64>, Vec<f64>) =
        (0..20).map(|n| (f64::from(n), f64::from(n) + 0.5)).unzip();
    let p = |strata: usize| stratified(&vec![(&old[..], &new[..]); strata]).unwrap().p;
    // Of 24 all sums are counted, of 26 there are too many.
    let (counted, normal) = (p(24), p(26));
    assert!((0.0..0.02).contains(&(counted - normal)), "{counted} {normal}");
}
