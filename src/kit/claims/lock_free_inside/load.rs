//! The work that each executor is given, and what one window of it says.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;
use crate::kit::measure::group::Window;
use crate::runtime::{Runtime, yield_now};
use crate::sync::lock;

use super::super::bits::{ms, record};

/// Tasks that are always ready.
const READY: usize = 64;

/// They are started in bundles; the first of each is looked at by the clock.
const BUNDLE: usize = 64;

/// Time between two tasks from outside by which delays are probed.
const PAUSE: Duration = Duration::from_micros(200);

/// How long the last tasks may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What keeps the run queues busy.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// Tasks that yield for ever, each into its worker's queue.
    Yields,
    /// A thread outside that starts one task after the other, all through one queue; so many may
    /// be on their way at a time.
    Arrivals(usize),
}

/// How long tasks from outside waited for their first poll, and how many came through.
struct Delays {
    waited: Mutex<Histogram<u64>>,
    arrived: AtomicUsize,
}

impl Delays {
    fn new() -> Result<Arc<Delays>, String> {
        let waited = Mutex::new(nanos_histogram());
        Ok(Arc::new(Delays { waited, arrived: AtomicUsize::new(0) }))
    }

    /// Starts a task that is looked at by the clock only where `probed`: reading it, and the lock,
    /// cost more than the task.
    fn start(self: &Arc<Self>, runtime: &Runtime, probed: bool) {
        let (delays, begun) = (self.clone(), probed.then(Instant::now));
        runtime
            .spawn(async move {
                if let Some(begun) = begun {
                    let waited = begun.elapsed();
                    record(&mut lock(&delays.waited), waited);
                }
                delays.arrived.fetch_add(1, Ordering::Relaxed);
            })
            .detach();
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Waits until so many have come through.
    fn all(&self, started: usize) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while self.arrived() < started {
            if Instant::now() > until {
                let arrived = self.arrived();
                return Err(format!("{arrived} of {started} tasks ran within {PATIENCE:?}"));
            }
            thread::yield_now();
        }
        Ok(())
    }
}

impl Work {
    /// One window on `runtime`: operations per second.
    pub(super) fn run(self, runtime: &Runtime, window: &Window) -> Result<Sample, String> {
        match self {
            Work::Yields => yields(runtime, window.duration),
            Work::Arrivals(at_a_time) => arrivals(runtime, at_a_time, window.duration),
        }
    }
}

/// Turns of one task, on a line of its own.
#[repr(align(128))]
#[derive(Default)]
struct Turns(AtomicU64);

fn yields(runtime: &Runtime, time: Duration) -> Result<Sample, String> {
    let turns: Arc<Vec<Turns>> = Arc::new((0..READY).map(|_| Turns::default()).collect());
    let stop = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..READY)
        .map(|at| {
            let (turns, stop) = (turns.clone(), stop.clone());
            runtime.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    yield_now().await;
                    turns[at].0.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let counts = || -> Vec<u64> { turns.iter().map(|it| it.0.load(Ordering::Relaxed)).collect() };
    let (delays, warm) = (Delays::new()?, Instant::now() + PATIENCE);
    while counts().contains(&0) {
        if Instant::now() > warm {
            stop.store(true, Ordering::Relaxed);
            return Err(format!("a task had no turn within {PATIENCE:?}"));
        }
        thread::sleep(PAUSE);
    }
    let (began, before, mut started) = (Instant::now(), counts(), 0);
    while began.elapsed() < time {
        thread::sleep(PAUSE);
        delays.start(runtime, true);
        started += 1;
    }
    let (elapsed, after) = (began.elapsed(), counts());
    stop.store(true, Ordering::Relaxed);
    delays.all(started)?;
    for task in tasks {
        runtime.block_on(task).map_err(|error| error.to_string())?;
    }
    let each: Vec<u64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
    let (sum, most) = (each.iter().sum::<u64>(), each.iter().max().copied().unwrap_or_default());
    let waited = lock(&delays.waited).clone();
    // The task that had most turns, against a fair share: 1 is fair.
    let unfairness = most as f64 * READY as f64 / sum.max(1) as f64;
    Ok(sample(sum.max(1) as f64 / elapsed.as_secs_f64(), waited)
        .with("most_turns_to_fair", unfairness))
}

fn arrivals(runtime: &Runtime, at_a_time: usize, time: Duration) -> Result<Sample, String> {
    let delays = Delays::new()?;
    let (began, mut started) = (Instant::now(), 0usize);
    while began.elapsed() < time {
        (0..BUNDLE).for_each(|at| delays.start(runtime, at == 0));
        started += BUNDLE;
        delays.all(started.saturating_sub(at_a_time))?;
    }
    delays.all(started)?;
    let per_s = started as f64 / began.elapsed().as_secs_f64();
    let waited = lock(&delays.waited).clone();
    Ok(sample(per_s, waited))
}

/// What a task from outside waited at most, but for one in a hundred.
pub(super) const TAIL: &str = "delay_us_p99";

fn sample(per_s: f64, waited: Histogram<u64>) -> Sample {
    Sample::new(per_s)
        .with(TAIL, ms(&waited, 0.99) * 1e3)
        .with("delay_us_p50", ms(&waited, 0.5) * 1e3)
        .with_latencies("delay of a task from outside", waited)
}
