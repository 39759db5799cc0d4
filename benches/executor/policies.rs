//! What the run queue and the scheduling policy are worth inside an executor.

use std::marker::PhantomData;
use std::time::Duration;

use windlass::executor::{
    Metrics, Pinned, Policy, Rings, RunQueues, Shared, Stealing, WorkerCounts,
};
use windlass::kit::claims::lock_free_inside::queues::{Arrays, Locks};
use windlass_benches::{Batch, Group, Harness, Role};

use crate::joining::{FORK_TASKS, ForkJoin};
use crate::latch::Latch;
use crate::peers::{Executor, FromOutside, Setting, WORKERS, Windlass, Workload};
use crate::spawning::{Inside, Outside};
use crate::switching::{YieldTasks, Yields};

/// Tasks in one call at most.
const TASKS: usize = 1 << 15;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let latch = Latch::leaked(TASKS);
    bench.group("policies_spawn", |group| {
        describe(group, "spawn from a worker", "spawn_worker");
        all(group, Within(Inside(latch)));
    });
    bench.group("policies_outside", |group| {
        describe(group, "spawn from outside", "spawn_outside");
        all(group, Without(Outside(latch)));
    });
    bench.group("policies_yield", |group| {
        describe(group, "yield", "yield");
        all(group, Within(YieldTasks(Yields::leaked())));
    });
    bench.group("policies_fork_join", |group| {
        describe(group, "fork and join", "fork_join");
        all(group, Within(ForkJoin(Latch::leaked(1), FORK_TASKS)));
    });
}

fn describe(group: &mut Group<'_>, name: &str, id: &str) {
    group
        .title(&format!("{name}, by policy and run queue"))
        .question("What are the scheduling policy and the run queue worth inside an executor?")
        .method(&format!(
            "As {id}, on windlass runtimes of two workers that differ in nothing but Policy \
             (Stealing: a queue for each worker, others steal; Shared: one queue for all; Pinned: \
             a queue for each, nobody steals) and RunQueues (windlass's ring; crossbeam's \
             ArrayQueue, task by task; a VecDeque under a mutex, batches of up to 128 under one \
             lock, its length beside it; the ring passes batches in claims of 32). The columns \
             at the side are the runtimes' own counters (Runtime::metrics), per operation \
             of the call: polls, tasks run from the LIFO slot, tasks stolen, times a worker slept."
        ))
        .not_shown("More cores, where what workers share costs more.")
        .ops_max(TASKS as u64)
        .no_worse(
            &format!("{name}: the ring no slower than ArrayQueue"),
            "Stealing, ArrayQueue",
            1.0,
        )
        .no_worse(&format!("{name}: the ring no slower than a mutex"), "Stealing, mutex", 1.0)
        .budget(Duration::from_secs(3))
        .without_criterion()
        .crowded();
}

fn all(group: &mut Group<'_>, work: impl Work) {
    under::<Stealing, Rings>(group, "Stealing, ring", work);
    under::<Stealing, Arrays>(group, "Stealing, ArrayQueue", work);
    under::<Stealing, Locks>(group, "Stealing, mutex", work);
    under::<Shared, Rings>(group, "Shared, ring", work);
    under::<Shared, Arrays>(group, "Shared, ArrayQueue", work);
    under::<Shared, Locks>(group, "Shared, mutex", work);
    under::<Pinned, Rings>(group, "Pinned, ring", work);
    under::<Pinned, Arrays>(group, "Pinned, ArrayQueue", work);
    under::<Pinned, Locks>(group, "Pinned, mutex", work);
}

fn under<P: Policy, Q: RunQueues>(group: &mut Group<'_>, name: &str, work: impl Work) {
    match Windlass::<Under<P, Q>>::start(WORKERS) {
        Ok(executor) => group.checked(name, Role::Subject, move |ops| {
            let before = executor.metrics();
            let batch = work.run(&executor, ops)?;
            Ok(counted(batch, &before, &executor.metrics(), ops))
        }),
        Err(message) => group.broken(name, Role::Subject, &message),
    };
}

/// Adds what the runtime counted during the batch.
fn counted(mut batch: Batch, before: &Metrics, after: &Metrics, ops: u64) -> Batch {
    type Count = fn(&WorkerCounts) -> u64;
    let columns: [(&str, Count); 4] = [
        ("polls_per_op", |counts| counts.polls),
        ("lifo_hits_per_op", |counts| counts.lifo_hits),
        ("stolen_per_op", |counts| counts.stolen),
        ("sleeps_per_op", |counts| counts.sleeps),
    ];
    for (name, of) in columns {
        let sum = |metrics: &Metrics| metrics.workers.iter().map(of).sum::<u64>();
        batch = batch.with(name, (sum(after) - sum(before)) as f64 / ops as f64);
    }
    batch
}

/// A workload for whatever windlass runtime.
trait Work: Copy + 'static {
    fn run<S: Setting>(self, executor: &Windlass<S>, ops: u64) -> Result<Batch, String>;
}

#[derive(Clone, Copy)]
struct Within<W>(W);

impl<W: Workload> Work for Within<W> {
    fn run<S: Setting>(self, executor: &Windlass<S>, ops: u64) -> Result<Batch, String> {
        self.0.run(executor, ops)
    }
}

#[derive(Clone, Copy)]
struct Without<W>(W);

impl<W: FromOutside> Work for Without<W> {
    fn run<S: Setting>(self, executor: &Windlass<S>, ops: u64) -> Result<Batch, String> {
        self.0.run(executor, ops)
    }
}

struct Under<P, Q>(PhantomData<fn() -> (P, Q)>);

impl<P: Policy, Q: RunQueues> Setting for Under<P, Q> {
    const NAME: &'static str = "windlass, another policy";

    fn build(workers: usize) -> Result<windlass::Runtime, windlass::BuildError> {
        windlass::Runtime::builder().policy::<P>().queues::<Q>().workers(workers).build()
    }
}
