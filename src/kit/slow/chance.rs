//! Chance that repeats: a number for each seed, key and call.
//!
//! splitmix64 (S. Vigna, public domain, 2015) over FNV-1a of the key.

/// What the numbers are drawn for, so that one does not follow from another.
#[derive(Clone, Copy)]
pub(super) enum For {
    Failure = 1,
    Moment = 2,
    Jitter = 3,
}

/// A number from 0 to 1 (excluded) for the `call`th call with `key`.
pub(super) fn chance(seed: u64, key: &str, call: u64, what: For) -> f64 {
    let fnv = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let state = mix(seed) ^ mix(fnv) ^ mix(call.wrapping_mul(8) + what as u64);
    (mix(state) >> 11) as f64 / (1_u64 << 53) as f64
}

fn mix(state: u64) -> u64 {
    let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_the_one_asked_for_and_repeats() {
        let below = |seed, share| {
            let keys = (0..10_000).map(|key| format!("order-{key}"));
            keys.filter(|key| chance(seed, key, 1, For::Failure) < share).count()
        };
        assert!((2_800..3_200).contains(&below(1, 0.3)), "{}", below(1, 0.3));
        assert_eq!((below(2, 0.0), below(2, 1.0)), (0, 10_000));
        assert_eq!(below(3, 0.3), below(3, 0.3));
        let calls = (0..10_000).filter(|call| chance(1, "one", *call, For::Jitter) < 0.5).count();
        assert!((4_800..5_200).contains(&calls), "{calls}");
    }
}
