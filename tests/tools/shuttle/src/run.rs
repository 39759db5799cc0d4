//! Runs scenes under shuttle's schedulers, and says how it went.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize, atomic::Ordering};
use std::time::Instant;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// The depth of bugs that PCT looks for: two changes of priority in one schedule.
const DEPTH: usize = 3;

/// Something that many threads do with a room.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) threads: usize,
    /// A mistake is planted in it, so that it must fail.
    pub(crate) planted: bool,
    pub(crate) body: fn(),
}

impl Scene {
    pub(crate) const fn new(name: &'static str, threads: usize, body: fn()) -> Self {
        Self { name, threads, planted: false, body }
    }

    pub(crate) const fn planted(name: &'static str, threads: usize, body: fn()) -> Self {
        Self { planted: true, ..Self::new(name, threads, body) }
    }
}

/// What a panic said.
static SAID: Mutex<Option<String>> = Mutex::new(None);

fn said() -> Option<String> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Runs each scene whose name contains `part`.
pub(crate) fn all(scenes: &[Scene], schedules: usize, part: &str) -> ExitCode {
    panic::set_hook(Box::new(|info| {
        // The first of a schedule's panics is the reason; the others follow from it.
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert(info.to_string());
    }));
    let (begun, mut held, mut found, mut wrong) = (Instant::now(), 0, 0, Vec::new());
    for scene in scenes.iter().filter(|scene| scene.name.contains(part)) {
        let began = Instant::now();
        let random =
            explore(scene, schedules.div_ceil(2), RandomScheduler::new(schedules.div_ceil(2)));
        let pct = explore(scene, schedules / 2, PctScheduler::new(DEPTH, schedules / 2));
        let verdict = match (scene.planted, &random.1, &pct.1) {
            (false, None, None) => "holds".to_owned(),
            (false, Some(why), _) | (false, None, Some(why)) => format!("FAILS: {why}"),
            (true, None, None) => "WRONG: the planted mistake was not found".to_owned(),
            (true, ..) => "its mistake is found".to_owned(),
        };
        if verdict.starts_with(char::is_uppercase) {
            wrong.push(scene.name);
        } else if scene.planted {
            found += 1;
        } else {
            held += random.0 + pct.0;
        }
        let (name, threads, took_s) = (scene.name, scene.threads, began.elapsed().as_secs_f64());
        println!(
            "{name:44} {threads} threads {:7} random {:7} pct {took_s:6.1} s  {verdict}",
            random.0, pct.0
        );
    }
    let took_s = begun.elapsed().as_secs_f64();
    if wrong.is_empty() {
        println!("shuttle: {held} schedules hold, {found} planted mistakes found, {took_s:.0} s");
        return ExitCode::SUCCESS;
    }
    println!("shuttle: failed: {}", wrong.join("; "));
    ExitCode::FAILURE
}

/// How many schedules there were, and how one of them failed.
fn explore(
    scene: &Scene,
    most: usize,
    scheduler: impl Scheduler + Send + 'static,
) -> (usize, Option<String>) {
    if most == 0 {
        return (0, None);
    }
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config.silence_warnings = true;
    let done = Arc::new(AtomicUsize::new(0));
    let (counted, body) = (done.clone(), scene.body);
    said();
    // A thread of its own: what a failure leaves behind ends with it.
    let ran = std::thread::spawn(move || {
        catch_unwind(AssertUnwindSafe(|| {
            Runner::new(scheduler, config).run(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                body();
            })
        }))
        .is_ok()
    });
    let well = ran.join().unwrap_or(false);
    let why = (!well).then(|| said().unwrap_or_else(|| "it panicked".to_owned()));
    (done.load(Ordering::Relaxed), why)
}
