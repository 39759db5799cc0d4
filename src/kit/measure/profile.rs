//! How long the measuring may take.

use std::time::Duration;

use super::rounds::Plan;

/// A claimed ratio that is not known well enough after so many rounds stays undecided.
const ROUNDS_MAX_AT_A_BAR: usize = 60;

/// Rounds of a first look.
const ROUNDS_QUICK: usize = 8;

/// How long the measuring may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `--quick`: a first look, wide intervals.
    Quick,
    /// No flag: all benches in about ten minutes.
    Default,
    /// `--all`, `--full`: the full set, as long as it takes.
    All,
}

impl Profile {
    /// The word records carry.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Default => "default",
            Self::All => "all",
        }
    }

    /// How long one sample is, from how long it is in the default profile.
    #[must_use]
    pub fn sample(self, default: Duration) -> Duration {
        match self {
            Self::Quick => default / 3,
            Self::Default => default,
            Self::All => default * 2,
        }
    }

    /// The plan for this profile, from the one for the default profile. `at_a_bar`: the subject is
    /// held to a ratio, which is worth more rounds while the budget lasts.
    #[must_use]
    pub fn plan(self, default: &Plan, at_a_bar: bool) -> Plan {
        let rounds_max = match at_a_bar {
            true => default.rounds_max.max(ROUNDS_MAX_AT_A_BAR),
            false => default.rounds_max,
        };
        match self {
            Self::Quick => {
                let rounds = (default.rounds_min / 2).max(ROUNDS_QUICK).min(default.rounds_min);
                Plan { rounds_min: rounds, rounds_max: rounds, repeats_max: 2, ..*default }
            }
            // All benches in turn: more rounds than the fewest for half as long.
            Self::Default => Plan { rounds_max, budget: default.budget / 2, ..*default },
            Self::All => Plan {
                rounds_min: default.rounds_min.max(20),
                rounds_max: rounds_max.max(60),
                budget: default.budget * 8,
                repeats_max: default.repeats_max * 2,
                ..*default
            },
        }
    }
}
