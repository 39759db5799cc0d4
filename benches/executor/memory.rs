//! Tasks that wait: what each takes of the machine's memory, told by a fresh process.

use std::fs;
use std::time::Duration;

use windlass_benches::{Better, Group, Harness, Role, Sample};

use crate::child;
use crate::crowd::{Crowd, FUTURE_BYTES};
use crate::crowd_of_threads::Places;
use crate::latch::Latch;
use crate::peers::{
    AsyncExecutor, Compio, Defaults, Executor, FuturesPool, GLOMMIO, Glommio, May, Monoio, Plain,
    Spawner, Static, THREADS, Tokio, TokioOneThread, WORKERS, Windlass,
};

/// What a child is asked for.
pub(crate) const KIND: &str = "memory";

const TASKS: usize = 100_000;
const THREAD_COUNT: usize = 1_000;
/// May keeps 1,000 stacks from its start on: those count for nothing here.
const COROUTINES: usize = 10_000;
const SMOKE_TASKS: usize = 512;

/// Tasks that come and go before, so that each place in a queue of up to 2^20 has been used.
const EARLIER_SUBJECT: usize = 1 << 20;
const EARLIER_PEERS: usize = 1 << 14;
const EARLIER_AT_ONCE: usize = 256;

/// The bar: 64 bytes beside the future.
const TASK_BYTES_MAX: usize = 64 + FUTURE_BYTES;

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("memory", |group| {
        let method = "A fresh process for each sample: 100,000 tasks spawned from outside (with \
                      one thread: from inside), each polled once, idle, its waker kept in a table \
                      that was there before; future of 24 bytes; the allocator's bytes included. \
                      Growth of resident memory and page tables, by tasks. The places in the \
                      runtime's queues count apart (queues_kib): tasks came and went before, 256 \
                      at once, so that a queue's places are resident while no memory for so many \
                      tasks is: 2^20 for windlass, which has rings of a fixed size, 2^14 for \
                      queues that grow. 10,000 of may's coroutines (stacks for 1,000 are there \
                      from its start on, and not counted); 1,000 threads, with kernel stacks.";
        group
            .title("bytes for each idle task")
            .question("What does a task take that only waits?")
            .method(method)
            .not_shown(
                "Futures of real services, mostly larger than all of this; other allocators.",
            )
            .unit("bytes per task", Better::Lower)
            .limit("an idle task takes at most 64 bytes beside its future", TASK_BYTES_MAX as f64)
            .beats("an idle task takes less than glommio's", GLOMMIO)
            .rounds(6, 8)
            .budget(Duration::from_secs(10))
            .without_control()
            .without_criterion()
            .crowded();
        contender::<Windlass>(group, TASKS);
        contender::<Tokio>(group, TASKS);
        contender::<AsyncExecutor<Static>>(group, TASKS);
        contender::<AsyncExecutor<Plain>>(group, TASKS);
        contender::<FuturesPool>(group, TASKS);
        contender::<May>(group, COROUTINES);
        contender::<TokioOneThread>(group, TASKS);
        contender::<Monoio>(group, TASKS);
        contender::<Glommio>(group, TASKS);
        contender::<Compio>(group, TASKS);
        named(group, THREADS, Role::Baseline, THREAD_COUNT);
    });
}

fn contender<E: Executor>(group: &mut Group<'_>, tasks: usize) {
    match E::start(WORKERS) {
        Ok(_) => named(group, E::NAME, E::ROLE, tasks),
        Err(message) => {
            group.broken(E::NAME, E::ROLE, &message);
        }
    }
}

fn named(group: &mut Group<'_>, name: &'static str, role: Role, tasks: usize) {
    group.window(name, role, move |window| {
        let tasks = if window.smoke { SMOKE_TASKS } else { tasks };
        let said = child::ask(KIND, name, tasks)?;
        let [bytes, queue_bytes] = said[..] else {
            return Err(format!("the measuring process said {said:?}"));
        };
        // So few tasks as in smoke mode may fit into pages that were there before.
        let sample = Sample::new((bytes / tasks as f64).max(1.0));
        Ok(sample.with("queues_kib", queue_bytes / 1024.0))
    });
}

