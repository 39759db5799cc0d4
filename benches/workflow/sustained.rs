//! Orders for as long as one likes: the rate at which they are accepted, and completed, while the
//! queue grows no longer.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use windlass::kit::load::LoadError;
use windlass::kit::serve::Model;
use windlass::kit::stage::contest::VOID;
use windlass::kit::stage::orders::{Loaded, Stage, in_turn, offered, offered_once};
use windlass_benches::{Better, Harness, Role, Sample, Window};

use crate::orders::slow;

const ACKNOWLEDGES: &str = "windlass, acknowledges";
const POOL: &str = "in line, as many threads";

/// 256 workers at 200 ms each could do 1280.
const PER_S: u32 = 1000;
const SMOKE_PER_S: u32 = 50;
const CONNECTIONS: usize = 64;

/// Before anything is counted, the first orders have come through.
const WARM: Duration = Duration::from_millis(600);

/// Windows in a row in which the generator fell behind, after which the contender has failed.
const VOID_MAX: u32 = 4;

/// How often the queue is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Measures the group of this file. With `whole` each sample is as long as the goal says.
pub(crate) fn measure(bench: &mut Harness, whole: bool) {
    let time = Duration::from_secs(if whole { 60 } else { 3 });
    bench.group("orders_sustained", |group| {
        group
            .title("orders accepted and completed")
            .question("Which rate of orders of 200 ms is sustained with the same threads?")
            .method(
                "windlass: 1000 orders a second are offered in an open loop over 64 connections \
                 for 3 s (--all: 60 s), after 0.6 s that are not counted. The queue's depth is \
                 read ten times a second: where its mean over the last third of the time is more \
                 than over the second third by more than a tenth of a second's orders, or fewer \
                 orders are accepted or completed than 95 % of those offered, the rate was not \
                 sustained, and the sample is an error. The value is orders completed for each \
                 second. In line: a pool with as many threads as that process has in all, one \
                 connection for each, one order behind the other, for as long.",
            )
            .not_shown("The highest rate: windlass does what it is offered here.")
            .unit("orders per second", Better::Higher)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .claim("10 times the sustained rate of as many threads in line", POOL, 10.0);
        group.window(ACKNOWLEDGES, Role::Subject, move |window| acknowledging(time, window));
        group.window(POOL, Role::Baseline, move |window| in_line(time, window));
    });
}

fn length(time: Duration, window: &Window) -> Duration {
    if window.smoke { WARM } else { time }
}

fn acknowledging(time: Duration, window: &Window) -> Result<Sample, String> {
    let stage = Stage::start(Model::Evented, slow(window), &[])?;
    let per_s = if window.smoke { SMOKE_PER_S } else { PER_S };
    let mut client = stage.client(CONNECTIONS.min(per_s as usize), None)?;
    offered(&mut client, per_s, WARM)?;
    let attempt = || {
        let completed = || stage.figures()?.get("windlass_orders_completed_total");
        let before = completed()?;
        let (loaded, depths) = thread::scope(|scope| {
            let (over, is_over) = mpsc::channel::<()>();
            let looks = scope.spawn(|| depths(&stage, is_over));
            let loaded = offered_once(&mut client, per_s, length(time, window));
            drop(over);
            let depths = looks.join().map_err(|_| "who looks at the queue panicked".to_owned())?;
            Ok::<_, String>((loaded, depths?))
        })?;
        Ok::<_, String>((loaded, depths, completed()? - before))
    };
    let (loaded, depths, completed) = unless_behind(attempt)?;
    let seconds = loaded.outcome.elapsed.as_secs_f64();
    let (accepted, done) = (loaded.outcome.requests_per_s(), completed / seconds);
    let third = depths.len() / 3;
    let mean = |depths: &[f64]| depths.iter().sum::<f64>() / depths.len().max(1) as f64;
    let grew = mean(&depths[2 * third..]) - mean(&depths[third..2 * third]);
    let enough = 0.95 * f64::from(per_s);
    if !window.smoke && (accepted < enough || done < enough || grew > f64::from(per_s) / 10.0) {
        return Err(format!(
            "{per_s} a second are not sustained: {accepted:.0} accepted, {done:.0} completed, the \
             queue grew by {grew:.0}"
        ));
    }
    let (threads, rss_mib) = stage.threads_and_rss_mib()?;
    stage.all_completed()?;
    Ok(Sample::new(done)
        .with("accepted_per_s", accepted)
        .with("depth_grew", grew)
        .with("depth_mean", mean(&depths))
        .with("server_threads", threads)
        .with("rss_mib", rss_mib)
        .with(VOID, f64::from(loaded.void))
        .with("latency_ms_p99", loaded.ms(0.99)))
}

/// What became of a window of orders.
type Offered = Result<Result<Loaded, String>, LoadError>;

/// Begins again where the generator fell behind: what was counted then counts for nothing.
fn unless_behind<T>(
    mut attempt: impl FnMut() -> Result<(Offered, T, f64), String>,
) -> Result<(Loaded, T, f64), String> {
    let mut void = 0;
    loop {
        match attempt()? {
            (Err(LoadError::Behind { .. }), ..) if void < VOID_MAX => void += 1,
            (Err(error), ..) => return Err(error.to_string()),
            (Ok(loaded), beside, completed) => {
                return Ok((Loaded { void, ..loaded? }, beside, completed));
            }
        }
    }
}

/// How many orders were unfinished, again and again, until it is over.
fn depths(stage: &Stage, is_over: mpsc::Receiver<()>) -> Result<Vec<f64>, String> {
    let mut depths = Vec::new();
    while let Err(RecvTimeoutError::Timeout) = is_over.recv_timeout(LOOK) {
        depths.push(stage.figures()?.unfinished()?);
    }
    Ok(depths)
}

fn in_line(time: Duration, window: &Window) -> Result<Sample, String> {
    let threads = threads_of_the_subject(window)?;
    let pool = ["--pool-threads", &threads.to_string()];
    let stage = Stage::start(Model::ThreadPool, slow(window), &pool)?;
    let mut client = stage.client(threads, None)?;
    let loaded = in_turn(&mut client, length(time, window))?;
    Ok(Sample::new(loaded.outcome.requests_per_s())
        .with("pool_threads", threads as f64)
        .with("latency_ms_p99", loaded.ms(0.99)))
}

/// How many threads the acknowledging server has.
fn threads_of_the_subject(window: &Window) -> Result<usize, String> {
    static THREADS: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    if let Some(&threads) = THREADS.get() {
        return Ok(threads);
    }
    let (threads, _) = Stage::start(Model::Evented, slow(window), &[])?.threads_and_rss_mib()?;
    Ok(*THREADS.get_or_init(|| threads as usize))
}
