//! The course of one group: once in smoke mode, or calibrated and then in rounds.

use std::time::Duration;

use super::contender::Role;
use super::group::{Group, Window, Work};
use super::profile::Profile;
use super::record;
use super::rounds::{self, Entry, attempt};
use super::work::Setting;

/// A window in smoke mode.
const SMOKE: Duration = Duration::from_millis(5);

impl Group<'_> {
    /// What its contenders share, with samples as long as the profile says.
    #[must_use]
    pub fn setting(&self, profile: Profile) -> Setting {
        self.setting_of(Window { duration: profile.sample(self.sample), smoke: false })
    }

    /// The same, with samples as long as `window` says.
    #[must_use]
    pub fn setting_of(&self, window: Window) -> Setting {
        Setting { better: self.spec.better, ops_max: self.ops_max, window }
    }

    /// Runs each contender once, with the least that shows that it works: what it is called and why
    /// it does not. What a peer lacks on this machine is printed, and breaks nothing of ours.
    pub fn smoke(&mut self) -> Vec<String> {
        let setting = self.setting_of(Window { duration: SMOKE, smoke: true });
        let mut failures = Vec::new();
        for contender in &mut self.contenders {
            let ops = self.smoke_ops;
            if let (Work::Broken, Role::Peer) = (&contender.work, contender.role) {
                let why = contender.failure.clone().unwrap_or_default();
                eprintln!("{}/{}: left out: {why}", self.spec.id, contender.name);
                continue;
            }
            if let Err(message) = attempt(&mut || contender.measure(ops, &setting)) {
                failures.push(format!("{}/{}: {message}", self.spec.id, contender.name));
            }
        }
        failures
    }

    /// Finds for each batch how many operations take about one sample.
    pub fn calibrate(&mut self, profile: Profile) {
        let setting = self.setting(profile);
        for contender in &mut self.contenders {
            match self.ops_fixed {
                Some(ops) => contender.ops = ops,
                None => contender.calibrate(setting.window.duration, &setting),
            }
        }
    }

    /// Measures it in rounds: what goes into the record. `rounds`: exactly so many, whatever the
    /// profile says. `go_on` is told after each sample how many rounds count so far; when it says
    /// no, nothing is kept, and the result is `None`.
    pub fn rounds_of(
        mut self,
        profile: Profile,
        rounds: Option<usize>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Option<record::Group> {
        let setting = self.setting(profile);
        let at_a_bar = self.spec.claims.iter().any(|claim| claim.against.is_some());
        let mut plan = profile.plan(&self.plan, at_a_bar);
        if let Some(rounds) = rounds {
            (plan.rounds_min, plan.rounds_max) = (rounds, rounds);
        }
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for contender in &mut self.contenders {
            let (name, role, ops) = (contender.name.clone(), contender.role, contender.ops);
            let batch = matches!(contender.work, Work::Batch(_));
            let failure = contender.failure.clone();
            let mut entry = Entry::new(&name, role, move || contender.measure(ops, &setting));
            entry.ops = batch.then_some(ops);
            entry.failure = failure;
            entries.push(entry);
        }
        let whole = rounds::run(&mut self.spec, &plan, &mut entries, go_on);
        drop(entries);
        whole.then_some(self.spec)
    }

    /// What goes into the record of a group that could not be set up.
    #[must_use]
    pub fn failed(self, why: String) -> record::Group {
        record::Group { failure: Some(why), ..self.spec }
    }

    /// Its description, without rounds.
    #[must_use]
    pub fn described(&self) -> &record::Group {
        &self.spec
    }
}
