//! Background jobs: when they run, what a panic ends, how they are drained.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass::channel::{OneReceiver, oneshot};
use windlass::time::{MissedTicks, sleep};
use windlass::workflow::jobs::{Every, Jobs, JobsMetrics, JobsSettings, NotStarted};
use windlass::{Clock, Runtime};

use crate::polled::{move_on, stopped};
use crate::support::{BOUND, Counted, runtime, wait_until};

const S: Duration = Duration::from_secs(1);

fn jobs(runtime: &Runtime) -> Jobs {
    Jobs::new(runtime.handle().clone(), JobsSettings::default()).unwrap()
}

/// A job that ends when the sender is dropped.
async fn ended(receiver: OneReceiver<()>) {
    let _closed = receiver.await;
}

fn counter() -> Arc<AtomicU32> {
    Arc::default()
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let runtime = runtime(1);
    let none = JobsSettings { jobs_max: 0, ..JobsSettings::default() };
    let refused = Jobs::new(runtime.handle().clone(), none).unwrap_err();
    assert_eq!(refused.setting(), "jobs_max");
    let refused = jobs(&runtime).spawn_every("x", Every::new(Duration::ZERO), || async {});
    assert_eq!(refused.unwrap_err().why, NotStarted::NoPeriod);
}

#[test]
fn a_panic_ends_nothing_but_its_own_run() {
    let (clock, runtime) = stopped();
    let settings = JobsSettings { reports_max: usize::MAX, ..JobsSettings::default() };
    let jobs = Jobs::new(runtime.handle().clone(), settings).unwrap();
    let (ran, beside) = (counter(), counter());
    let count = ran.clone();
    jobs.spawn_every("odd", Every::new(S), move || {
        let run = count.fetch_add(1, Ordering::SeqCst);
        assert!(run != 0, "before the future");
        async move { assert!(run % 2 == 0, "run {run}") }
    })
    .unwrap();
    let count = beside.clone();
    jobs.spawn_every("beside", Every::new(S), move || {
        count.fetch_add(1, Ordering::SeqCst);
        async {}
    })
    .unwrap();
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("at its drop");
        }
    }
    let bomb = Bomb;
    jobs.spawn("bomb", async move {
        let _kept = &bomb;
    })
    .unwrap();
    wait_until(|| {
        clock.advance(S);
        ran.load(Ordering::SeqCst) >= 6 && beside.load(Ordering::SeqCst) >= 6
    });
    let expected = ["before the future", "run 1", "run 3", "at its drop"];
    let said = |text| jobs.reports().iter().any(|report| report.message == text);
    wait_until(|| expected.into_iter().all(said));
    let reports = jobs.reports();
    assert!(reports.iter().all(|report| ["odd", "bomb"].contains(&&*report.job)));
    let drained = jobs.shutdown_blocking(BOUND);
    assert!(drained.is_complete());
    let JobsMetrics { running, waiting, aborted, called_off, .. } = jobs.metrics();
    assert_eq!((running, waiting, aborted, called_off), (0, 0, 0, 2));
}

#[test]
fn only_the_newest_reports_are_kept() {
    let runtime = runtime(1);
    let settings = JobsSettings { reports_max: 2, ..JobsSettings::default() };
    let jobs = Jobs::new(runtime.handle().clone(), settings).unwrap();
    for number in 0..5_u64 {
        jobs.spawn("panics", async move { panic!("{number}") }).unwrap();
        wait_until(|| jobs.metrics().panicked == number + 1);
    }
    let said: Vec<_> = jobs.reports().into_iter().map(|report| report.message).collect();
    assert_eq!(said, ["3", "4"]);
}

#[test]
fn a_delayed_job_runs_when_its_time_has_come() {
    let (clock, runtime) = stopped();
    let jobs = jobs(&runtime);
    let ran = counter();
    for hours in [1_u32, 2] {
        let ran = ran.clone();
        let later = async move {
            ran.fetch_add(1, Ordering::SeqCst);
        };
        jobs.spawn_after("later", hours * 3600 * S, later).unwrap();
    }
    clock.advance(3599 * S);
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    clock.advance(S);
    wait_until(|| ran.load(Ordering::SeqCst) == 1);
    let drained = jobs.shutdown_blocking(BOUND);
    assert!(drained.is_complete(), "what waits is called off");
    clock.advance(3600 * S);
    let figures = jobs.metrics();
    assert_eq!((figures.completed, figures.called_off), (1, 1));
    assert_eq!(ran.load(Ordering::SeqCst), 1);
}

