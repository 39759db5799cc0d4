//! One window of requests for the summary, while orders come in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;
use crate::kit::measure::group::Window;
use crate::sync::lock;

use super::super::bits::{OwnCpu, ms, record, sleep_to};
use super::shop::{INSERT, Shop, Sums};

/// Orders come in at this pace meanwhile.
const GROWTH: Duration = Duration::from_millis(10);

/// Shortest window: in less time there are too few requests.
pub(super) const WINDOW_MIN: Duration = Duration::from_millis(200);

/// How long the last replies may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Processor time of the whole process, by requests.
pub(super) const CPU: &str = "cpu_us_per_request";

/// What stands for a window.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Latency,
    Cost,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub(super) rows: u64,
    pub(super) per_s: u32,
    pub(super) grows: bool,
    pub(super) value: Value,
}

/// What the requests of one window came to.
#[derive(Clone)]
pub(super) struct Answers(Arc<Mutex<Told>>);

struct Told {
    late: Histogram<u64>,
    oldest: Duration,
    wrong: Option<String>,
}

impl Answers {
    fn new() -> Result<Answers, String> {
        let late = nanos_histogram();
        Ok(Answers(Arc::new(Mutex::new(Told { late, oldest: Duration::ZERO, wrong: None }))))
    }

    /// A request that was due then was answered with these sums.
    pub(super) fn add(&self, due: Instant, sums: Result<Sums, String>, rows: u64) {
        let now = Instant::now();
        let mut told = lock(&self.0);
        record(&mut told.late, now - due);
        match sums {
            Ok(sums) if sums.is_right(rows) => told.oldest = told.oldest.max(now - sums.made),
            Ok(sums) => {
                let found = sums.orders;
                told.wrong.get_or_insert_with(|| format!("{found:?} orders of {rows}"));
            }
            Err(error) => drop(told.wrong.get_or_insert(error)),
        }
    }

    fn count(&self) -> u64 {
        lock(&self.0).late.len()
    }
}

/// Makes the requests of one window, with orders that come in meanwhile, and waits for all answers.
pub(super) fn ask(
    shop: &Shop,
    plan: Plan,
    window: &Window,
    mut request: impl FnMut(Instant, Answers) -> Result<(), String>,
) -> Result<Sample, String> {
    let time = window.duration.max(WINDOW_MIN);
    let (answers, stop) = (Answers::new()?, AtomicBool::new(false));
    let cpu = OwnCpu::now()?;
    let asked = thread::scope(|scope| {
        let grown = scope.spawn(|| {
            let mut due = Instant::now();
            while plan.grows && !stop.load(Ordering::Relaxed) {
                due += GROWTH;
                sleep_to(due);
                shop.write(|tx| tx.prepare_cached(INSERT)?.execute([0, 2_500]))?;
            }
            Ok::<_, String>(())
        });
        let asked = requests(plan, time, &answers, &mut request);
        stop.store(true, Ordering::Relaxed);
        grown.join().map_err(|_| "who writes panicked".to_owned())??;
        asked
    })?;
    let cpu_us = (cpu.spent_us()? / asked as f64).max(1.0);
    shop.as_before()?;
    let told = lock(&answers.0);
    if let Some(wrong) = &told.wrong {
        return Err(wrong.clone());
    }
    let value = match plan.value {
        Value::Latency => ms(&told.late, 0.5),
        Value::Cost => cpu_us,
    };
    Ok(Sample::new(value)
        .with("latency_ms_p99", ms(&told.late, 0.99))
        .with("age_ms_max", told.oldest.as_secs_f64() * 1e3)
        .with(CPU, cpu_us)
        .with_latencies("latency", told.late.clone()))
}

/// Open loop; returns when all are answered: how many there were.
fn requests(
    plan: Plan,
    time: Duration,
    answers: &Answers,
    request: &mut impl FnMut(Instant, Answers) -> Result<(), String>,
) -> Result<u64, String> {
    let (began, each) = (Instant::now(), Duration::from_secs(1) / plan.per_s);
    let asked = (time.as_secs_f64() * f64::from(plan.per_s)).ceil() as u32;
    for number in 0..asked {
        let due = began + each * number;
        sleep_to(due);
        request(due, answers.clone())?;
    }
    // So that also of the last one the whole pause counts.
    sleep_to(began + time);
    let until = Instant::now() + PATIENCE;
    while answers.count() < u64::from(asked) {
        if Instant::now() > until {
            return Err(format!("{} of {asked} requests were answered", answers.count()));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(u64::from(asked))
}
