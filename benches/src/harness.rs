//! The whole course of a bench: arguments, criterion, rounds, record, page.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use criterion::{Criterion, SamplingMode};
use windlass::kit::claims;
use windlass::kit::claims::claim::{Claim, Course, Step};
use windlass::kit::claims::run::Wish;
use windlass::kit::measure::environment::Environment;
use windlass::kit::measure::group::{Group, Window};
use windlass::kit::measure::noise::{Snapshot, Spin, spin_test};
use windlass::kit::measure::previous::keep_previous;
use windlass::kit::measure::profile::Profile;
use windlass::kit::measure::record::{self, Record, Run};
use windlass::kit::measure::rounds::guarded;
use windlass::kit::measure::{paths, statistics::Verdict};
use windlass::kit::report;
use windlass::kit::report::results::ClaimResult;

use crate::options::{self, FLAGS_VARIABLE, Mode, Options};

/// Longest window that criterion is given; a third of the rounds' windows where that is less.
const DRILL_WINDOW_MAX: Duration = Duration::from_millis(150);

/// Runs a bench's groups as the command line asks, and writes what was measured.
pub struct Harness {
    bench: String,
    options: Options,
    criterion: Option<Criterion>,
    environment: Environment,
    spin: Option<Spin>,
    before: Snapshot,
    groups: Vec<record::Group>,
    failures: Vec<String>,
}

impl Harness {
    /// Understands the command line for the bench named `bench` (the target's name).
    ///
    /// A wrong argument ends the program here with criterion's message and exit code 2. Arguments
    /// criterion does not know (`--quick`, `--all`, `--check`, `--rounds-only`) are taken out by
    /// starting the program again in place, since criterion reads the process's own arguments.
    #[must_use]
    pub fn from_args(bench: &str) -> Self {
        let options = options_or_restart();
        let criterion = (options.mode != Mode::Smoke).then(|| {
            let (warm_up, measurement, samples) = options::drill(options.profile);
            Criterion::default()
                .warm_up_time(warm_up)
                .measurement_time(measurement)
                .sample_size(samples)
                .nresamples(2_000)
                .configure_from_args()
        });
        Self {
            bench: bench.to_owned(),
            environment: Environment::read(&options.command(bench), tree()),
            spin: (options.mode == Mode::Measure).then(spin_test),
            options,
            criterion,
            before: Snapshot::take(),
            groups: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Whether the opt-in part is asked for too; in smoke mode always, so that it stays tested.
    #[must_use]
    pub fn all(&self) -> bool {
        self.options.mode == Mode::Smoke || self.options.profile == Profile::All
    }

    /// Whether only a first look is asked for (`--quick`): what takes long may then be left out.
    #[must_use]
    pub fn quick(&self) -> bool {
        self.options.mode != Mode::Smoke && self.options.profile == Profile::Quick
    }

    /// Leaves criterion out unless `--all` is given: many contenders take longer to drill down into
    /// than to compare.
    pub fn rounds_unless_all(&mut self) {
        self.options.rounds_only |= !self.all();
    }

    /// Whether this is smoke mode.
    #[must_use]
    pub fn smoke(&self) -> bool {
        self.options.mode == Mode::Smoke
    }

    /// Describes and at once measures one group, if the command line asks for it. What `describe`
    /// sets up lives as long as the group is measured. A panic in it is recorded as the group's
    /// failure.
    pub fn group<'a>(&mut self, id: &str, describe: impl FnOnce(&mut Group<'a>)) {
        let whole = format!("{}/{id}", self.bench);
        if !self.options.selects(&whole) {
            return;
        }
        let mut group = Group::new(id);
        if let Err(message) = guarded(|| describe(&mut group)) {
            self.failures.push(format!("{whole}: {message}"));
            eprintln!("{whole}: {message}");
            self.groups.push(group.failed(message));
            return;
        }
        match self.options.mode {
            Mode::Smoke => self.smoke_group(&mut group),
            Mode::CriterionOnly => self.drill(&mut group),
            Mode::Measure => {
                group.calibrate(self.options.profile);
                if group.is_drilled() && !self.options.rounds_only {
                    self.drill(&mut group);
                }
                self.rounds(group);
            }
        }
    }

    /// Writes record and page, prints this bench's table and where the page is.
    #[must_use]
    pub fn finish(self) -> ExitCode {
        match self.options.mode {
            Mode::Smoke => self.finish_smoke(),
            Mode::CriterionOnly => ExitCode::SUCCESS,
            Mode::Measure => self.finish_measured(),
        }
    }