/// What a job holds panics when it is dropped, by a value that panics in turn: that is reported,
/// and ends nothing.
#[test]
fn what_a_job_holds_may_panic_when_it_goes() {
    struct Bomb(u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                std::panic::panic_any(Bomb(left));
            }
        }
    }
    let (clock, runtime) = stopped();
    let jobs = jobs(&runtime);
    let held = Bomb(2);
    jobs.spawn_every("every", Every::new(S), move || {
        let _ = &held;
        async {}
    })
    .unwrap();
    let held = Bomb(2);
    let later = async move { drop(held) };
    jobs.spawn_after("later", 3600 * S, later).unwrap();
    wait_until(|| jobs.metrics().completed == 1);
    clock.advance(S);
    wait_until(|| jobs.metrics().completed == 2);
    assert!(jobs.shutdown_blocking(BOUND).is_complete());
    let JobsMetrics { panicked, aborted, called_off, .. } = jobs.metrics();
    assert_eq!((panicked, aborted, called_off), (2, 0, 2));
    let mut names: Vec<_> = jobs.reports().iter().map(|report| report.job.to_string()).collect();
    names.sort();
    assert_eq!(names, ["every", "later"]);
}

/// Runs a job with a period of 10 s, from the fifth second on, whose second run takes 25 s: its
/// runs begin in exactly those seconds.
#[track_caller]
fn begins(missed_ticks: MissedTicks, expected: [u64; 5]) {
    let (clock, runtime) = stopped();
    let jobs = jobs(&runtime);
    let begun = clock.now();
    let times = Arc::new(Mutex::new(Vec::new()));
    let every = Every { first_after: 5 * S, missed_ticks, ..Every::new(10 * S) };
    let (told, seen) = (clock.clone(), times.clone());
    let run = move || {
        let work = sleep(25 * S);
        let mut times = seen.lock().unwrap();
        times.push((told.now() - begun).as_secs());
        let is_slow = times.len() == 2;
        async move {
            if is_slow {
                work.await;
            }
        }
    };
    jobs.spawn_every("periodic", every, run).unwrap();
    for second in 1..=expected[4] {
        clock.advance(S);
        let due = expected.iter().filter(|own| **own <= second).count();
        // Time stands still until what is due has begun.
        wait_until(|| times.lock().unwrap().len() >= due);
    }
    assert!(jobs.shutdown_blocking(BOUND).is_complete());
    assert_eq!(*times.lock().unwrap(), expected);
}

#[test]
fn ticks_that_are_missed_are_left_out_made_up_for_or_moved() {
    begins(MissedTicks::Skip, [5, 15, 40, 45, 55]);
    begins(MissedTicks::Burst, [5, 15, 40, 40, 45]);
    begins(MissedTicks::Delay, [5, 15, 40, 50, 60]);
}

#[test]
fn what_runs_at_the_shutdown_is_waited_for_until_the_deadline() {
    let (clock, runtime) = stopped();
    let jobs = jobs(&runtime);
    let dropped = Arc::default();
    let held = Counted(Arc::clone(&dropped));
    jobs.spawn("short", sleep(10 * S)).unwrap();
    let stuck = async move {
        let _held = held;
        std::future::pending().await
    };
    jobs.spawn("stuck", stuck).unwrap();
    let stopping = jobs.stopping();
    jobs.spawn("listens", stopping).unwrap();
    wait_until(|| jobs.metrics().running == 3);
    let draining = jobs.clone();
    let task = runtime.spawn(async move { draining.shutdown(60 * S).await });
    wait_until(|| jobs.is_stopping());
    let late = async {};
    assert_eq!(jobs.spawn("late", late).unwrap_err().why, NotStarted::Stopping);
    // The sleep was made outside the runtime, by the system's clock, which is a bit ahead.
    clock.advance(11 * S);
    wait_until(|| jobs.metrics().completed == 2);
    let drained = move_on(&clock, S, task);
    assert_eq!(drained.aborted.iter().map(|name| &**name).collect::<Vec<_>>(), ["stuck"]);
    wait_until(|| dropped.load(Ordering::SeqCst) == 1);
    wait_until(|| jobs.metrics().aborted == 1);
    let figures = jobs.metrics();
    assert_eq!((figures.completed, figures.refused, figures.running), (2, 1, 0));
}

