//! What the command line asks of a bench: ours, and what is criterion's.

use std::time::Duration;

use windlass::kit::measure::profile::Profile;

/// Carries our own flags over the restart that hides them from criterion.
pub(crate) const FLAGS_VARIABLE: &str = "WINDLASS_BENCH_FLAGS";

const OWN_FLAGS: [&str; 4] = ["--quick", "--all", "--check", "--rounds-only"];

const CRITERION_FLAGS_WITH_VALUE: [&str; 19] = [
    "-c",
    "--color",
    "--colour",
    "-s",
    "--save-baseline",
    "-b",
    "--baseline",
    "--baseline-lenient",
    "--format",
    "--profile-time",
    "--load-baseline",
    "--sample-size",
    "--warm-up-time",
    "--measurement-time",
    "--nresamples",
    "--noise-threshold",
    "--confidence-level",
    "--significance-level",
    "--plotting-backend",
];

/// What the bench is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `cargo test --benches`: everything once and tiny, nothing written.
    Smoke,
    /// `cargo bench`: criterion, then rounds, record and page.
    Measure,
    /// `--list`, `--profile-time`, `--load-baseline`: criterion alone.
    CriterionOnly,
}

/// How long criterion warms up and measures, and how many samples it takes.
pub(crate) fn drill(profile: Profile) -> (Duration, Duration, usize) {
    let ms = Duration::from_millis;
    match profile {
        Profile::Quick => (ms(50), ms(100), 10),
        Profile::Default => (ms(100), ms(200), 10),
        Profile::All => (ms(500), ms(2000), 20),
    }
}

/// The command line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What to do.
    pub mode: Mode,
    /// How long it may take.
    pub profile: Profile,
    /// Exit with 1 when a claim is refuted, or something could not be measured.
    pub check: bool,
    /// Leave criterion out.
    pub rounds_only: bool,
    /// Only groups whose `bench/group` id contains this, or is contained in it.
    pub filter: Option<String>,
    /// What criterion is to see.
    pub(crate) for_criterion: Vec<String>,
    /// Own flags stood among the arguments: restart without them.
    pub(crate) restart: bool,
}

impl Options {
    /// Understands `arguments` (without the program's name) and the flags a restart carried over.
    pub(crate) fn parse(arguments: &[String], carried: &str) -> Self {
        let flags: Vec<&str> = carried.split(' ').filter(|flag| !flag.is_empty()).collect();
        let mut own: Vec<String> = flags.into_iter().map(str::to_owned).collect();
        let mut for_criterion = Vec::new();
        let mut filter = None;
        let (mut bench, mut test, mut criterion_only, mut restart) = (false, false, false, false);
        let mut at = arguments.iter();
        while let Some(argument) = at.next() {
            if OWN_FLAGS.contains(&argument.as_str()) {
                own.push(argument.clone());
                restart = true;
                continue;
            }
            for_criterion.push(argument.clone());
            let name = argument.split('=').next().unwrap_or_default();
            bench |= name == "--bench";
            test |= name == "--test";
            criterion_only |= ["--list", "--profile-time", "--load-baseline"].contains(&name);
            if CRITERION_FLAGS_WITH_VALUE.contains(&argument.as_str()) {
                for_criterion.extend(at.next().cloned());
            } else if !argument.starts_with('-') {
                filter = Some(argument.clone());
            }
        }
        let has = |flag: &str| own.iter().any(|own| own == flag);
        let mode = match (bench && !test, criterion_only) {
            (false, _) => Mode::Smoke,
            (true, true) => Mode::CriterionOnly,
            (true, false) => Mode::Measure,
        };
        let profile = match (has("--quick"), has("--all")) {
            (true, _) => Profile::Quick,
            (_, true) => Profile::All,
            _ => Profile::Default,
        };
        let (check, rounds_only) = (has("--check"), has("--rounds-only"));
        Self { mode, profile, check, rounds_only, filter, for_criterion, restart }
    }

    /// Our own flags, as a restart carries them and a command line repeats them.
    pub(crate) fn own_flags(&self) -> String {
        let mut flags = Vec::new();
        match self.profile {
            Profile::Quick => flags.push("--quick"),
            Profile::All => flags.push("--all"),
            Profile::Default => {}
        }
        flags.extend(self.check.then_some("--check"));
        flags.extend(self.rounds_only.then_some("--rounds-only"));
        flags.join(" ")
    }

    /// The command that repeats this run of `bench`.
    pub(crate) fn command(&self, bench: &str) -> String {
        let mut words = vec![format!("cargo bench --bench {bench}")];
        let theirs = self.for_criterion.iter().filter(|word| *word != "--bench");
        let arguments: Vec<String> = [self.own_flags()]
            .into_iter()
            .chain(theirs.cloned())
            .filter(|w| !w.is_empty())
            .collect();
        if !arguments.is_empty() {
            words.push("--".to_owned());
            words.extend(arguments);
        }
        words.join(" ")
    }

    /// Whether the group `id` (`bench/group`) is asked for. A filter that goes on to name a
    /// contender asks for its whole group: ratios need the others.
    pub(crate) fn selects(&self, id: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            id.contains(filter.as_str()) || filter.starts_with(&format!("{id}/"))
        })
    }
}