/// In the child: the bytes for `tasks` tasks of the contender `name`, and those for queues.
pub(crate) fn measured(name: &str, tasks: usize) -> Result<Vec<f64>, String> {
    match name {
        Windlass::<Defaults>::NAME => task_bytes::<Windlass>(tasks),
        Tokio::NAME => task_bytes::<Tokio>(tasks),
        AsyncExecutor::<Static>::NAME => task_bytes::<AsyncExecutor<Static>>(tasks),
        AsyncExecutor::<Plain>::NAME => task_bytes::<AsyncExecutor<Plain>>(tasks),
        FuturesPool::NAME => task_bytes::<FuturesPool>(tasks),
        May::NAME => task_bytes::<May>(tasks),
        TokioOneThread::NAME => task_bytes::<TokioOneThread>(tasks),
        Monoio::NAME => task_bytes::<Monoio>(tasks),
        Glommio::NAME => task_bytes::<Glommio>(tasks),
        Compio::NAME => task_bytes::<Compio>(tasks),
        THREADS => thread_bytes(tasks),
        _ => Err(format!("{name}: no such contender")),
    }
}

fn task_bytes<E: Executor>(tasks: usize) -> Result<Vec<f64>, String> {
    let crowd = Crowd::leaked(tasks);
    let executor = E::start(WORKERS)?;
    crowd.live(&executor, 1)?;
    let empty = resident_bytes()?;
    let latch = Latch::leaked(EARLIER_AT_ONCE);
    for _ in 0..earlier::<E>(tasks) / EARLIER_AT_ONCE {
        latch.reset(EARLIER_AT_ONCE);
        let start = |starter: &E::Starter| {
            for number in 0..EARLIER_AT_ONCE {
                starter.detach(async move { latch.arrive(number) });
            }
        };
        executor.started(start, latch)?;
    }
    let before = resident_bytes()?;
    crowd.gather(&executor, tasks)?;
    let after = resident_bytes()?;
    crowd.dismiss(&executor, tasks)?;
    Ok(growths(empty, before, after))
}

/// How many tasks come and go before. Coroutines would leave their stacks to those that are
/// measured; queues of peers grow with the tasks in them, and have no places to be used before.
fn earlier<E: Executor>(tasks: usize) -> usize {
    match (tasks, E::ROLE) {
        (TASKS, Role::Subject) => EARLIER_SUBJECT,
        (TASKS, _) => EARLIER_PEERS,
        _ => 0,
    }
}

/// What the tasks took, and the queues.
fn growths(empty: u64, before: u64, after: u64) -> Vec<f64> {
    vec![after.saturating_sub(before) as f64, before.saturating_sub(empty) as f64]
}

fn thread_bytes(threads: usize) -> Result<Vec<f64>, String> {
    let places = Places::leaked(threads);
    let (before, stacks_before) = (resident_bytes()?, kernel_stack_bytes()?);
    let (gathered, _) = places.gather(threads)?;
    let (after, stacks_after) = (resident_bytes(), kernel_stack_bytes());
    gathered.release();
    let (before, after) = (before + stacks_before, after? + stacks_after?);
    Ok(growths(before, before, after))
}

/// What this process has in memory, with its page tables.
fn resident_bytes() -> Result<u64, String> {
    let path = "/proc/self/status";
    Ok(kib(path, "VmRSS:")? * 1024 + kib(path, "VmPTE:")? * 1024)
}

/// The kernel stacks of the whole machine.
fn kernel_stack_bytes() -> Result<u64, String> {
    Ok(kib("/proc/meminfo", "KernelStack:")? * 1024)
}

fn kib(path: &str, name: &str) -> Result<u64, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .ok_or_else(|| format!("{path}: no number behind {name}"))
}
