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
use windlass_benches::{Batch, Harness, Role};

use crate::peers::{Executor, Spawner, THREADS, Workload, contenders};

/// The question that ends the task.
const STOP: u64 = u64::MAX;

const SPINS: u32 = 100;

/// After this long an answer is taken for lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("wake_hot", |group| {
        let method = "A thread that is no worker wakes one task, which answers through an atomic; \
                      the next wake follows at once. The thread spins 100 times (pause) for the \
                      answer, then yields to the kernel each time. A thread: unpark.";
        group
            .title("wake from another thread, hot")
            .question("How long from a wake outside until the task has run, when it just ran?")
            .method(method)
            .not_shown("A runtime that has slept for long, and idle cores' wake-up time; the tail.")
            .crowded();
        contenders(group, WakeTask);
        group.checked(THREADS, Role::Baseline, wake_thread);
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

    /// Asks `ops` questions, wakes the other side for each and waits for the answers; then the end.
    fn ask(&self, ops: u64, wake: impl Fn()) -> Result<Duration, String> {
        let began = Instant::now();
        for question in 1..=ops {
            self.ask_one(question, &wake)?;
        }
        let elapsed = began.elapsed();
        self.ask_one(STOP, &wake)?;
        Ok(elapsed)
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
        if self.0.answer() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[derive(Clone, Copy)]
struct WakeTask;

impl Workload for WakeTask {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let exchange = Arc::new(Exchange::default());
        executor.spawner().detach(Answering(exchange.clone()));
        await_by_yielding(|| exchange.waker.get().is_some())
            .map_err(|()| "the task was never polled".to_owned())?;
        let Some(waker) = exchange.waker.get() else {
            return Err("the task left no waker".to_owned());
        };
        let elapsed = exchange.ask(ops, || waker.wake_by_ref())?;
        Ok(elapsed.into())
    }
}

fn wake_thread(ops: u64) -> Result<Batch, String> {
    let exchange = Exchange::default();
    let elapsed = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            while !exchange.answer() {
                thread::park();
            }
        });
        exchange.ask(ops, || thread.thread().unpark())
    })?;
    Ok(elapsed.into())
}
