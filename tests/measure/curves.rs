//! Curves whose answer is known, with and without noise: scalability fits and knees.

use windlass::kit::measure::knee::{KneeError, Load, Place, knee};
use windlass::kit::measure::random::Random;
use windlass::kit::measure::usl::{FitError, Usl, fit};

fn law(lambda: f64, sigma: f64, kappa: f64) -> Usl {
    Usl { lambda, sigma, kappa, r_squared: 1.0, peak: None }
}

const NS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

fn near(one: f64, other: f64, share: f64) -> bool {
    (one - other).abs() <= share * other.abs().max(1e-9)
}

#[test]
fn exact_curves_give_their_own_coefficients_back() {
    for (lambda, sigma, kappa) in [
        (995.6, 0.0267, 0.000_769),
        (1.0, 0.0, 0.0),
        (40_000.0, 0.3, 0.0),
        (12.0, 0.0, 0.002),
        (5e6, 0.9, 1e-5),
        (100.0, 1.4, 0.01),
    ] {
        let truth = law(lambda, sigma, kappa);
        let points = NS.map(|n| (n, truth.at(n)));
        let found = fit(&points).unwrap();
        assert!(near(found.lambda, lambda, 1e-9), "{truth:?} {found:?}");
        assert!((found.sigma - sigma).abs() < 1e-9, "{truth:?} {found:?}");
        assert!((found.kappa - kappa).abs() < 1e-12, "{truth:?} {found:?}");
        assert!(found.r_squared > 1.0 - 1e-12, "{found:?}");
    }
}

