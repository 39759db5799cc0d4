//! The ways of answering: made ahead by a job or by a plain thread, or made for each request.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::measure::contender::Sample;
use crate::kit::measure::cores;
use crate::kit::measure::group::Window;
use crate::runtime::Runtime;
use crate::sync::lock;
use crate::workflow::jobs::{Every, Jobs, JobsSettings};

use super::ask::{Answers, PATIENCE, Plan, ask};
use super::shop::{Shop, Sums};

/// How often the summary is made ahead.
const PERIOD: Duration = Duration::from_millis(100);

/// A job makes the sums, a request takes the last ones.
pub(super) fn job(shop: &Arc<Shop>, plan: Plan, window: &Window) -> Result<Sample, String> {
    let runtime = Runtime::builder().workers(1).build().map_err(|error| error.to_string())?;
    let jobs = Jobs::new(runtime.handle().clone(), JobsSettings::default());
    let jobs = jobs.map_err(|error| error.to_string())?;
    let last = Arc::new(Mutex::new(made_now(shop)?));
    let (database, made) = (shop.database.clone(), last.clone());
    let job = move || {
        let (database, made) = (database.clone(), made.clone());
        async move {
            // Where it fails the last sums stand; age_ms_max tells.
            if let Ok(sums) = database.read(Sums::read).await {
                *lock(&made) = sums;
            }
        }
    };
    jobs.spawn_every("sums", Every::new(PERIOD), job).map_err(|error| error.to_string())?;
    let rows = plan.rows;
    let sample = ask(shop, plan, window, |due, answers| {
        let last = last.clone();
        runtime
            .spawn(async move {
                let sums = *lock(&last);
                answers.add(due, Ok(sums), rows);
            })
            .detach();
        Ok(())
    });
    if !jobs.shutdown_blocking(PATIENCE).is_complete() {
        return Err(format!("the job did not end within {PATIENCE:?}"));
    }
    sample
}

/// A plain thread makes the sums, a request takes the last ones.
pub(super) fn thread_ahead(
    shop: &Arc<Shop>,
    plan: Plan,
    window: &Window,
) -> Result<Sample, String> {
    let last = Mutex::new(made_now(shop)?);
    let (stop, stopped) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (stopped, mut due) = (stopped, Instant::now());
            let goes_on = |due: Instant| {
                let left = due.saturating_duration_since(Instant::now());
                stopped.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout)
            };
            loop {
                due += PERIOD;
                if !goes_on(due) {
                    return;
                }
                // Where it fails the last sums stand; age_ms_max tells.
                if let Ok(sums) = made_now(shop) {
                    *lock(&last) = sums;
                }
            }
        });
        let sample = answered(shop, plan, window, || Ok(*lock(&last)));
        drop(stop);
        sample
    })
}

/// Threads make the sums for each request.
pub(super) fn in_line(shop: &Arc<Shop>, plan: Plan, window: &Window) -> Result<Sample, String> {
    answered(shop, plan, window, || made_now(shop))
}

fn made_now(shop: &Shop) -> Result<Sums, String> {
    shop.database.read_blocking(Sums::read).map_err(|error| error.to_string())
}

/// Threads answer the requests.
fn answered(
    shop: &Shop,
    plan: Plan,
    window: &Window,
    answer: impl Fn() -> Result<Sums, String> + Sync,
) -> Result<Sample, String> {
    let (requests, come) = mpsc::channel::<(Instant, Answers)>();
    let (come, rows) = (Mutex::new(come), plan.rows);
    thread::scope(|scope| {
        for _ in 0..cores::count() * 2 {
            scope.spawn(|| {
                loop {
                    let next = lock(&come).recv();
                    let Ok((due, answers)) = next else { return };
                    answers.add(due, answer(), rows);
                }
            });
        }
        let gone = |_| "the threads have ended".to_owned();
        // The threads end with the sender.
        ask(shop, plan, window, move |due, answers| requests.send((due, answers)).map_err(gone))
    })
}
