//! Which way round a ratio is held to its bar, and what being level with it means.

use serde::{Deserialize, Serialize};

use super::statistics::{self, Interval, ROUNDS_MIN, SMALLEST_EFFECT, Verdict};

/// What is claimed of a ratio (above 1 the subject is better), or of a value.
///
/// Who claims to be better is refuted by being level; who claims to be as good is confirmed by it.
/// Only an interval that is too wide to tell leaves these two undecided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A ratio of at least the bar (or a value that keeps to it). What lies within the smallest
    /// effect around the bar decides nothing.
    #[default]
    AtLeast,
    /// A ratio above the bar (1, or more) by an effect that counts.
    Beats,
    /// A ratio that is not below the bar (1, or less) by an effect that counts.
    NoWorse,
    /// A ratio that is not above the bar (1, or more) by an effect that counts.
    NoBetter,
    /// A value that is at most the bar in every single round.
    Never,
}

impl Rule {
    /// Judges a ratio that is held to `bar`. Effects below `smallest` (a share; [`SMALLEST_EFFECT`]
    /// at least) do not count, and a bar that is farther from 1 than that is its own tolerance. To
    /// be level is to be within [`SMALLEST_EFFECT`], or the tolerance, however large `smallest` is:
    /// what a disturbed control hides decides nothing. Fewer than [`ROUNDS_MIN`] rounds neither.
    #[must_use]
    pub fn judge(self, ratio: &Interval, bar: f64, smallest: f64) -> Verdict {
        let verdict = |is_so: Option<bool>| match is_so {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Refuted,
            None => Verdict::Undecided,
        };
        match self {
            Self::AtLeast | Self::Never => statistics::judge(ratio, bar, smallest),
            Self::Beats => verdict(beats(ratio, bar, smallest)),
            Self::NoBetter => verdict(beats(ratio, bar, smallest).map(|it| !it)),
            Self::NoWorse => verdict(beats(&ratio.inverse(), 1.0 / bar, smallest).map(|it| !it)),
        }
    }

    /// About how many more rounds would decide an undecided ratio, as
    /// [`rounds_needed`](statistics::rounds_needed) says it.
    #[must_use]
    pub fn rounds_more(self, seen: &Interval, bar: f64, smallest: f64) -> Option<usize> {
        let beats = |seen: &Interval, bar: f64| {
            let (level, least) = edges(bar, smallest);
            // A median between the two stays there, however many rounds there are.
            let edge = match seen.median {
                median if median > least => least,
                median if median < level => level,
                _ => return None,
            };
            statistics::rounds_needed(seen, edge, 0.0)
        };
        match self {
            Self::AtLeast => statistics::rounds_needed(seen, bar, smallest),
            Self::Never => ROUNDS_MIN.checked_sub(seen.rounds).filter(|more| *more > 0),
            Self::Beats | Self::NoBetter => beats(seen, bar),
            Self::NoWorse => beats(&seen.inverse(), 1.0 / bar),
        }
    }

    /// What is claimed, with the bar as it is to be shown: `at least 2.00×`.
    #[must_use]
    pub fn said(self, bar: f64, shown: &str) -> String {
        let within = 1.0 + SMALLEST_EFFECT;
        let is_even = bar < within && bar > 1.0 / within;
        let percent = SMALLEST_EFFECT * 100.0;
        match self {
            Self::AtLeast => format!("at least {shown}"),
            Self::Beats if is_even => format!("more than {shown} by {percent:.0} % or more"),
            Self::Beats => format!("more than {shown}"),
            Self::NoWorse if is_even => format!("at least {shown} or level with it"),
            Self::NoWorse => format!("at least {shown}"),
            Self::NoBetter if is_even => format!("at most {shown} or level with it"),
            Self::NoBetter => format!("at most {shown}"),
            Self::Never => format!("never more than {shown}"),
        }
    }
}

/// Up to where a ratio is level with `bar`, and beyond what it is above it by what counts.
fn edges(bar: f64, smallest: f64) -> (f64, f64) {
    let at_least = |effect: f64| bar.max(1.0 + effect);
    (at_least(SMALLEST_EFFECT), at_least(smallest.max(SMALLEST_EFFECT)))
}

