//! The spin test, as a fact.

use crate::kit::measure::noise::{Grade as Seen, Spin, spin_test};

use super::fact::{Fact, Grade};

/// What there is to say; takes a third of a second.
pub(super) fn fact() -> Fact {
    judge(&spin_test())
}

fn judge(spin: &Spin) -> Fact {
    let grade = match spin.grade {
        Seen::Quiet => Grade::Ok,
        Seen::Noisy => Grade::Warn,
        Seen::Unusable => Grade::Bad,
    };
    let (lost, longest) = (spin.lost_share * 100.0, spin.gap_ms_max);
    let found = format!("held up {lost:.2} % of the time, {longest:.2} ms at the longest");
    let change = "a thread that never waits is kept from running: tails are this machine's, not \
                  the server's";
    Fact::graded("spin test", grade, found, change)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_held_up_is_on_a_noisy_machine() {
        let of = |grade| judge(&Spin { grade, ..Spin::default() }).grade;
        assert_eq!(of(Seen::Quiet), Grade::Ok);
        assert_eq!(of(Seen::Noisy), Grade::Warn);
        assert_eq!(of(Seen::Unusable), Grade::Bad);
    }
}