    fn smoke_group(&mut self, group: &mut Group<'_>) {
        for failure in group.smoke() {
            eprintln!("{}/{failure}", self.bench);
            self.failures.push(format!("{}/{failure}", self.bench));
        }
        self.groups.push(group.described().clone());
    }

    fn drill(&mut self, group: &mut Group<'_>) {
        let Some(criterion) = &mut self.criterion else {
            return;
        };
        let sample = group.setting(self.options.profile).window.duration;
        let window = Window { duration: DRILL_WINDOW_MAX.min(sample / 3), smoke: false };
        let (id, setting) = (group.described().id.clone(), group.setting_of(window));
        let mut drill = criterion.benchmark_group(format!("{}/{id}", self.bench));
        for contender in group.contenders() {
            if contender.failure().is_some() {
                continue;
            }
            if contender.is_window() {
                // One window warms up: what criterion is told is shorter than what a window takes.
                drill.sampling_mode(SamplingMode::Flat).warm_up_time(Duration::from_nanos(1));
            }
            let name = contender.name().to_owned();
            // A contender that fails leaves criterion by unwinding: criterion then skips its id.
            let ran = guarded(|| {
                drill.bench_function(&name, |bencher| {
                    bencher.iter_custom(|iters| contender.drill(iters, &setting));
                });
            });
            if let Err(message) = ran {
                eprintln!("{}/{id}/{name}: failed: {message}", self.bench);
                contender.fail(message);
            }
        }
        drill.finish();
    }

    fn rounds(&mut self, group: Group<'_>) {
        let Some(group) = group.rounds_of(self.options.profile, None, &mut |_| true) else {
            return;
        };
        let id = format!("{}/{}", self.bench, group.id);
        let noisy = group.rounds.iter().filter(|round| !round.noisy.is_empty()).count();
        eprintln!("{id}: {} rounds, {noisy} of them noisy", group.rounds.len());
        for contender in &group.contenders {
            if let Some(message) = &contender.failure {
                eprintln!("{id}/{}: failed: {message}", contender.name);
                self.failures.push(format!("{id}/{}: {message}", contender.name));
            }
        }
        self.groups.push(group);
    }

    fn finish_smoke(self) -> ExitCode {
        let (groups, failed) = (self.groups.len(), self.failures.len());
        println!("bench {}: smoke: {groups} groups ran once, {failed} failures", self.bench);
        self.failures.iter().for_each(|failure| println!("  {failure}"));
        ExitCode::from(u8::from(failed > 0))
    }

    fn finish_measured(self) -> ExitCode {
        if self.groups.is_empty() {
            println!("bench {}: no group matches, nothing measured", self.bench);
            return ExitCode::SUCCESS;
        }
        let dir = paths::records_dir();
        let path = dir.join(format!("{}.json", self.bench));
        let old = if self.options.filter.is_some() { Record::read(&path).ok() } else { None };
        let mut record = old.unwrap_or_else(|| Record::new(&self.bench));
        let profile = self.options.profile.name().to_owned();
        let noise = self.before.since(true);
        record.merge(
            Run { environment: self.environment, profile, noise, spin: self.spin },
            self.groups,
        );
        let written = keep_previous(&dir, &self.bench).and_then(|()| record.write(&dir));
        if let Err(error) = written {
            eprintln!("bench {}: the record cannot be written: {error}", self.bench);
            return ExitCode::FAILURE;
        }
        match report::build(&dir, &paths::report_dir()) {
            Ok(outcome) => {
                print!("{}", report::terminal::bench(&outcome.results, &self.bench));
                println!("report: {}", outcome.address);
                let refuted = outcome.results.verdicts(Some(&self.bench), Verdict::Refuted);
                let failed = refuted > 0 || !self.failures.is_empty();
                ExitCode::from(u8::from(self.options.check && failed))
            }
            Err(error) => {
                eprintln!("bench {}: the page cannot be written: {error}", self.bench);
                ExitCode::FAILURE
            }
        }
    }
}

