//! Tasks that wait: what each costs to start and to wake, from a thousand to a million at once.

use std::time::Duration;

use windlass_benches::{Batch, Group, Harness, Role};

use crate::crowd::Crowd;
use crate::crowd_of_threads::Places;
use crate::peers::{FromOutside, May, THREADS, Workers, outside_futures, outside_one};

const SMOKE_TASKS: u64 = 512;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let (exponent_max, threads_max) = extent(bench);
    for exponent in 3..=exponent_max {
        bench.group(&format!("alive_1e{exponent}"), |group| {
            alive(group, exponent, threads_max);
        });
    }
}

/// The most tasks, as a power of ten, and the most threads: a crowd of these takes half a second.
pub(crate) fn extent(bench: &Harness) -> (u32, usize) {
    let exponent_max = if bench.quick() { 5 } else { 6 };
    let threads_max = if bench.all() { 10_000 } else { 1_000 };
    (exponent_max, threads_max)
}

fn alive(group: &mut Group<'_>, exponent: u32, threads_max: usize) {
    let tasks = 10_usize.pow(exponent);
    let method = "Spawned from outside as futures of 24 bytes; each is polled once, leaves its \
                  waker in a table and waits. Time from before the first spawn until all are idle \
                  at once, by tasks. wake_ns: from before the first wake by a thread outside until \
                  all are done, by tasks. Threads: spawned and parked, up to 1,000 (10,000 with \
                  --all); so many of may's coroutines, too, which map a stack each.";
    group
        .title(&format!("1e{exponent} tasks alive at once"))
        .question("What does it cost to have so many tasks wait at once?")
        .method(method)
        .not_shown("Tasks with larger futures, which cost cache misses.")
        .over("tasks alive at once", "tasks", tasks as f64)
        .ops(tasks as u64)
        .smoke_ops(SMOKE_TASKS)
        .without_criterion()
        .crowded();
    let crowd = Crowd::leaked(tasks);
    outside_futures(group, Alive(crowd));
    if tasks <= threads_max {
        outside_one::<May>(group, Alive(crowd));
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

impl FromOutside for Alive {
    fn run<E: Workers>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let lived = self.0.live(executor, ops as usize)?;
        Ok(batch(lived.spawned, lived.woken, ops))
    }
}

fn batch(spawned: Duration, woken: Duration, ops: u64) -> Batch {
    Batch::from(spawned).with("wake_ns", woken.as_nanos() as f64 / ops as f64)
}
