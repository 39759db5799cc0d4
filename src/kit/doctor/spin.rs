//! The spin test: one thread that does nothing but look at the clock, and how long it is held up.

use std::time::{Duration, Instant};

use super::fact::{Fact, above};

/// How long it spins.
const SPUN: Duration = Duration::from_millis(500);

/// Shorter gaps between two readings are the processor's own business.
const GAP_MIN: Duration = Duration::from_micros(20);

/// A thread that is held up for longer, in all or once: noisy, unusable.
const LOST_SHARE_WARN: f64 = 0.01;
const LOST_SHARE_BAD: f64 = 0.10;
const LONGEST_MS_WARN: f64 = 4.0;
const LONGEST_MS_BAD: f64 = 50.0;

/// What there is to say; takes half a second.
pub(super) fn fact() -> Fact {
    let (lost_share, longest) = spin(SPUN);
    judge(lost_share, longest)
}

fn judge(lost_share: f64, longest: Duration) -> Fact {
    let longest_ms = longest.as_secs_f64() * 1e3;
    let grade = above(lost_share, LOST_SHARE_WARN, LOST_SHARE_BAD).max(above(
        longest_ms,
        LONGEST_MS_WARN,
        LONGEST_MS_BAD,
    ));
    let lost = lost_share * 100.0;
    let found = format!("held up {lost:.2} % of the time, {longest_ms:.2} ms at the longest");
    let change = "a thread that never waits is kept from running: tails are this machine's, not \
                  the server's";
    Fact::graded("spin test", grade, found, change)
}

/// Spins for `time`: the share of it that the thread did not run, and the longest such time.
fn spin(time: Duration) -> (f64, Duration) {
    let began = Instant::now();
    let (mut last, mut lost, mut longest) = (began, Duration::ZERO, Duration::ZERO);
    while last - began < time {
        let now = Instant::now();
        let gap = now - last;
        if gap >= GAP_MIN {
            lost += gap;
            longest = longest.max(gap);
        }
        last = now;
    }
    (lost.as_secs_f64() / (last - began).as_secs_f64().max(1e-9), longest)
}

#[cfg(test)]
mod tests {
    use super::super::fact::Grade;
    use super::*;

    #[test]
    fn who_is_held_up_is_on_a_noisy_machine() {
        let ms = Duration::from_millis;
        assert_eq!(judge(0.001, ms(1)).grade, Grade::Ok);
        assert_eq!(judge(0.001, ms(8)).grade, Grade::Warn);
        assert_eq!(judge(0.05, ms(1)).grade, Grade::Warn);
        assert_eq!(judge(0.3, ms(8)).grade, Grade::Bad);
        let (lost_share, longest) = spin(ms(20));
        assert!((0.0..=1.0).contains(&lost_share), "{lost_share}, {longest:?}");
    }
}
