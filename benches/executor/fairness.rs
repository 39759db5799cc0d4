//! Who else gets a turn beside tasks that are always ready: timers, and what comes from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use windlass_benches::{Better, Group, Harness, Sample, Window};

use crate::busy::Busy;
use crate::latch::Latch;
use crate::peers::{
    Clocked, Compio, Glommio, Probe, Spawner, Tokio, TokioOneThread, UNFAIR, WORKERS, Windlass,
    Workers, probed_fair,
};
use crate::samples::{Latencies, Quantile};

/// Tasks that are always ready.
const READY_TASKS: usize = 64;

const INTERVAL: Duration = Duration::from_millis(1);
const PAUSE: Duration = Duration::from_micros(200);

const BESIDE: &str = "Beside 64 tasks that compute for 1 to 3 us in each poll and are ready again \
                      at once (half yield, half wake themselves).";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("fair_timer", |group| {
        group
            .title("lateness of a 1 ms timer, p99")
            .question("How late is a timer when other tasks never rest?")
            .method(&format!(
                "{BESIDE} A task sleeps for 1 ms again and again; what is beyond that is its \
                 lateness. Timers of 1 ms resolution (tokio, compio, glommio) may round up by as \
                 much."
            ))
            .not_shown(
                "Runtimes without timers of their own. monoio is left out: it looks at its timers \
                 only when no task is ready, so that none ever fired here.",
            )
            .sample(Duration::from_millis(60));
        scale(group);
        let busy = Busy::leaked(READY_TASKS);
        clocked::<Windlass>(group, busy);
        clocked::<Tokio>(group, busy);
        clocked::<TokioOneThread>(group, busy);
        clocked::<Glommio>(group, busy);
        clocked::<Compio>(group, busy);
    });
    bench.group("fair_spawn", |group| {
        group
            .title("delay of an outside task, p99")
            .question("How long does a task from outside wait when other tasks never rest?")
            .method(&format!(
                "{BESIDE} A thread outside starts a task every 200 us at most; its delay is from \
                 before the spawn until its first poll. Three threads share two cores."
            ))
            .not_shown(&format!(
                "Many tasks at once from outside: see spawn_outside_busy_2. {UNFAIR}"
            ))
            .sample(Duration::from_millis(60));
        scale(group);
        probed_fair(group, Arrivals(Busy::leaked(READY_TASKS), Latch::leaked(1)));
    });
}

fn scale(group: &mut Group<'_>) {
    group
        .unit("ns", Better::Lower)
        .rounds(8, 16)
        .budget(Duration::from_secs(5))
        .without_criterion()
        .crowded();
}

fn clocked<E: Clocked>(group: &mut Group<'_>, busy: &'static Busy) {
    match E::start_clocked(WORKERS) {
        Ok(executor) => {
            group.window(E::NAME, E::ROLE, move |window| timer_lateness(&executor, busy, window))
        }
        Err(message) => group.broken(E::NAME, E::ROLE, &message),
    };
}

fn timer_lateness<E: Clocked>(
    executor: &E,
    busy: &'static Busy,
    window: &Window,
) -> Result<Sample, String> {
    let spawner = executor.spawner();
    let measured = Arc::new(Mutex::new(Latencies::default()));
    let (measuring, duration) = (measured.clone(), window.duration);
    busy.arm();
    let measure = async move {
        while !busy.is_running() {
            E::Spawner::yield_now().await;
        }
        let mut late = Latencies::default();
        let began = Instant::now();
        while began.elapsed() < duration || late.len() == 0 {
            let slept = Instant::now();
            E::sleep(INTERVAL).await;
            late.push(slept.elapsed().saturating_sub(INTERVAL));
        }
        *measuring.lock().unwrap_or_else(PoisonError::into_inner) = late;
        busy.stop();
    };
    // A task like the others: what block_on itself waits for is polled by other rules.
    let root = async move {
        busy.spawn(&spawner);
        spawner.detach(measure);
    };
    executor.inside(root, busy.done())?;
    let mut measured = measured.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *measured).sample(Quantile::Last99th)
}

#[derive(Clone, Copy)]
struct Arrivals(&'static Busy, &'static Latch);

impl Probe for Arrivals {
    fn run<E: Workers>(self, executor: &E, window: &Window) -> Result<Sample, String> {
        let Self(busy, latch) = self;
        let spawner = executor.starter();
        busy.start(&spawner)?;
        let mut delays = Latencies::default();
        let began = Instant::now();
        while began.elapsed() < window.duration || delays.len() == 0 {
            latch.reset(1);
            // The latch reads its clock when the task arrives.
            spawner.detach(async { latch.arrive(0) });
            delays.push(latch.wait()?);
            thread::sleep(PAUSE);
        }
        busy.end()?;
        delays.sample(Quantile::Last99th)
    }
}
