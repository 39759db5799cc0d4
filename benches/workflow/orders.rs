//! Orders acknowledged, against orders done in line: how long a client waits, and how many orders
//! so many threads get done.

use std::time::Duration;

use windlass::kit::serve::Model;
use windlass_benches::{Better, Harness, Role, Sample, Window};

use windlass::kit::stage::orders::{Stage, in_turn, offered};

/// How long the slow service takes.
const SLOW: &[&str] = &["--latency", "200ms", "--jitter", "0ms"];
const SMOKE_SLOW: &[&str] = &["--latency", "20ms", "--jitter", "0ms"];

const ACKNOWLEDGES: &str = "windlass, acknowledges";
const PER_CONNECTION: &str = "in line, thread per connection";
const POOL: &str = "in line, as many threads";

/// Orders a second that are offered for their latency.
const GENTLE_PER_S: u32 = 50;

/// Orders a second that are offered to be done, and over how many connections.
const OFFERED_PER_S: u32 = 1000;
const CONNECTIONS: usize = 64;

/// Before orders are counted, the first of them have come through.
const WARM: Duration = Duration::from_millis(500);

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    latency(bench);
    done(bench);
}

pub(crate) fn slow(window: &Window) -> &'static [&'static str] {
    if window.smoke { SMOKE_SLOW } else { SLOW }
}

/// How long to measure.
fn length(window: &Window) -> Duration {
    if window.smoke { WARM } else { window.duration }
}

/// Started by the first window, kept for the others.
fn stage<'a>(
    kept: &'a mut Option<Stage>,
    model: Model,
    window: &Window,
    more: &[&str],
) -> Result<&'a mut Stage, String> {
    if kept.is_none() {
        *kept = Some(Stage::start(model, slow(window), more)?);
    }
    kept.as_mut().ok_or_else(|| "no stage".to_owned())
}

fn latency(bench: &mut Harness) {
    bench.group("orders_latency", |group| {
        group
            .title("POST /orders, 200 ms of work, p50")
            .question("How long does a client wait whose order takes 200 ms to be carried out?")
            .method(
                "An open loop of 50 orders a second over 64 kept connections to the orders \
                 service; each order is saved (SQLite, synchronous = FULL) and calls the slow \
                 service, a process of its own that takes 200 ms: after the reply (202), by a \
                 worker behind a queue, or before it (201), in line. Latency counts from when the \
                 order was meant to be sent. Every acknowledged order is completed before the \
                 next contender.",
            )
            .not_shown("Rates at which anybody is short of threads; a slow service that fails.")
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .sample(Duration::from_millis(700))
            .claim("acknowledged 10 times as soon as in line (p50)", PER_CONNECTION, 10.0);
        for (name, role, model) in [
            (ACKNOWLEDGES, Role::Subject, Model::Evented),
            (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
        ] {
            let mut kept = None;
            group.window(name, role, move |window| {
                let stage = stage(&mut kept, model, window, &[])?;
                let mut client = stage.client(CONNECTIONS.min(GENTLE_PER_S as usize), None)?;
                let loaded = offered(&mut client, GENTLE_PER_S, length(window))?;
                if model == Model::Evented {
                    stage.all_completed()?;
                }
                Ok(Sample::new(loaded.ms(0.50)).with("latency_ms_p99", loaded.ms(0.99)))
            });
        }
    });
}

fn done(bench: &mut Harness) {
    bench.group("orders_done", |group| {
        group
            .title("orders done by so many threads")
            .question("How many orders of 200 ms does a server get done with the same threads?")
            .method(
                "windlass: 1000 orders a second are offered in an open loop over 64 connections, \
                 half a second before anything is counted; the value is how many were completed, \
                 slow service and all, for each second of the window; if more than a second's \
                 worth waits at its end, the sample is an error: that rate is not sustained. In \
                 line: a pool with as many threads as that process has in all, one connection for \
                 each, one order behind the other.",
            )
            .not_shown("How many it could be at most: windlass does what it is offered here.")
            .rate("orders per second")
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .sample(Duration::from_millis(1200))
            .claim("10 times the orders of as many threads in line", POOL, 10.0);
        let mut kept = None;
        group.window(ACKNOWLEDGES, Role::Subject, move |window| {
            completed(stage(&mut kept, Model::Evented, window, &[])?, window)
        });
        let mut kept = None;
        group.window(POOL, Role::Baseline, move |window| {
            let threads = threads_of_the_subject(window)?;
            let pool = ["--pool-threads", &threads.to_string()];
            let stage = stage(&mut kept, Model::ThreadPool, window, &pool)?;
            let mut client = stage.client(threads, None)?;
            let loaded = in_turn(&mut client, length(window))?;
            Ok(Sample::new(loaded.outcome.requests_per_s()).with("pool_threads", threads as f64))
        });
    });
}

/// Orders completed a second, while so many are offered.
fn completed(stage: &Stage, window: &Window) -> Result<Sample, String> {
    let per_s = if window.smoke { GENTLE_PER_S } else { OFFERED_PER_S };
    let mut client = stage.client(CONNECTIONS, None)?;
    offered(&mut client, per_s, WARM)?;
    let completed = || stage.figures()?.get("windlass_orders_completed_total");
    let before = completed()?;
    let loaded = offered(&mut client, per_s, length(window))?;
    let after = completed()?;
    let unfinished = stage.figures()?.unfinished()?;
    let (threads, _) = stage.threads_and_rss_mib()?;
    if unfinished > f64::from(per_s) {
        return Err(format!("{unfinished} orders wait after {per_s} a second: not sustained"));
    }
    stage.all_completed()?;
    let rate = (after - before) / loaded.outcome.elapsed.as_secs_f64();
    Ok(Sample::new(rate)
        .with("unfinished_at_end", unfinished)
        .with("server_threads", threads)
        .with("latency_ms_p99", loaded.ms(0.99)))
}

/// How many threads the acknowledging server has.
pub(crate) fn threads_of_the_subject(window: &Window) -> Result<usize, String> {
    static THREADS: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    if let Some(&threads) = THREADS.get() {
        return Ok(threads);
    }
    let (threads, _) = Stage::start(Model::Evented, slow(window), &[])?.threads_and_rss_mib()?;
    Ok(*THREADS.get_or_init(|| threads as usize))
}
