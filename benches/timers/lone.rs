//! One timer at a time: how late is it?

use std::hint;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use windlass_benches::{Better, Group, Harness, Role, Sample, Window};

use crate::runtimes::{AsyncIo, Clocked, Tokio, Windlass};

const SLEEP: Duration = Duration::from_millis(5);

/// What a machine's own timers have for a name here.
const THREAD: &str = "std::thread::sleep";

const P99: &str = "lateness_ms_p99";

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("sleep_5ms", |group| {
        group
            .title("lateness of a 5 ms sleep, p50")
            .question("How late is a task that sleeps for 5 ms, when nothing else is there to do?")
            .method(
                "One task sleeps again and again; before each sleep it computes for up to 1 ms, a \
                 different time each, so that sleeps do not begin in step with a wheel's ticks. \
                 Lateness counts from the deadline until the task runs. The value is a window's \
                 median; its p99 stands beside: of some 100 sleeps, the second latest. The thread \
                 does the same with the kernel's own sleep.",
            )
            .not_shown("A busy machine, or many timers at once (million).")
            .unit("ms", Better::Lower)
            .limit("a 5 ms sleep is at most 0.1 ms late at p50", 0.1)
            .limit_of("a 5 ms sleep is at most 1 ms late at p99", P99, 1.0)
            .without_control()
            .without_criterion()
            .rounds(8, 8)
            .sample(Duration::from_millis(550));
        contender::<Windlass>(group);
        contender::<Tokio>(group);
        contender::<AsyncIo>(group);
        group.window(THREAD, Role::Baseline, |window| {
            let (end, mut late) = (end(window), Vec::new());
            while late.len() < 2 || Instant::now() < end {
                let deadline = computed(late.len()) + SLEEP;
                thread::sleep(deadline - Instant::now());
                late.push(Instant::now().saturating_duration_since(deadline));
            }
            sample(late)
        });
    });
}

fn contender<C: Clocked>(group: &mut Group<'_>) {
    match C::start() {
        Ok(runtime) => group.window(C::NAME, C::ROLE, move |window| {
            let late = sleeps(&runtime, end(window)).recv();
            sample(late.map_err(|error| error.to_string())?)
        }),
        Err(why) => group.broken(C::NAME, C::ROLE, &why),
    };
}

fn sleeps<C: Clocked>(runtime: &C, end: Instant) -> Receiver<Vec<Duration>> {
    let (send, receive) = mpsc::channel();
    runtime.begin(async move {
        let mut late = Vec::new();
        while late.len() < 2 || Instant::now() < end {
            let deadline = computed(late.len()) + SLEEP;
            C::sleep_until(deadline).await;
            late.push(Instant::now().saturating_duration_since(deadline));
        }
        // The other side waits.
        drop(send.send(late));
    });
    receive
}

fn end(window: &Window) -> Instant {
    Instant::now() + window.duration
}

/// Computes for a while, the `n`th time: when it was done.
fn computed(n: usize) -> Instant {
    let us = n as u64 * 379 % 1000;
    let end = Instant::now() + Duration::from_micros(us);
    loop {
        let now = Instant::now();
        if now >= end {
            return now;
        }
        hint::spin_loop();
    }
}

fn sample(mut late: Vec<Duration>) -> Result<Sample, String> {
    late.sort_unstable();
    let ms = |share: f64| {
        let at = ((late.len() - 1) as f64 * share) as usize;
        late.get(at).map(|late| late.as_secs_f64() * 1e3).ok_or("no sleep ended")
    };
    // A sleep that ends within the clock's resolution is not "0 late": that is no ratio.
    Ok(Sample::new(ms(0.50)?.max(1e-6)).with(P99, ms(0.99)?).with("lateness_ms_max", ms(1.0)?))
}
