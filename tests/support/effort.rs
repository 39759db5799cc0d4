//! How much a test is asked to do, by the environment.

/// How many times the usual number of rounds: `WINDLASS_ROUNDS=20` takes twenty times as long.
pub(crate) fn times() -> u64 {
    number("WINDLASS_ROUNDS")
}

/// The first round's seed: `WINDLASS_SEED=7` makes other rounds than the last time.
pub(crate) fn seed() -> u64 {
    number("WINDLASS_SEED")
}

fn number(variable: &str) -> u64 {
    let Ok(text) = std::env::var(variable) else {
        return 1;
    };
    let Ok(number) = text.parse() else {
        panic!("{variable}={text} is no number");
    };
    number
}
