//! Random numbers: the published ones, in their bounds, evenly.

use std::time::Duration;

use proptest::prelude::*;
use windlass::workflow::random::Random;

use crate::polled::cases;

#[test]
fn the_numbers_are_the_published_ones() {
    let mut random = Random::new(1_234_567);
    let published = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];
    assert_eq!(published.map(|_| random.next_u64()), published);
}

#[test]
fn seeds_by_the_system_differ() {
    let (mut one, mut other) = (Random::unpredictable(), Random::unpredictable());
    assert_ne!(one.next_u64(), other.next_u64());
    let mut split = one.split();
    assert_ne!(one.next_u64(), split.next_u64());
}

#[test]
fn all_numbers_below_a_bound_are_as_likely() {
    let mut random = Random::new(7);
    for bound in [3, 6, 10] {
        let mut seen = vec![0_u32; bound as usize];
        for _ in 0..10_000 * bound {
            seen[random.below(bound) as usize] += 1;
        }
        // Five standard deviations of a binomial count: 10,000 on average.
        assert!(seen.iter().all(|count| count.abs_diff(10_000) < 500), "{seen:?}");
    }
}

#[test]
fn a_bound_that_rejects_nearly_half_is_met() {
    let mut random = Random::new(11);
    let bound = (1 << 63) + 1;
    let high = (0..1000).filter(|_| random.below(bound) >= bound / 2).count();
    assert!((400..600).contains(&high), "{high}");
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn numbers_keep_their_bounds(seed: u64, bound: u64, ns: u64, s: u64) {
        let mut random = Random::new(seed);
        prop_assert!(random.below(bound) < bound.max(1));
        prop_assert!((0.0..1.0).contains(&random.unit()));
        prop_assert!(random.up_to(Duration::from_nanos(ns)) <= Duration::from_nanos(ns));
        prop_assert!(random.up_to(Duration::from_secs(s)) <= Duration::from_secs(s));
        prop_assert!(!random.chance(0.0) && random.chance(1.0));
    }
}

#[test]
fn times_reach_both_ends() {
    let mut random = Random::new(1);
    let times: Vec<_> =
        (0..100).map(|_| random.up_to(Duration::from_nanos(2)).as_nanos()).collect();
    assert!((0..=2).all(|ns| times.contains(&ns)));
    assert_eq!(random.up_to(Duration::ZERO), Duration::ZERO);
    assert!(random.up_to(Duration::MAX) > Duration::from_secs(1));
}