/// What is left of the relative errors' squares with the best lambda for these two.
fn left(points: &[(f64, f64)], sigma: f64, kappa: f64) -> f64 {
    let one = law(1.0, sigma, kappa);
    let gaps: Vec<f64> = points.iter().map(|&(n, x)| (x / one.at(n)).ln()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    gaps.iter().map(|gap| (gap - mean).powi(2)).sum()
}

#[test]
fn no_neighbour_of_a_fit_is_better() {
    let mut random = Random::new(21);
    for turn in 0..400 {
        let sigma = [0.0, 1.2 * random.unit().powi(3)][turn % 2];
        let kappa = [0.0, 10f64.powf(-5.0 * random.unit())][turn / 2 % 2];
        let (truth, noise) = (law(1e3, sigma, kappa), [0.001, 0.05, 0.3][turn % 3]);
        let points: Vec<(f64, f64)> = NS[..4 + random.below(5)]
            .iter()
            .flat_map(|n| [(*n, random.normal()), (*n, random.normal())])
            .map(|(n, off)| (n, truth.at(n) * (noise * off).exp()))
            .collect();
        let found = fit(&points).unwrap();
        let least = left(&points, found.sigma, found.kappa);
        let bar = least * (1.0 - 1e-9);
        for (by_sigma, by_kappa) in [(1.001, 1.0), (0.999, 1.0), (1.0, 1.001), (1.0, 0.999)] {
            let beside = left(&points, found.sigma * by_sigma, found.kappa * by_kappa);
            assert!(beside >= bar, "{truth:?} {noise}: {found:?}, {least} but {beside}");
        }
        for (more_sigma, more_kappa) in [(1e-4, 0.0), (0.0, 1e-6), (1e-4, 1e-6)] {
            let beside = left(&points, found.sigma + more_sigma, found.kappa + more_kappa);
            assert!(beside >= bar, "{truth:?} {noise}: {found:?}, {least} but {beside}");
        }
        let values = points.iter().map(|(_, x)| *x);
        let mean = values.clone().sum::<f64>() / points.len() as f64;
        let off: f64 = points.iter().map(|&(n, x)| (x - found.at(n)).powi(2)).sum();
        let explained = 1.0 - off / values.map(|x| (x - mean).powi(2)).sum::<f64>();
        assert!((found.r_squared - explained).abs() < 1e-9, "{found:?} {explained}");
        if let Some(peak) = found.peak {
            let n = ((1.0 - found.sigma) / found.kappa).sqrt();
            assert!(near(peak.n, if n > 1.0 { n } else { 1.0 }, 1e-9), "{found:?}");
            assert!(near(peak.x, found.at(peak.n), 1e-9), "{found:?}");
        }
    }
}

#[test]
fn noise_of_a_few_percent_moves_the_coefficients_by_little() {
    let truth = law(1_000.0, 0.05, 0.000_5);
    let mut random = Random::new(9);
    for _ in 0..60 {
        let mut points = Vec::new();
        for _ in 0..5 {
            points.extend(NS.map(|n| (n, truth.at(n) * (0.03 * random.normal()).exp())));
        }
        let found = fit(&points).unwrap();
        assert!(near(found.lambda, 1_000.0, 0.06), "{found:?}");
        assert!((found.sigma - 0.05).abs() < 0.015, "{found:?}");
        assert!(near(found.kappa, 0.000_5, 0.2), "{found:?}");
        assert!(found.r_squared > 0.95 && found.r_squared <= 1.0, "{found:?}");
        let peak = found.peak.unwrap();
        assert!(near(peak.n, (0.95f64 / 0.000_5).sqrt(), 0.15) && peak.measured, "{peak:?}");
        assert!(near(peak.x, truth.at(43.6), 0.05), "{peak:?}");
    }
}

#[test]
fn coefficients_are_never_below_zero_and_a_peak_may_lie_beyond() {
    // Better than linear: the law has no such thing, and says linear.
    let found = fit(&NS.map(|n| (n, 10.0 * n.powf(1.1)))).unwrap();
    assert_eq!((found.sigma, found.kappa, found.peak), (0.0, 0.0, None));
    let few = [1.0, 2.0, 3.0, 4.0].map(|n| (n, law(10.0, 0.01, 0.001).at(n)));
    let peak = fit(&few).unwrap().peak.unwrap();
    assert!(!peak.measured && near(peak.n, 31.46, 0.02), "{peak:?}");
    let falls = fit(&NS.map(|n| (n, 10.0 / n))).unwrap();
    assert!(falls.peak.is_none_or(|peak| peak.n < 2.0), "{falls:?}");
    let flat = fit(&NS.map(|n| (n, 10.0))).unwrap();
    assert!(near(flat.sigma, 1.0, 1e-3) && flat.r_squared == 0.0, "{flat:?}");
}

#[test]
fn what_cannot_be_fitted_is_told() {
    let two = [(1.0, 10.0), (2.0, 19.0), (2.0, 18.0)];
    assert_eq!(fit(&two), Err(FitError::TooFew(2)));
    assert!(fit(&two).unwrap_err().to_string().contains("measure at least 4"));
    let zero = [(1.0, 1.0), (2.0, 0.0), (3.0, 1.0), (4.0, 1.0)];
    assert_eq!(fit(&zero), Err(FitError::Invalid { n: 2.0, x: 0.0 }));
    let half = [(0.5, 1.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)];
    assert_eq!(fit(&half), Err(FitError::Invalid { n: 0.5, x: 1.0 }));
    assert!(fit(&[]).is_err());
}

/// An open queue with one server that does 1000 a second: latency 1 / (capacity - rate).
fn queue(rates: &[f64], noise: f64, random: &mut Random) -> Vec<Load> {
    let curve = rates.iter().map(|rate| Load {
        offered: *rate,
        answered: *rate,
        latency: 1e3 / (1_000.0 - rate) * (noise * random.normal()).exp(),
    });
    curve.collect()
}

#[test]
fn the_knee_of_a_queue_is_at_half_its_capacity() {
    let rates: Vec<f64> = (1..20).map(|step| f64::from(step) * 50.0).collect();
    let mut random = Random::new(1);
    let found = knee(&queue(&rates, 0.0, &mut random)).unwrap();
    assert_eq!((found.at.answered, found.place), (500.0, Place::Within));
    assert!(found.from <= 400.0 && found.to >= 600.0, "{found:?}");
    for _ in 0..100 {
        let found = knee(&queue(&rates, 0.05, &mut random)).unwrap();
        assert!((300.0..=700.0).contains(&found.at.answered), "{found:?}");
        assert_eq!(found.place, Place::Within);
    }
}

/// Flat at 1 ms up to 8000 a second; of what is offered beyond no more is answered, and latencies
/// grow by `wait` ms for each 8000.
fn hockey_stick(loads: std::ops::RangeInclusive<u32>, wait: f64) -> Vec<Load> {
    let at = |step| {
        let offered = f64::from(step) * 1_000.0;
        let latency = 1.0 + (offered / 8e3 - 1.0).max(0.0) * wait;
        Load { offered, answered: offered.min(8_000.0), latency }
    };
    loads.map(at).collect()
}

#[test]
fn the_knee_of_a_hockey_stick_is_its_bend() {
    let found = knee(&hockey_stick(1..=16, 50.0)).unwrap();
    assert_eq!((found.at.answered, found.at.latency), (8_000.0, 1.0));
    assert_eq!((found.from, found.to, found.place), (8_000.0, 8_000.0, Place::Within));
}

#[test]
fn what_is_not_answered_is_beyond_the_knee() {
    // Requests that are dropped leave the latency of the others flat: by the offered rate the power
    // would grow on and on. Even where it falls, the saturated loads are no candidates.
    for wait in [0.0, -0.5] {
        let found = knee(&hockey_stick(1..=16, wait)).unwrap();
        assert_eq!((found.at.offered, found.at.answered), (8_000.0, 8_000.0));
        assert_eq!((found.to, found.place), (8_000.0, Place::Within));
    }
    // Saturation is the other side: the knee is the last load that was answered.
    let last = knee(&hockey_stick(6..=9, 0.0)).unwrap();
    assert_eq!((last.at.offered, last.place), (8_000.0, Place::Within));
    let open = knee(&hockey_stick(6..=8, 0.0)).unwrap();
    assert_eq!((open.at.offered, open.place), (8_000.0, Place::Beyond));
    let never = knee(&hockey_stick(9..=12, 0.0)).unwrap();
    assert_eq!((never.at.offered, never.at.answered), (9_000.0, 8_000.0));
    assert_eq!(never.place, Place::Below);
}

#[test]
fn a_load_is_saturated_below_99_of_100_and_ends_the_curve() {
    let load = |offered, share, latency| Load { offered, answered: offered * share, latency };
    assert!(!load(100.0, 0.99, 1.0).is_saturated() && load(100.0, 0.989, 1.0).is_saturated());
    // What comes behind a saturated load is beyond the knee, also where it was answered.
    let curve = [
        load(100.0, 1.0, 1.0),
        load(200.0, 0.995, 1.0),
        load(300.0, 0.9, 1.0),
        load(400.0, 1.0, 1.0),
    ];
    let found = knee(&curve).unwrap();
    assert_eq!((found.at, found.place), (curve[1], Place::Within));
}

#[test]
fn a_knee_outside_of_what_was_measured_is_said_to_be_there() {
    let mut random = Random::new(1);
    let low = knee(&queue(&[100.0, 200.0, 300.0], 0.0, &mut random)).unwrap();
    assert_eq!(low.place, Place::Beyond);
    let high = knee(&queue(&[700.0, 800.0, 900.0], 0.0, &mut random)).unwrap();
    assert_eq!(high.place, Place::Below);
    assert_eq!(knee(&queue(&[1.0, 2.0], 0.0, &mut random)), Err(KneeError::TooFew(2)));
    let right = Load { offered: 1.0, answered: 1.0, latency: 1.0 };
    let wrong = [
        Load { latency: 0.0, ..right },
        Load { answered: 0.0, ..right },
        Load { offered: f64::NAN, ..right },
    ];
    for wrong in wrong {
        let Err(KneeError::Invalid(told)) = knee(&[right, wrong, wrong]) else {
            panic!("{wrong:?} is no load");
        };
        assert_eq!(format!("{told:?}"), format!("{wrong:?}"));
    }
}

#[test]
fn what_a_fit_refuses() {
    let good = [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0)];
    assert!(fit(&good).is_ok() && fit(&good[..3]) == Err(FitError::TooFew(3)));
    for bad in [(f64::INFINITY, 1.0), (1.0, f64::INFINITY), (0.9, 1.0), (1.0, 0.0), (1.0, -1.0)] {
        let mut points = good.to_vec();
        points.push(bad);
        let (n, x) = bad;
        let told = fit(&points).unwrap_err();
        assert_eq!(told, FitError::Invalid { n, x });
        assert!(told.to_string().starts_with(&format!("N = {n} with throughput {x}: N must")));
    }
}

