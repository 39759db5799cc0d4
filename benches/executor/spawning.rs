//! Starting tasks: from outside, from a worker, one by one with a join.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use windlass_benches::{Batch, Group, Harness, Role};

use crate::busy::Busy;
use crate::latch::Latch;
use crate::peers::{
    ASYNC_EXECUTOR, Executor, FromOutside, MONOIO, Spawner, THREADS, TOKIO, UNFAIR, WORKERS,
    Workers, Workload, everyone, from_outside, outside_fair,
};

/// Tasks started at once at most: larger samples are several such calls.
const TASKS_MAX: usize = 1 << 16;

/// Tasks brought in beside busy workers: a number fixed for all, since who takes them in batches
/// has more of large ones.
const BESIDE_TASKS: usize = 1024;

/// Threads alive at once at most.
pub(crate) const THREADS_MAX: u64 = 256;

const TASK: &str = "Each task is a future of 24 bytes that counts itself and is done; handles are \
                    dropped (detached). Time from before the first spawn until the last task has \
                    run, at most 65,536 tasks a call; threads in waves of 256.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("spawn_worker", |group| {
        group
            .title("spawn many from a worker")
            .question("What does a task cost that another task starts?")
            .method(&format!(
                "{TASK} One task spawns all of them without a pause; with one thread: the thread's \
                 first task does. glommio polls a task inside the call that starts it."
            ))
            .not_shown("Fork and join; tasks that do something.")
            .ops_max(TASKS_MAX as u64)
            .claim("spawn from a worker at least 7x as fast as tokio", TOKIO, 7.0)
            .no_worse("spawn from a worker no slower than monoio", MONOIO, 1.0)
            .crowded();
        let latch = Latch::leaked(TASKS_MAX);
        everyone(group, Inside(latch));
        group.checked(THREADS, Role::Baseline, move |ops| threads(latch, ops));
    });
    bench.group("spawn_outside", |group| {
        group
            .title("spawn many from outside, idle")
            .question("What does a task cost that a thread outside starts on an idle runtime?")
            .method(&format!("{TASK} A thread that is no worker spawns."))
            .not_shown("Spawning on a busy runtime; tasks that stay (see alive_...).")
            .ops_max(TASKS_MAX as u64)
            .claim("spawn from outside at least 10x as fast as tokio", TOKIO, 10.0)
            .claim("spawn from outside 3x as fast as async-executor", ASYNC_EXECUTOR, 3.0)
            .crowded();
        let latch = Latch::leaked(TASKS_MAX);
        from_outside(group, Outside(latch));
        group.checked(THREADS, Role::Baseline, move |ops| threads(latch, ops));
    });
    for busy in 1..=WORKERS {
        bench.group(&format!("spawn_outside_busy_{busy}"), |group| {
            spawn_beside(group, busy);
        });
    }
    for (id, wave, title) in [
        ("spawn_join", 1024, "spawn and join from block_on"),
        ("spawn_join_one", 1, "spawn and join, one by one"),
    ] {
        bench.group(id, |group| spawn_join(group, wave, title));
    }
}

fn spawn_join(group: &mut Group<'_>, wave: u64, title: &str) {
    group
        .title(title)
        .question("What does it cost to have something done elsewhere and wait for it?")
        .method(&format!(
            "block_on spawns {wave} tasks (8 bytes) that return their numbers, awaits them in that \
             order, spawns the next; whether the thread in block_on runs tasks meanwhile is the \
             runtime's own choice. Threads: spawned and joined, at most 256 at once."
        ))
        .not_shown("Joins from a task: see fork_join.")
        .ops_max(TASKS_MAX as u64)
        .crowded();
    if wave > 1 {
        group.claim("spawn and join at least 5x as fast as tokio", TOKIO, 5.0).claim(
            "spawn and join 2.5x as fast as async-executor",
            ASYNC_EXECUTOR,
            2.5,
        );
    }
    from_outside(group, SpawnJoin(wave));
    let wave = wave.min(THREADS_MAX);
    group.checked(THREADS, Role::Baseline, move |ops| join_threads(ops, wave));
}

