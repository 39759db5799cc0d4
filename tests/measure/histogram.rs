//! The histogram of latencies: quantiles within a thousandth of the sorted values' own.

use windlass::kit::load::nanos_histogram;
use windlass::kit::measure::random::Random;

#[test]
fn quantiles_are_right_to_three_digits() {
    let mut random = Random::new(3);
    for (median_ns, deviation) in [(3_000.0, 0.5), (80_000.0f64, 0.3), (5e6, 1.0), (300e6, 1.5)] {
        let mut histogram = nanos_histogram();
        let drawn = (0..20_000).map(|_| median_ns * (deviation * random.normal()).exp());
        let mut drawn: Vec<u64> = drawn.map(|ns| (ns as u64).clamp(1, 120_000_000_000)).collect();
        drawn.iter().for_each(|ns| histogram.saturating_record(*ns));
        drawn.sort_unstable();
        for quantile in [0.01, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let place = (quantile * drawn.len() as f64).ceil() as usize - 1;
            let (exact, told) = (drawn[place], histogram.value_at_quantile(quantile));
            let off = (told as f64 - exact as f64).abs() / exact as f64;
            assert!(off <= 1e-3, "{quantile} of {median_ns}: {told} for {exact}");
        }
    }
}

#[test]
fn values_beyond_the_bounds_are_counted_at_the_bounds() {
    let mut histogram = nanos_histogram();
    for ns in [0, 1, 400_000_000_000] {
        histogram.saturating_record(ns);
    }
    assert_eq!(histogram.len(), 3);
    let most = histogram.max() as f64;
    assert!((most / 120e9 - 1.0).abs() < 0.2, "{most}");
}