/// The main of the bench target that measures the claims about asynchronism.
#[must_use]
pub fn claims_main() -> ExitCode {
    let options = options_or_restart();
    let selected = |claim: &&Claim| options.selects(&format!("claims/{}", claim.id));
    let selected: Vec<&'static Claim> = claims::ALL.iter().copied().filter(selected).collect();
    match options.mode {
        Mode::CriterionOnly => ExitCode::SUCCESS,
        Mode::Smoke => smoke_claims(&selected),
        Mode::Measure => measure_claims(selected, &options),
    }
}

fn smoke_claims(selected: &[&'static Claim]) -> ExitCode {
    let mut failures = Vec::new();
    for claim in selected {
        let mut go_on = |_: Step<'_>| true;
        let mut course = Course::smoke(&mut go_on);
        (claim.run)(&mut course);
        failures.extend(course.finish().1.into_iter().map(|why| format!("{}/{why}", claim.id)));
    }
    let (claims, failed) = (selected.len(), failures.len());
    println!("bench claims: smoke: {claims} claims ran once, {failed} failures");
    failures.iter().for_each(|failure| println!("  {failure}"));
    ExitCode::from(u8::from(failed > 0))
}

fn measure_claims(claims: Vec<&'static Claim>, options: &Options) -> ExitCode {
    if claims.is_empty() {
        println!("bench claims: no claim matches, nothing measured");
        return ExitCode::SUCCESS;
    }
    // All claims and all benches together take about ten minutes so; `windlass bench` takes more.
    let profile = match options.profile {
        Profile::Default => Profile::Quick,
        asked => asked,
    };
    let (records, tree) = (paths::records_dir(), tree());
    let command = options.command("claims");
    let wish = Wish { claims, profile, rounds: None, records: &records, command, tree };
    let finished = claims::run::run(&wish, &mut |claim, step| {
        if let Step::Group(group) = step {
            eprintln!("claims/{}: {group}", claim.id);
        }
        true
    });
    let written = finished.map_err(|error| error.to_string()).and_then(|finished| {
        let built = report::build(&records, &paths::report_dir());
        built.map(|outcome| (finished, outcome)).map_err(|error| error.to_string())
    });
    match written {
        Ok((finished, outcome)) => {
            finished.failures.iter().for_each(|why| eprintln!("claims/{why}"));
            print!("{}", report::terminal::summary(&outcome.results));
            println!("report: {}", outcome.address);
            let measured = |claim: &&ClaimResult| finished.measured.contains(&&*claim.words.id);
            let mut measured = outcome.results.claims.iter().filter(measured);
            let refuted = measured.any(|claim| claim.verdict == Verdict::Refuted);
            let failed = refuted || !finished.failures.is_empty();
            ExitCode::from(u8::from(options.check && failed))
        }
        Err(error) => {
            eprintln!("bench claims: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The main of the bench target that runs last: prints the summary and where the page is.
#[must_use]
pub fn report_main() -> ExitCode {
    let options = options_or_restart();
    if options.mode != Mode::Measure {
        println!("bench z_report: nothing to report in this mode");
        return ExitCode::SUCCESS;
    }
    let given = report::ReportOptions::default();
    match report::run(&given) {
        Ok(outcome) => {
            let refuted = outcome.results.verdicts(None, Verdict::Refuted);
            let failures = outcome.results.failures();
            if options.check {
                failures.iter().for_each(|why| eprintln!("check: {why}"));
            }
            let failed = refuted > 0 || !failures.is_empty();
            ExitCode::from(u8::from(options.check && failed))
        }
        // `cargo bench <filter>` may have measured nothing yet: that fails no bench.
        Err(error) => {
            eprintln!("bench z_report: {error}");
            ExitCode::from(u8::from(options.check))
        }
    }
}

fn tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn options_or_restart() -> Options {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let carried = std::env::var(FLAGS_VARIABLE).unwrap_or_default();
    let options = Options::parse(&arguments, &carried);
    if options.restart && options.mode != Mode::Smoke {
        let exe = std::env::current_exe().unwrap_or_else(|_| "bench".into());
        let mut command = Command::new(exe);
        command.args(&options.for_criterion).env(FLAGS_VARIABLE, options.own_flags());
        restart(command);
    }
    options
}

#[cfg(unix)]
fn restart(mut command: Command) {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    eprintln!("the bench cannot be started again without its own flags: {error}");
    std::process::exit(1);
}

#[cfg(not(unix))]
fn restart(mut command: Command) {
    let code = command.status().ok().and_then(|status| status.code()).unwrap_or(1);
    std::process::exit(code);
}
