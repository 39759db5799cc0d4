//! A thread outside wakes a task and waits for its answer.

use std::future::Future;
use std::hint;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;
use windlass::kit::measure::cores::{Confined, Core};
use windlass_benches::{Better, Harness, Role, Sample, Window};

use crate::event::{EVENTFD, Event};
use crate::peers::{
    ASYNC_EXECUTOR, Probe, Spawner, THREADS, TOKIO, Workers, probed, probed_futures,
};
use crate::samples::{Latencies, Quantile};

/// The question that ends the task.
const STOP: u64 = u64::MAX;

const SPINS: u32 = 100;

/// After this long an answer is taken for lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// The target has slept for long when it is woken.
const PAUSE: Duration = Duration::from_millis(2);

/// So many wakes at least where a pause comes before each.
const COLD_WAKES: usize = 8;

const HOT: &str = "A thread that is no worker wakes one task, which answers through an atomic; the \
                   next wake follows at once. The thread spins 100 times (pause) for the answer, \
                   then yields to the kernel each time; from before the wake until the answer is \
                   seen, the clock's reading included. A thread: unpark.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    for (id, quantile, name, bar) in [
        ("wake_hot", Quantile::Half, "p50", 10.0),
        ("wake_hot_p99", Quantile::Last99th, "p99", 50.0),
    ] {
        bench.group(id, |group| {
            group
                .title(&format!("wake from outside, hot, {name}"))
                .question("How long from a wake outside until the task has run, when it just ran?")
                .method(HOT)
                .not_shown("A runtime that has slept for long, and idle cores' wake-up time.")
                .unit("ns", Better::Lower)
                .claim(&format!("hot wake {bar}x as fast as tokio ({name})"), TOKIO, bar)
                .claim(
                    &format!("hot wake 10x as fast as async-executor ({name})"),
                    ASYNC_EXECUTOR,
                    10.0,
                )
                .without_criterion()
                .crowded();
            probed(group, WakeTask(quantile, Duration::ZERO));
            group.window(THREADS, Role::Baseline, move |window| {
                wake_thread(quantile, Duration::ZERO, window)
            });
        });
    }
    bench.group("wake_cold", |group| {
        group
            .title("wake from outside, cold, p50")
            .question("How long from a wake outside until the task has run, when all have slept?")
            .method(
                "As wake_hot, but the waking thread sleeps for 2 ms before each wake, and keeps to \
                 the first core, all workers to the last: within one core a wake takes a fifth, \
                 and where the kernel puts them is luck. The machine's floor beside it: a bare \
                 futex (a parked thread) and a bare eventfd (a thread in epoll_wait).",
            )
            .not_shown(
                "Longer sleeps, after which cores are slower to come back. may is left out: its \
                 one scheduler was started before, on all cores.",
            )
            .unit("ns", Better::Lower)
            .claim("cold wake within 5 % of a bare eventfd", EVENTFD, 0.95)
            .claim("cold wake within 5 % of a bare futex", THREADS, 0.95)
            .sample(Duration::from_millis(60))
            .rounds(10, 16)
            .budget(Duration::from_secs(10))
            .without_criterion()
            .crowded();
        let quantile = Quantile::Half;
        {
            let _workers = Confined::to(Core::Last);
            probed_futures(group, WakeTask(quantile, PAUSE));
        }
        group.window(THREADS, Role::Baseline, move |window| wake_thread(quantile, PAUSE, window));
        group.window(EVENTFD, Role::Limit, move |window| wake_event(quantile, PAUSE, window));
    });
}

/// A question and its answer, each on its own line.
#[derive(Default)]
struct Exchange {
    question: CachePadded<AtomicU64>,
    answer: CachePadded<AtomicU64>,
    waker: OnceLock<Waker>,
}

impl Exchange {
    /// Answers what was asked. Whether that was the end.
    fn answer(&self) -> bool {
        let question = self.question.load(Ordering::Acquire);
        self.answer.store(question, Ordering::Release);
        question == STOP
    }

    /// Asks again and again, wakes the other side for each question and waits for the answer; then
    /// the end.
    fn ask(
        &self,
        quantile: Quantile,
        pause: Duration,
        window: &Window,
        wake: impl Fn(),
    ) -> Result<Sample, String> {
        let at_least = match (pause.is_zero(), window.smoke) {
            (false, false) => COLD_WAKES,
            _ => 1,
        };
        let _asking = (!pause.is_zero()).then(|| Confined::to(Core::First));
        let mut latencies = Latencies::default();
        let began = Instant::now();
        while began.elapsed() < window.duration || latencies.len() < at_least {
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            let asked = Instant::now();
            self.ask_one(latencies.len() as u64 + 1, &wake)?;
            latencies.push(asked.elapsed());
        }
        self.ask_one(STOP, &wake)?;
        latencies.sample(quantile)
    }

    #[inline]
    fn ask_one(&self, question: u64, wake: &impl Fn()) -> Result<(), String> {
        self.question.store(question, Ordering::Release);
        wake();
        for _ in 0..SPINS {
            if self.answer.load(Ordering::Acquire) == question {
                return Ok(());
            }
            hint::spin_loop();
        }
        await_by_yielding(|| self.answer.load(Ordering::Acquire) == question)
            .map_err(|()| format!("question {question} had no answer within {PATIENCE:?}"))
    }
}

#[cold]
fn await_by_yielding(done: impl Fn() -> bool) -> Result<(), ()> {
    let mut turns = 0_u32;
    let mut deadline = None;
    while !done() {
        thread::yield_now();
        turns = turns.wrapping_add(1);
        if turns.is_multiple_of(1024) {
            let now = Instant::now();
            if now > *deadline.get_or_insert(now + PATIENCE) {
                return Err(());
            }
        }
    }
    Ok(())
}

struct Answering(Arc<Exchange>);

impl Future for Answering {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.waker.get().is_none() {
            let _ = self.0.waker.set(cx.waker().clone());
        }
        if self.0.answer() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// How it is measured, and the pause before each wake.
#[derive(Clone, Copy)]
struct WakeTask(Quantile, Duration);

impl Probe for WakeTask {
    fn run<E: Workers>(self, executor: &E, window: &Window) -> Result<Sample, String> {
        let exchange = Arc::new(Exchange::default());
        executor.starter().detach(Answering(exchange.clone()));
        await_by_yielding(|| exchange.waker.get().is_some())
            .map_err(|()| "the task was never polled".to_owned())?;
        let Some(waker) = exchange.waker.get() else {
            return Err("the task left no waker".to_owned());
        };
        exchange.ask(self.0, self.1, window, || waker.wake_by_ref())
    }
}

fn wake_thread(quantile: Quantile, pause: Duration, window: &Window) -> Result<Sample, String> {
    let exchange = &Exchange::default();
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let _target = (!pause.is_zero()).then(|| Confined::to(Core::Last));
            while !exchange.answer() {
                thread::park();
            }
        });
        exchange.ask(quantile, pause, window, || thread.thread().unpark())
    })
}

fn wake_event(quantile: Quantile, pause: Duration, window: &Window) -> Result<Sample, String> {
    let exchange = Exchange::default();
    let event = Event::new().map_err(|error| error.to_string())?;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _target = Confined::to(Core::Last);
            while !exchange.answer() {
                event.wait();
            }
        });
        exchange.ask(quantile, pause, window, || event.notify())
    })
}
