//! One experiment, many seeds; and how the seed that fails is replayed.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::dice::Trace;
use super::{halt::Halt, world::World};

/// So many events of a seed that failed are told.
const LINES_TOLD: usize = 60;

/// So many events are kept of a seed that is replayed by hand.
const LINES_KEPT: usize = 1 << 20;

/// Runs an experiment for many seeds, and stops at the first that fails.
///
/// ```
/// use windlass::sim::Seeds;
///
/// let ran = Seeds::new(20).replayed_by("cargo test --test clocks").run(|world| {
///     let sim = world.sim().clone();
///     world.run(async move {
///         windlass::time::sleep(std::time::Duration::from_secs(60)).await;
///         sim.check(sim.now().as_secs() >= 60, format_args!("woken at {:?}", sim.now()));
///     })
/// })?;
/// assert_eq!(ran.seeds, 20);
/// # Ok::<(), windlass::sim::SeedFailed>(())
/// ```
///
/// With [`Seeds::replayed_by`] two variables of the environment count: `WINDLASS_SEEDS=50000` runs
/// so many; `WINDLASS_SEED=17` runs that one alone, and writes every event to stderr.
#[derive(Clone, Debug)]
pub struct Seeds {
    count: u64,
    command: Option<String>,
}

/// What was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeedsRan {
    /// How many seeds.
    pub seeds: u64,
    /// How many polls, all together.
    pub polls: u64,
    /// How many events were noted, all together.
    pub events: u64,
    /// How much virtual time has passed, all together.
    pub passed: Duration,
}

/// A seed for which the experiment failed.
#[derive(Clone, Debug)]
pub struct SeedFailed {
    /// The seed.
    pub seed: u64,
    /// What went wrong.
    pub said: String,
    /// The last events before that.
    pub trace: Trace,
    command: Option<String>,
}

says!([] SeedFailed: |own, f| {
    for line in &own.trace.lines {
        writeln!(f, "{line}")?;
    }
    write!(f, "seed {}: {}", own.seed, own.said)?;
    match &own.command {
        Some(command) => write!(f, "\nreplay it by: WINDLASS_SEED={} {command}", own.seed),
        None => Ok(()),
    }
});

impl Seeds {
    /// The seeds from 0 on, so many.
    pub fn new(count: u64) -> Self {
        Self { count, command: None }
    }

    /// The same, with the command that runs this experiment and shows what it writes: it is printed
    /// with a seed that fails, and from now on the environment says what to run.
    pub fn replayed_by(self, command: &str) -> Self {
        Self { command: Some(command.to_owned()), ..self }
    }

    /// Runs the experiment for each seed, in a world of its own.
    ///
    /// # Errors
    /// [`SeedFailed`]: for that seed it gave an error, or panicked.
    pub fn run<E: fmt::Display>(
        &self,
        experiment: impl Fn(&mut World) -> Result<(), E>,
    ) -> Result<SeedsRan, SeedFailed> {
        if let Some(seed) = self.asked("WINDLASS_SEED")? {
            let ran = self.run_one(seed, LINES_KEPT, &experiment);
            let trace = ran.as_ref().map_or_else(|failed| &failed.trace, |(_, trace)| trace);
            trace.lines.iter().for_each(|line| eprintln!("{line}"));
            return ran.map(|(ran, _)| ran);
        }
        let mut all = SeedsRan::default();
        for seed in 0..self.asked("WINDLASS_SEEDS")?.unwrap_or(self.count) {
            match self.run_one(seed, 0, &experiment) {
                Ok((one, _)) => {
                    all.seeds += one.seeds;
                    all.polls += one.polls;
                    all.events += one.events;
                    all.passed = all.passed.saturating_add(one.passed);
                }
                // Once more, for its events: the same seed has the same history.
                Err(failed) => {
                    return Err(self
                        .run_one(seed, LINES_TOLD, &experiment)
                        .err()
                        .unwrap_or(failed));
                }
            }
        }
        Ok(all)
    }

    /// A number from the environment, if that counts.
    fn asked(&self, variable: &str) -> Result<Option<u64>, SeedFailed> {
        let Some(text) = self.command.as_ref().and_then(|_| std::env::var(variable).ok()) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => {
                let said = format!("`{variable}` is `{text}`; it must be a whole number");
                let trace = Trace { hash: 0, events: 0, lines: Vec::new() };
                Err(SeedFailed { seed: 0, said, trace, command: None })
            }
        }
    }

    fn run_one<E: fmt::Display>(
        &self,
        seed: u64,
        lines: usize,
        experiment: &impl Fn(&mut World) -> Result<(), E>,
    ) -> Result<(SeedsRan, Trace), SeedFailed> {
        let failed = |said: String, trace: Trace| {
            let command = self.command.clone();
            SeedFailed { seed, said, trace, command }
        };
        let nothing = Trace { hash: 0, events: 0, lines: Vec::new() };
        let mut world = World::new(seed).map_err(|halt: Halt| failed(halt.to_string(), nothing))?;
        world.keep_lines(lines);
        let done = catch_unwind(AssertUnwindSafe(|| experiment(&mut world)));
        let trace = world.trace();
        match done {
            Ok(Ok(())) => {
                let (polls, passed) = (world.polls(), world.sim().now());
                Ok((SeedsRan { seeds: 1, polls, events: trace.events, passed }, trace))
            }
            Ok(Err(error)) => Err(failed(error.to_string(), trace)),
            Err(panic) => Err(failed(said(&*panic), trace)),
        }
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> String {
    let literal = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = literal.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "something that is no text".to_owned()))
}
