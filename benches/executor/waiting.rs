//! Tasks that wait: what each costs to have, in time and in memory, from a thousand to a million.

use std::time::Duration;

use windlass_benches::{Batch, Better, Group, Harness, Role, Sample, Window};

use crate::allocation;
use crate::crowd::{Crowd, FUTURE_BYTES};
use crate::crowd_of_threads::{Places, resident_bytes};
use crate::peers::{AsyncExecutor, Executor, THREADS, Tokio, Windlass, Workload, contenders};

/// More threads than this are not tried: each needs some 30 KiB.
const THREADS_MAX: usize = 10_000;

const MEMORY_TASKS: usize = 100_000;
const MEMORY_THREADS: usize = 1_000;
const SMOKE_TASKS: usize = 512;

/// The bar: 128 bytes beside the future.
const TASK_BYTES_MAX: usize = 128 + FUTURE_BYTES;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    for exponent in 3..=6 {
        bench.group(&format!("alive_1e{exponent}"), |group| {
            alive(group, exponent);
        });
    }
    bench.group("memory", memory);
}

fn alive(group: &mut Group<'_>, exponent: u32) {
    let tasks = 10_usize.pow(exponent);
    let method = "Spawned from outside as futures of 24 bytes; each is polled once, leaves its \
                  waker in a table and waits. Time from before the first spawn until all are idle \
                  at once, by tasks. wake_ns: from before the first wake by a thread outside until \
                  all are done, by tasks. Threads: spawned and parked, up to 10,000.";
    group
        .title(&format!("1e{exponent} tasks alive at once"))
        .question("What does it cost to have so many tasks wait at once?")
        .method(method)
        .not_shown("Tasks with larger futures, which cost cache misses.")
        .over("tasks alive at once", "tasks", tasks as f64)
        .ops(tasks as u64)
        .smoke_ops(SMOKE_TASKS as u64)
        .without_criterion()
        .crowded();
    let crowd = Crowd::leaked(tasks);
    contenders(group, Alive(crowd));
    if tasks <= THREADS_MAX {
        let places = Places::leaked(tasks);
        group.checked(THREADS, Role::Baseline, move |ops| {
            let lived = places.live(ops as usize)?;
            Ok(batch(lived.spawned, lived.woken, ops))
        });
    }
    match exponent {
        3 => group.rounds(12, 30).budget(Duration::from_secs(3)),
        4 => group.rounds(6, 10).budget(Duration::from_secs(4)),
        5 => group.rounds(10, 20).budget(Duration::from_secs(4)),
        _ => group.rounds(6, 10).budget(Duration::from_secs(10)),
    };
}

#[derive(Clone, Copy)]
struct Alive(&'static Crowd);

impl Workload for Alive {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let lived = self.0.live(executor, ops as usize)?;
        Ok(batch(lived.spawned, lived.woken, ops))
    }
}

fn batch(spawned: Duration, woken: Duration, ops: u64) -> Batch {
    Batch::from(spawned).with("wake_ns", woken.as_nanos() as f64 / ops as f64)
}

fn memory(group: &mut Group<'_>) {
    let scope = "100,000 tasks on a fresh runtime, each polled once, idle, its waker kept in a \
                 table (not counted); future of 24 bytes included. Also not counted: what runtimes \
                 take beforehand (windlass: 24 bytes a place of its registry and injector).";
    let threads = "1,000 threads, parked: resident memory, page tables and kernel stacks.";
    let method = format!("{scope} {} {threads}", allocation::METHOD);
    group
        .title("bytes for each idle task")
        .question("What does a task cost that only waits?")
        .method(&method)
        .not_shown("Futures of real services, which are mostly larger than all of this.")
        .unit("bytes per task", Better::Lower)
        .limit(
            "an idle task takes less than 128 bytes beside its future",
            (TASK_BYTES_MAX - 1) as f64,
        )
        .rounds(4, 6)
        .budget(Duration::from_secs(4))
        .without_criterion()
        .crowded();
    let crowd = Crowd::leaked(MEMORY_TASKS);
    task_bytes::<Windlass>(group, crowd);
    task_bytes::<Tokio>(group, crowd);
    task_bytes::<AsyncExecutor>(group, crowd);
    let places = Places::leaked(MEMORY_THREADS);
    group.window(THREADS, Role::Baseline, move |window| {
        let threads = counted(window, MEMORY_THREADS);
        let before = resident_bytes()?;
        let (gathered, _) = places.gather(threads)?;
        let after = resident_bytes();
        gathered.release();
        let bytes = after?.saturating_sub(before);
        Ok(Sample::new((bytes as f64 / threads as f64).max(1.0)))
    });
}

fn task_bytes<E: Executor>(group: &mut Group<'_>, crowd: &'static Crowd) {
    group.window(E::NAME, E::ROLE, move |window| {
        let tasks = counted(window, MEMORY_TASKS);
        let executor = E::start()?;
        crowd.live(&executor, 1)?;
        allocation::start();
        let gathered = crowd.gather(&executor, tasks);
        let bytes = allocation::stop();
        gathered?;
        crowd.dismiss(tasks)?;
        Ok(Sample::new(bytes as f64 / tasks as f64))
    });
}

fn counted(window: &Window, count: usize) -> usize {
    if window.smoke {
        count.min(SMOKE_TASKS)
    } else {
        count
    }
}
