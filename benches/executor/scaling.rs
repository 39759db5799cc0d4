//! How the costs grow: with the number of tasks, and with more workers than cores.

use std::time::Duration;

use windlass::CorePlan;
use windlass_benches::{Group, Harness, Role};

use crate::latch::Latch;
use crate::peers::{
    AsyncExecutor, Monoio, Setting, Static, THREADS, Tokio, Windlass, Workload, named, one,
};
use crate::spawning::{Inside, threads};
use crate::switching::{YieldTasks, Yields};
use crate::waiting::extent;

const MANY: [usize; 4] = [8, 1, 2, 4];

/// Tasks in a call where the number of workers is the question.
const TASKS: usize = 1 << 15;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let (exponent_max, threads_max) = extent(bench);
    for exponent in 3..=exponent_max {
        bench.group(&format!("spawn_1e{exponent}"), |group| {
            spawn(group, exponent, threads_max);
        });
    }
    bench.group("workers_spawn", |group| {
        describe(group, "spawn");
        group.ops_max(TASKS as u64);
        many(group, Inside(Latch::leaked(TASKS)));
    });
    bench.group("workers_yield", |group| {
        describe(group, "yield");
        many(group, YieldTasks(Yields::leaked()));
    });
    for workers in [1, 2, 4, 8] {
        let id = format!("yield_{workers}_workers");
        bench.group(&id, |group| by_workers(group, workers));
    }
    bench.group("pinned_spawn", |group| {
        pinned(group, "spawn");
        group.ops_max(TASKS as u64);
        plans(group, Inside(Latch::leaked(TASKS)));
    });
    bench.group("pinned_yield", |group| {
        pinned(group, "yield");
        plans(group, YieldTasks(Yields::leaked()));
    });
}

fn spawn(group: &mut Group<'_>, exponent: u32, threads_max: usize) {
    let tasks = 10_usize.pow(exponent);
    group
        .title(&format!("1e{exponent} tasks from a worker"))
        .question("Does a task cost the same however many are started at once?")
        .method("As spawn_worker, with so many tasks in each sample.")
        .not_shown("Tasks that stay: see alive_....")
        .over("tasks started at once", "tasks", tasks as f64)
        .ops(tasks as u64)
        .smoke_ops(512)
        .rounds(8, 12)
        .budget(Duration::from_secs(2))
        .without_criterion()
        .crowded();
    let latch = Latch::leaked(tasks);
    one::<Windlass>(group, Inside(latch));
    one::<Tokio>(group, Inside(latch));
    one::<AsyncExecutor<Static>>(group, Inside(latch));
    one::<Monoio>(group, Inside(latch));
    if tasks <= threads_max {
        group.checked(THREADS, Role::Baseline, move |ops| threads(latch, ops));
    }
}

fn describe(group: &mut Group<'_>, name: &str) {
    for (workers, words) in [(1, "one"), (2, "two"), (4, "four")] {
        let text = format!("{name}: 8 workers keep 80 % of the speed of {words}");
        group.claim(&text, &on_workers(workers), 0.8);
    }
    group
        .title(&format!("{name}, 8 workers on the cores"))
        .question("What is lost where there are more workers than cores?")
        .method(
            "The same work on windlass runtimes of 8, 1, 2 and 4 workers, interleaved; the ratios \
             are those of 8 workers.",
        )
        .not_shown("Machines with as many cores.")
        .budget(Duration::from_secs(3))
        .without_criterion()
        .crowded();
}

fn on_workers(workers: usize) -> String {
    format!("windlass, {workers} workers")
}

fn many(group: &mut Group<'_>, workload: impl Workload) {
    for workers in MANY {
        named::<Windlass>(group, &on_workers(workers), workers, workload);
    }
}

fn by_workers(group: &mut Group<'_>, workers: usize) {
    group
        .title(&format!("yield, 64 tasks, {workers} workers"))
        .question("How does a yield's cost grow with the number of workers?")
        .method("As yield, with so many workers in each runtime.")
        .not_shown("Machines with as many cores.")
        .over("yield, by workers", "workers", workers as f64)
        .rounds(8, 12)
        .budget(Duration::from_secs(2))
        .without_criterion()
        .crowded();
    let yields = YieldTasks(Yields::leaked());
    named::<Windlass>(group, "windlass", workers, yields);
    named::<Tokio>(group, crate::peers::TOKIO, workers, yields);
    named::<AsyncExecutor<Static>>(group, crate::peers::ASYNC_EXECUTOR, workers, yields);
}

fn pinned(group: &mut Group<'_>, name: &str) {
    let text = format!("{name}: pinned no slower than unpinned");
    group
        .title(&format!("{name}, pinned"))
        .question("What are workers worth that keep to a core?")
        .method("Two workers: windlass's default, CorePlan::Compact, and CorePlan::None.")
        .not_shown("Machines with several caches, where it matters more.")
        .no_worse(&text, Unpinned::NAME, 1.0)
        .budget(Duration::from_secs(2))
        .without_criterion()
        .crowded();
}

fn plans(group: &mut Group<'_>, workload: impl Workload) {
    one::<Windlass>(group, workload);
    one::<Windlass<Unpinned>>(group, workload);
}

struct Unpinned;

impl Setting for Unpinned {
    const NAME: &'static str = "windlass, unpinned";

    fn build(workers: usize) -> Result<windlass::Runtime, windlass::BuildError> {
        windlass::Runtime::builder().cores(CorePlan::None).workers(workers).build()
    }
}
