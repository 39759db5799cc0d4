//! What a claim is, and the course in which its groups are measured.

use crate::kit::measure::compare;
use crate::kit::measure::contender::Role;
use crate::kit::measure::group::Group;
use crate::kit::measure::profile::Profile;
use crate::kit::measure::record::{self, ClaimText};
use crate::kit::measure::rounds::guarded;

/// A claim about asynchronism, and the experiment that holds it against this machine.
#[derive(Debug)]
pub struct Claim {
    /// What it is called on the command line and in records: lower case, hyphens.
    pub id: &'static str,
    /// The same for a heading.
    pub title: &'static str,
    /// What is claimed.
    pub claimed: &'static str,
    /// What is measured for it.
    pub measured: &'static str,
    /// What would refute it.
    pub refuted_by: &'static str,
    /// How the verdict comes from those of the groups.
    pub rule: &'static str,
    /// What it does not show.
    pub not_shown: &'static str,
    /// Measures its groups.
    pub run: fn(&mut Course<'_>),
}

impl Claim {
    /// Its words, as a record keeps them.
    #[must_use]
    pub fn text(&self) -> ClaimText {
        ClaimText {
            id: self.id.to_owned(),
            title: self.title.to_owned(),
            claimed: self.claimed.to_owned(),
            measured: self.measured.to_owned(),
            refuted_by: self.refuted_by.to_owned(),
            rule: self.rule.to_owned(),
            not_shown: self.not_shown.to_owned(),
            command: format!("windlass bench {}", self.id),
        }
    }

    /// The name of its record.
    #[must_use]
    pub fn record(&self) -> String {
        format!("claim-{}", self.id)
    }
}

/// What a course tells while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'s> {
    /// A group is set up.
    Group(&'s str),
    /// A sample of it was taken; so many rounds count.
    Sample(usize),
}

/// The groups of one claim, measured one after the other.
pub struct Course<'c> {
    profile: Option<Profile>,
    rounds: Option<usize>,
    /// Told of each step; says whether to go on.
    go_on: &'c mut dyn FnMut(Step<'_>) -> bool,
    stopped: bool,
    groups: Vec<record::Group>,
    failures: Vec<String>,
}

impl<'c> Course<'c> {
    /// A course that measures, in exactly so many rounds where a number is given. `go_on` is told
    /// of each step; when it says no, the group that runs is dropped, and nothing more is measured.
    #[must_use]
    pub fn new(
        profile: Profile,
        rounds: Option<usize>,
        go_on: &'c mut dyn FnMut(Step<'_>) -> bool,
    ) -> Self {
        Self { profile: Some(profile), ..Self::smoke(go_on) }.rounds(rounds)
    }

    /// A course that runs each contender once with the least that shows that it works.
    #[must_use]
    pub fn smoke(go_on: &'c mut dyn FnMut(Step<'_>) -> bool) -> Self {
        let (groups, failures) = (Vec::new(), Vec::new());
        Self { profile: None, rounds: None, go_on, stopped: false, groups, failures }
    }

    fn rounds(self, rounds: Option<usize>) -> Self {
        Self { rounds, ..self }
    }

    /// Whether each contender runs only once, with the least that shows that it works.
    #[must_use]
    pub fn is_smoke(&self) -> bool {
        self.profile.is_none()
    }

    /// Whether only a first look is wanted: what takes long may then be left out.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        matches!(self.profile, None | Some(Profile::Quick))
    }

    /// Whether everything is wanted, as long as it takes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.profile == Some(Profile::All)
    }

    /// Whether it was stopped: no further group is measured, and nothing need be set up for one.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Describes and at once measures one group. What `describe` sets up (runtimes, processes)
    /// lives as long as the group is measured; what fails in it is recorded as its failure.
    pub fn group<'a>(&mut self, id: &str, describe: impl FnOnce(&mut Group<'a>)) {
        if self.stopped || !(self.go_on)(Step::Group(id)) {
            return self.stop(id);
        }
        let mut group = Group::new(id);
        group.without_criterion();
        if let Err(message) = guarded(|| describe(&mut group)) {
            self.failures.push(format!("{id}: {message}"));
            self.groups.push(group.failed(message));
            return;
        }
        // Each claim is measured against itself somewhere: where it is first held to something.
        let described = group.described();
        let counts = !described.boundary && !described.claims.is_empty();
        let known = |group: &record::Group| compare::first_of(group, Role::Control).is_some();
        if counts && !self.groups.iter().any(known) {
            group.with_control();
        }
        let Some(profile) = self.profile else {
            self.failures.extend(group.smoke());
            self.groups.push(group.described().clone());
            return;
        };
        group.calibrate(profile);
        let go_on = &mut self.go_on;
        let mut sampled = |rounds| go_on(Step::Sample(rounds));
        let measured = group.rounds_of(profile, self.rounds, &mut sampled);
        let Some(group) = measured else {
            return self.stop(id);
        };
        let failed = group.contenders.iter().filter_map(|contender| {
            Some(format!("{id}/{}: {}", contender.name, contender.failure.as_ref()?))
        });
        self.failures.extend(failed);
        self.groups.push(group);
    }

    /// Stops, and says so in the place of the group: a claim of which groups are missing is not
    /// judged by the others.
    fn stop(&mut self, id: &str) {
        self.stopped = true;
        self.groups.push(Group::new(id).failed("stopped before it was measured".to_owned()));
    }

    /// What was measured, what failed and why, and whether it was stopped.
    #[must_use]
    pub fn finish(self) -> (Vec<record::Group>, Vec<String>, bool) {
        (self.groups, self.failures, self.stopped)
    }
}