#[test]
fn knees_at_their_bounds() {
    let curve = |points: &[(f64, f64)]| {
        let all = |&(rate, latency)| Load { offered: rate, answered: rate, latency };
        knee(&points.iter().map(all).collect::<Vec<_>>())
    };
    // Powers 1, 9, 10, 10, 9, 8.9: the first of the greatest, and a tenth less is as good.
    let seen =
        curve(&[(1.0, 1.0), (9.0, 1.0), (10.0, 1.0), (20.0, 2.0), (27.0, 3.0), (89.0, 10.0)]);
    let seen = seen.unwrap();
    assert_eq!((seen.at.answered, seen.from, seen.to), (10.0, 9.0, 27.0));
    assert_eq!(seen.place, Place::Within);
    for bad in [f64::INFINITY, f64::NAN, 0.0, -1.0] {
        assert!(curve(&[(1.0, 1.0), (2.0, 1.0), (bad, 1.0)]).is_err(), "{bad}");
        let told = curve(&[(1.0, 1.0), (2.0, bad), (3.0, 1.0)]).unwrap_err().to_string();
        assert!(
            told.starts_with("2 answered of 2 offered, latency") && told.contains("above zero")
        );
    }
    let told = curve(&[(1.0, 1.0)]).unwrap_err().to_string();
    assert_eq!(told, "1 points are no curve; a knee needs at least 3");
}