/// Whether the ratio is above `bar` by what counts; `None` where the interval does not tell.
fn beats(ratio: &Interval, bar: f64, smallest: f64) -> Option<bool> {
    let (level, least) = edges(bar, smallest);
    if ratio.rounds < ROUNDS_MIN {
        None
    } else if ratio.high <= level {
        Some(false)
    } else if ratio.low > least {
        Some(true)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Holds, Refuted, Undecided};

    const TIE: (f64, f64, f64) = (0.99, 1.0, 1.015);
    const AHEAD: (f64, f64, f64) = (1.05, 1.2, 1.3);
    const BEHIND: (f64, f64, f64) = (0.8, 0.9, 0.97);
    const WIDE: (f64, f64, f64) = (0.9, 1.0, 1.1);

    fn seen((low, median, high): (f64, f64, f64)) -> Interval {
        Interval { low, median, high, rounds: 8 }
    }

    #[test]
    fn a_tie_refutes_who_claims_to_be_better_and_confirms_who_claims_to_be_as_good() {
        for (rule, tie, ahead, behind) in [
            (Rule::Beats, Refuted, Holds, Refuted),
            (Rule::NoBetter, Holds, Refuted, Holds),
            (Rule::NoWorse, Holds, Holds, Refuted),
            (Rule::AtLeast, Undecided, Holds, Refuted),
        ] {
            let judged = |seen_as| rule.judge(&seen(seen_as), 1.0, 0.0);
            assert_eq!(judged(TIE), tie, "{rule:?}");
            assert_eq!(judged(AHEAD), ahead, "{rule:?}");
            assert_eq!(judged(BEHIND), behind, "{rule:?}");
            assert_eq!(judged(WIDE), Undecided, "{rule:?}");
            let few = Interval { rounds: 5, ..seen(TIE) };
            assert_eq!(rule.judge(&few, 1.0, 0.0), Undecided, "{rule:?}");
        }
    }

    #[test]
    fn both_directions_of_as_good_are_mirror_images() {
        for ratio in [TIE, AHEAD, BEHIND, WIDE] {
            for bar in [1.0, 1.1] {
                let there = Rule::NoBetter.judge(&seen(ratio), bar, 0.03);
                let back = Rule::NoWorse.judge(&seen(ratio).inverse(), 1.0 / bar, 0.03);
                assert_eq!(there, back, "{ratio:?} {bar}");
            }
        }
    }

    #[test]
    fn a_tolerance_is_the_bar_itself() {
        let judged = |ratio| Rule::NoBetter.judge(&seen(ratio), 1.1, 0.0);
        assert_eq!(judged((0.98, 1.04, 1.1)), Holds);
        assert_eq!(judged((0.98, 1.04, 1.105)), Undecided);
        assert_eq!(judged((1.05, 1.12, 1.2)), Undecided);
        assert_eq!(judged((1.105, 1.12, 1.2)), Refuted);
        // What the control shows counts no more than the tolerance does, unless it is larger: then
        // it hides who is better, and does not make anybody level.
        assert_eq!(Rule::NoBetter.judge(&seen((1.0, 1.1, 1.15)), 1.1, 0.2), Undecided);
    }

    #[test]
    fn a_disturbed_control_decides_nothing() {
        for (ratio, beats) in [
            (TIE, Refuted),
            (BEHIND, Refuted),
            ((1.05, 1.1, 1.15), Undecided),
            (AHEAD, Undecided),
            ((1.21, 1.3, 1.4), Holds),
        ] {
            let (there, back) = (seen(ratio), seen(ratio).inverse());
            assert_eq!(Rule::Beats.judge(&there, 1.0, 0.2), beats, "{ratio:?}");
            let turned = match beats {
                Holds => Refuted,
                Refuted => Holds,
                Undecided => Undecided,
            };
            assert_eq!(Rule::NoBetter.judge(&there, 1.0, 0.2), turned, "{ratio:?}");
            assert_eq!(Rule::NoWorse.judge(&back, 1.0, 0.2), turned, "{ratio:?}");
        }
    }

    #[test]
    fn what_is_claimed_says_what_counts() {
        let even = [Rule::Beats, Rule::NoWorse, Rule::NoBetter].map(|rule| rule.said(1.0, "1×"));
        assert_eq!(even[0], "more than 1× by 2 % or more");
        assert_eq!(even[1..], ["at least 1× or level with it", "at most 1× or level with it"]);
        assert_eq!(Rule::Beats.said(1.5, "1.5×"), "more than 1.5×");
        assert_eq!(Rule::NoWorse.said(0.9, "0.9×"), "at least 0.9×");
        assert_eq!(Rule::NoBetter.said(1.1, "1.1×"), "at most 1.1×");
    }

    #[test]
    fn rounds_that_would_do_lead_to_the_nearer_edge() {
        let wide = seen((0.95, 1.0, 1.06));
        assert!(Rule::Beats.rounds_more(&wide, 1.0, 0.02).is_some_and(|more| more > 8));
        let nearly = seen((0.99, 1.1, 1.3));
        let more = Rule::Beats.rounds_more(&nearly, 1.0, 0.02);
        assert!(more.is_some_and(|more| (20..=30).contains(&more)), "{more:?}");
        let back = Rule::NoWorse.rounds_more(&nearly.inverse(), 1.0, 0.02);
        assert_eq!(more, back);
        // Better than level, and not by what a disturbed control would ask for: no number would do.
        assert_eq!(Rule::Beats.rounds_more(&nearly, 1.0, 0.2), None);
        let never = |rounds| Rule::Never.rounds_more(&Interval { rounds, ..nearly }, 64.0, 0.0);
        assert_eq!([2, 5, 6, 9].map(never), [Some(4), Some(1), None, None]);
    }
}
