//! How far `windlass bench` has come: a bar with the time left on a terminal, else a line a group.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::kit::claims::claim::{Claim, Step};
use crate::kit::measure::profile::Profile;

/// How long a claim takes that says nothing of it: what the whole may take, shared by the claims.
const QUICK: Duration = Duration::from_secs(10);
const DEFAULT: Duration = Duration::from_secs(50);
const ALL: Duration = Duration::from_secs(600);

/// Parts of the bar for each second.
const PARTS_PER_S: f64 = 10.0;

/// How often the time is shown anew: measuring is not to notice.
const TICK: Duration = Duration::from_millis(500);

/// How far it has come.
pub(super) struct Progress {
    course: Course,
    group: String,
    bar: Option<ProgressBar>,
}

/// When which claim was begun, and how long each was thought to take.
struct Course {
    each: Duration,
    claims: Vec<&'static str>,
    began: Instant,
    /// The claim that runs, and since when.
    current: Option<(usize, Instant)>,
}

impl Course {
    fn new(claims: &[&'static Claim], profile: Profile) -> Course {
        let each = match profile {
            Profile::Quick => QUICK,
            Profile::Default => DEFAULT,
            Profile::All => ALL,
        };
        let claims = claims.iter().map(|claim| claim.id).collect();
        Course { each, claims, began: Instant::now(), current: None }
    }

    fn begin(&mut self, id: &str, now: Instant) {
        let at = self.claims.iter().position(|claim| *claim == id).unwrap_or(0);
        if self.current.is_none_or(|(current, _)| current != at) {
            self.current = Some((at, now));
        }
    }

    /// How long the claims before the current one took.
    fn before(&self) -> Duration {
        self.current.map_or(Duration::ZERO, |(_, since)| since - self.began)
    }

    /// How long each claim takes: as long as those before it did, where there are any.
    fn each(&self) -> Duration {
        match self.current {
            Some((done, _)) if done > 0 => self.before() / done as u32,
            _ => self.each,
        }
    }

    /// About how long it will still take; of a claim that takes longer than thought, nothing.
    fn left(&self, now: Instant) -> Duration {
        let (at, since) = self.current.unwrap_or((0, now));
        let others = self.each() * (self.claims.len() - at - 1) as u32;
        others + self.each().saturating_sub(now - since)
    }
}

impl Progress {
    pub(super) fn new(claims: &[&'static Claim], profile: Profile) -> Progress {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1);
            let template = "[{bar:20}] {elapsed_precise}, {msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Progress { course: Course::new(claims, profile), group: String::new(), bar }
    }

    /// Shows a step of `claim`.
    pub(super) fn tell(&mut self, claim: &Claim, step: Step<'_>) {
        let now = Instant::now();
        self.course.begin(claim.id, now);
        let rounds = match step {
            Step::Group(group) => {
                group.clone_into(&mut self.group);
                None
            }
            Step::Sample(rounds) => Some(rounds),
        };
        let left = self.course.left(now);
        let (at, claims) = (self.course.current.map_or(0, |(at, _)| at + 1), &self.course.claims);
        let place = format!("{at}/{} {}/{}", claims.len(), claim.id, self.group);
        match (&self.bar, rounds) {
            (None, None) => eprintln!("{place}, about {} left", words(left)),
            (None, Some(_)) => {}
            (Some(bar), rounds) => {
                let passed = now - self.course.began;
                let parts = |time: Duration| (time.as_secs_f64() * PARTS_PER_S) as u64;
                bar.set_length(parts(passed + left).max(1));
                bar.set_position(parts(passed));
                let rounds = rounds.unwrap_or(0);
                bar.set_message(format!("about {} left: {place}, {rounds} rounds", words(left)));
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn words(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 60 => format!("{seconds} s"),
        seconds if seconds < 3600 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_learns_from_the_claims_before() {
        let s = Duration::from_secs;
        let began = Instant::now();
        let claims = vec!["a", "b", "c"];
        let mut course = Course { each: s(10), claims, began, current: None };
        assert_eq!(course.left(began), s(30));
        course.begin("a", began);
        assert_eq!(course.left(began + s(4)), s(26));
        assert_eq!(course.left(began + s(40)), s(20), "it takes longer than thought");
        course.begin("a", began + s(39));
        course.begin("b", began + s(40));
        assert_eq!(course.left(began + s(40)), s(80), "each takes 40 s");
        course.begin("c", began + s(60));
        assert_eq!(course.left(began + s(70)), s(20));
    }

    #[test]
    fn times_are_short() {
        let said = [5, 59, 61, 3599, 5400].map(|seconds| words(Duration::from_secs(seconds)));
        assert_eq!(said, ["5 s", "59 s", "2 min", "60 min", "1.5 h"]);
    }
}
