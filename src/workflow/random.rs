//! Random numbers that a seed repeats.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A small generator of random numbers: the same seed gives the same numbers, on every machine. For
/// jitter, sampling and simulations; not for secrets.
///
/// SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014, with the constants of S. Vigna's `splitmix64.c`.
///
/// ```
/// use windlass::workflow::random::Random;
///
/// let (mut one, mut other) = (Random::new(42), Random::new(42));
/// assert_eq!(one.next_u64(), other.next_u64());
/// assert!(one.below(6) < 6);
/// assert!((0.0..1.0).contains(&one.unit()));
/// ```
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of that seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Numbers that differ from run to run, by the seed that the system gives to hash maps.
    pub fn unpredictable() -> Self {
        Self(RandomState::new().hash_one(()))
    }

    /// The next of all numbers.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number less than `bound`, each as likely as any other; 0 when `bound` is 0.
    ///
    /// D. Lemire, "Fast random integer generation in an interval", 2019.
    pub fn below(&mut self, bound: u64) -> u64 {
        loop {
            let product = u128::from(self.next_u64()) * u128::from(bound);
            let low = product as u64;
            // Only few of the low halves make some numbers likelier than others: those are drawn
            // anew.
            if low >= bound || low >= bound.wrapping_neg() % bound.max(1) {
                return (product >> 64) as u64;
            }
        }
    }

    /// A number from 0 to less than 1, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// `true` with that probability; never for 0 or less, always for 1 or more.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A time from zero to `longest`, both included, by the nanosecond. At most 584 years.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let longest_ns = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(match longest_ns.checked_add(1) {
            Some(bound) => self.below(bound),
            None => self.next_u64(),
        })
    }

    /// Another generator, whose numbers have nothing to do with the following ones of this.
    pub fn split(&mut self) -> Self {
        Self(self.next_u64())
    }
}
