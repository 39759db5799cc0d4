//! Starting tasks: from outside, from a worker, one by one with a join.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use windlass_benches::{Batch, Harness, Role};

use crate::latch::Latch;
use crate::peers::{Executor, Spawner, THREADS, TOKIO, Workload, contenders};

/// Tasks started at once at most: larger samples are several such calls.
const TASKS_MAX: usize = 1 << 16;

/// Threads alive at once at most.
const THREADS_MAX: u64 = 256;

const TASK: &str = "Each task is a future of 24 bytes that counts itself and is done; handles are \
                    dropped (detached). Time from before the first spawn until the last task has \
                    run, at most 65,536 tasks a call; threads in waves of 256.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("spawn_outside", |group| {
        group
            .title("spawn many from outside")
            .question("What does a task cost that a thread outside starts on an idle runtime?")
            .method(&format!("{TASK} A thread that is no worker spawns."))
            .not_shown("Spawning on a busy runtime; tasks that stay (see alive_...).")
            .ops_max(TASKS_MAX as u64)
            .claim("spawn at least twice as fast as tokio's", TOKIO, 2.0)
            .crowded();
        let latch = Latch::leaked(TASKS_MAX);
        contenders(group, Outside(latch));
        group.checked(THREADS, Role::Baseline, move |ops| threads(latch, ops));
    });
    bench.group("spawn_worker", |group| {
        group
            .title("spawn many from a worker")
            .question("What does a task cost that another task starts?")
            .method(&format!(
                "{TASK} One task spawns all of them without a pause."
            ))
            .not_shown("Fork and join; tasks that do something.")
            .ops_max(TASKS_MAX as u64)
            .claim("spawn at least twice as fast as tokio's", TOKIO, 2.0)
            .crowded();
        let latch = Latch::leaked(TASKS_MAX);
        contenders(group, Inside(latch));
        group.checked(THREADS, Role::Baseline, move |ops| threads(latch, ops));
    });
    bench.group("spawn_join", |group| {
        let method = "block_on spawns a task (8 bytes) that returns its number, awaits it, spawns \
                      the next; the thread in block_on runs no tasks on any runtime. Thread: \
                      spawned and joined.";
        group
            .title("spawn and join from block_on")
            .question("What does it cost to have something done elsewhere and wait for it?")
            .method(method)
            .not_shown("Many joins at once.")
            .claim("spawn and join at least twice as fast as tokio", TOKIO, 2.0)
            .crowded();
        contenders(group, SpawnJoin);
        group.checked(THREADS, Role::Baseline, join_threads);
    });
}

/// The future of every task here: 24 bytes.
struct Once {
    latch: &'static Latch,
    number: usize,
    _size: usize,
}

const _: () = assert!(size_of::<Once>() == 24);

impl Once {
    fn new(latch: &'static Latch, number: usize) -> Self {
        Self {
            latch,
            number,
            _size: 0,
        }
    }
}

impl Future for Once {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.latch.arrive(self.number);
        Poll::Ready(())
    }
}

#[derive(Clone, Copy)]
struct Outside(&'static Latch);

impl Workload for Outside {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let spawner = executor.spawner();
        self.0.reset(ops as usize);
        for number in 0..ops as usize {
            spawner.detach(Once::new(self.0, number));
        }
        Ok(self.0.wait()?.into())
    }
}

#[derive(Clone, Copy)]
struct Inside(&'static Latch);

impl Workload for Inside {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let latch = self.0;
        let spawner = executor.spawner();
        let own = spawner.clone();
        latch.reset(ops as usize);
        own.detach(async move {
            latch.begin();
            for number in 0..ops as usize {
                spawner.detach(Once::new(latch, number));
            }
        });
        Ok(latch.wait()?.into())
    }
}

fn threads(latch: &'static Latch, ops: u64) -> Result<Batch, String> {
    let mut elapsed = Duration::ZERO;
    let mut left = ops;
    while left > 0 {
        let wave = left.min(THREADS_MAX);
        latch.reset(wave as usize);
        for number in 0..wave as usize {
            let run = move || latch.arrive(number);
            thread::Builder::new()
                .spawn(run)
                .map_err(|error| format!("thread {number} of {wave}: {error}"))?;
        }
        elapsed += latch.wait()?;
        left -= wave;
    }
    Ok(elapsed.into())
}

#[derive(Clone, Copy)]
struct SpawnJoin;

impl Workload for SpawnJoin {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let spawner = executor.spawner();
        executor.block_on(async move {
            let began = Instant::now();
            for number in 0..ops {
                let output = spawner.join(async move { number }).await?;
                if output != number {
                    return Err(format!("task {number} returned {output}"));
                }
            }
            Ok(began.elapsed().into())
        })
    }
}

fn join_threads(ops: u64) -> Result<Batch, String> {
    let began = Instant::now();
    for number in 0..ops {
        let thread = thread::Builder::new().spawn(move || number);
        let output = thread.map_err(|error| error.to_string())?.join();
        if output.ok() != Some(number) {
            return Err(format!("thread {number} returned something else"));
        }
    }
    Ok(began.elapsed().into())
}