fn spawn_beside(group: &mut Group<'_>, busy: usize) {
    let words = ["", "one", "both"][busy];
    group
        .title(&format!("spawn from outside, {words} busy"))
        .question("What does it cost to bring tasks in while the workers have their own?")
        .method(&format!(
            "As spawn_outside, 1,024 tasks a call, beside {busy} tasks that compute for 1 to \
             3 us in each poll and then yield (every second wakes itself instead), from before \
             the first spawn until after the last task."
        ))
        .not_shown(&format!("Polls that last longer: no runtime interrupts them. {UNFAIR}"))
        .ops(4 * BESIDE_TASKS as u64)
        .ops_max(BESIDE_TASKS as u64)
        .crowded();
    if busy == 1 {
        group.claim("beside a busy worker 5x as fast as tokio", TOKIO, 5.0).claim(
            "beside a busy worker 2x as fast as async-executor",
            ASYNC_EXECUTOR,
            2.0,
        );
    } else {
        let text = "both workers busy, no slower than async-executor";
        group.no_worse(text, ASYNC_EXECUTOR, 1.0);
    }
    let latch = Latch::leaked(BESIDE_TASKS);
    outside_fair(group, Beside(Outside(latch), Busy::leaked(busy)));
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
        Self { latch, number, _size: 0 }
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
pub(crate) struct Outside(pub(crate) &'static Latch);

impl FromOutside for Outside {
    fn run<E: Workers>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let spawner = executor.starter();
        self.0.reset(ops as usize);
        for number in 0..ops as usize {
            spawner.detach(Once::new(self.0, number));
        }
        Ok(self.0.wait()?.into())
    }
}

#[derive(Clone, Copy)]
struct Beside(Outside, &'static Busy);

impl FromOutside for Beside {
    fn run<E: Workers>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        self.1.start(&executor.starter())?;
        let batch = self.0.run(executor, ops);
        self.1.end()?;
        batch
    }
}

/// One task starts all others.
#[derive(Clone, Copy)]
pub(crate) struct Inside(pub(crate) &'static Latch);

impl Workload for Inside {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let (latch, spawner) = (self.0, executor.spawner());
        latch.reset(ops as usize);
        let root = async move {
            latch.begin();
            for number in 0..ops as usize {
                spawner.detach(Once::new(latch, number));
            }
        };
        Ok(executor.inside(root, latch)?.into())
    }
}

/// A thread for each task, in waves.
pub(crate) fn threads(latch: &'static Latch, ops: u64) -> Result<Batch, String> {
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

/// So many at once.
#[derive(Clone, Copy)]
struct SpawnJoin(u64);

impl FromOutside for SpawnJoin {
    fn run<E: Workers>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let spawner = executor.starter();
        executor.block_on(async move {
            let began = Instant::now();
            let joined = waves(spawner, ops, self.0).await?;
            let elapsed = began.elapsed();
            match joined {
                joined if joined == ops => Ok(elapsed.into()),
                joined => Err(format!("{joined} tasks of {ops} were joined")),
            }
        })
    }
}

/// Starts `wave` tasks, awaits them in that order, and so on for `ops` in all.
pub(crate) async fn waves<S: Spawner>(spawner: S, ops: u64, wave: u64) -> Result<u64, String> {
    let mut tasks = Vec::with_capacity(wave.min(ops) as usize);
    let mut joined = 0;
    while joined < ops {
        let wide = wave.min(ops - joined);
        tasks.extend((0..wide).map(|number| spawner.join(async move { number })));
        let mut sum = 0;
        for task in tasks.drain(..) {
            sum += task.await?;
        }
        if sum != wide * (wide - 1) / 2 {
            return Err(format!("{wide} tasks returned {sum} in all"));
        }
        joined += wide;
    }
    Ok(joined)
}

/// The same with threads.
pub(crate) fn join_threads(ops: u64, wave: u64) -> Result<Batch, String> {
    let began = Instant::now();
    let mut left = ops;
    while left > 0 {
        let wide = left.min(wave);
        let threads: Result<Vec<_>, _> =
            (0..wide).map(|number| thread::Builder::new().spawn(move || number)).collect();
        let threads = threads.map_err(|error| error.to_string())?;
        let outputs = threads.into_iter().filter_map(|thread| thread.join().ok());
        let sum: u64 = outputs.sum();
        if sum != wide * (wide - 1) / 2 {
            return Err(format!("{wide} threads returned {sum} in all"));
        }
        left -= wide;
    }
    Ok(began.elapsed().into())
}