#[test]
fn a_shutdown_that_is_cancelled_can_be_done_again() {
    let (clock, runtime) = stopped();
    let jobs = jobs(&runtime);
    let (sender, receiver) = oneshot::<()>();
    jobs.spawn("waits", ended(receiver)).unwrap();
    let draining = jobs.clone();
    let task = runtime.spawn(async move {
        windlass::time::timeout(S, draining.shutdown(Duration::MAX)).await.is_err()
    });
    assert!(move_on(&clock, S, task));
    assert_eq!(jobs.metrics().aborted, 0);
    drop(sender);
    assert!(jobs.shutdown_blocking(BOUND).is_complete());
    assert!(jobs.shutdown_blocking(Duration::ZERO).is_complete(), "once more does no harm");
}

#[test]
fn a_job_that_is_not_started_comes_back() {
    let runtime = Runtime::builder().workers(1).tasks_max(2).build().unwrap();
    let settings = JobsSettings { jobs_max: 3, ..JobsSettings::default() };
    let jobs = Jobs::new(runtime.handle().clone(), settings).unwrap();
    let (sender, receiver) = oneshot::<()>();
    jobs.spawn("first", ended(receiver)).unwrap();
    wait_until(|| jobs.metrics().running == 1);
    let other = runtime.spawn(std::future::pending::<()>());
    let refused = jobs.spawn("second", async {}).unwrap_err();
    assert_eq!(refused.why, NotStarted::RuntimeFull);
    runtime.block_on(refused.job);
    let refused = jobs.spawn_after("third", S, std::future::ready(())).unwrap_err();
    runtime.block_on(refused.job);
    let figures = jobs.metrics();
    assert_eq!((figures.refused, figures.aborted, figures.running), (2, 0, 1));
    other.abort();
    wait_until(|| other.is_finished());
    drop((sender, other));
    wait_until(|| jobs.metrics().completed == 1);
    for _ in 0..2 {
        // The task's place is free a moment after the job is counted.
        wait_until(|| jobs.spawn("pending", std::future::pending()).is_ok());
    }
    let one =
        Jobs::new(runtime.handle().clone(), JobsSettings { jobs_max: 1, ..Default::default() });
    let one = one.unwrap();
    assert_eq!(one.spawn("x", async {}).unwrap_err().why, NotStarted::RuntimeFull);
    drop(runtime);
    assert_eq!(one.spawn("x", async {}).unwrap_err().why, NotStarted::Stopping);
    assert_eq!((jobs.metrics().running, jobs.metrics().aborted), (0, 2));
}

#[test]
fn more_jobs_than_are_allowed_are_refused() {
    let runtime = runtime(1);
    let settings = JobsSettings { jobs_max: 1, ..JobsSettings::default() };
    let jobs = Jobs::new(runtime.handle().clone(), settings).unwrap();
    let (sender, receiver) = oneshot::<()>();
    jobs.spawn("first", ended(receiver)).unwrap();
    let refused = jobs.spawn("second", async {}).unwrap_err();
    assert_eq!(refused.why, NotStarted::Full);
    assert!(refused.to_string().contains("jobs_max"));
    drop(sender);
    wait_until(|| jobs.spawn("second", async {}).is_ok());
    assert!(jobs.shutdown_blocking(BOUND).is_complete());
}

#[test]
fn many_jobs_at_once_are_all_counted() {
    let runtime = runtime(2);
    let settings = JobsSettings { jobs_max: 10_000, ..JobsSettings::default() };
    let jobs = Jobs::new(runtime.handle().clone(), settings).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..500 {
                    jobs.spawn("one", async move {
                        windlass::yield_now().await;
                        assert!(number % 100 != 0, "every hundredth");
                    })
                    .unwrap();
                }
            });
        }
    });
    assert!(jobs.shutdown_blocking(BOUND).is_complete());
    let JobsMetrics { running, waiting, completed, panicked, aborted, .. } = jobs.metrics();
    assert_eq!((running, waiting, completed, panicked, aborted), (0, 0, 1980, 20, 0));
}
