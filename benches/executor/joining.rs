//! Tasks that start tasks: one after the other, and many whose outputs are awaited.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;

use windlass_benches::{Batch, Group, Harness, Role};

use crate::latch::Latch;
use crate::peers::{Executor, GLOMMIO, Spawner, THREADS, TOKIO, Workload, everyone};
use crate::spawning::{THREADS_MAX, join_threads, waves};

/// Tasks in one fork.
pub(crate) const FORK_TASKS: u64 = 1024;

/// Tasks in a wide fork: more than a worker's own queue holds.
const WIDE_TASKS: u64 = 4096;

/// Tasks in one call at most.
const TASKS_MAX: usize = 1 << 16;

/// Links of a chain at most: glommio polls a task inside the call that starts it, so that a chain
/// is as deep on its stack as it is long.
const LINKS_MAX: usize = 2048;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("chained", |group| {
        group
            .title("chained spawn")
            .question("What does a task cost that is the only one, and starts the next?")
            .method(
                "Each task starts the next one and is done; chains of 2,048, from the first task's \
                 first poll on. glommio polls a task inside the call that starts it: its chain is \
                 a recursion, and no queue is used.",
            )
            .not_shown("What a second worker could do: nothing here may run side by side.")
            .ops_max(LINKS_MAX as u64)
            .claim("chained spawn at least 4x as fast as tokio", TOKIO, 4.0)
            .no_worse("chained spawn no slower than glommio", GLOMMIO, 1.0)
            .crowded();
        let latch = Latch::leaked(LINKS_MAX);
        everyone(group, ChainedTasks(latch));
        group.checked(THREADS, Role::Baseline, move |ops| chained_threads(latch, ops));
    });
    bench.group("fork_join", |group| {
        group
            .title("fork and join, 1,024 wide")
            .question("What does a task cost that another starts and awaits?")
            .method(
                "One task starts 1,024 tasks, awaits them in that order, adds up what they return, \
                 and does so again. Threads: 256 wide.",
            );
        joins(group, "fork-join");
        everyone(group, ForkJoin(Latch::leaked(1), FORK_TASKS));
        group.checked(THREADS, Role::Baseline, |ops| join_threads(ops, THREADS_MAX));
    });
    bench.group("fork_join_wide", |group| {
        group
            .title("fork and join, 4,096 wide")
            .question("And when it starts more tasks than a worker's own queue holds?")
            .method("As fork_join, 4,096 tasks at once.");
        joins(group, "wide fork-join");
        everyone(group, ForkJoin(Latch::leaked(1), WIDE_TASKS));
    });
    bench.group("fork_join_tree", |group| {
        group
            .title("fork and join, a binary tree")
            .question("What does a task cost that starts two and awaits them?")
            .method(
                "Each task starts one for either half of what is left and awaits both; 65,536 at \
                 most in a tree. Futures are boxed, since they contain each other: one more \
                 allocation for all.",
            );
        joins(group, "fork-join tree");
        everyone(group, Tree(Latch::leaked(1)));
    });
}

fn joins(group: &mut Group<'_>, name: &str) {
    group
        .not_shown(
            "Tasks that compute, for which the second core would pay. glommio polls a task inside \
             the call that starts it: these tasks are done before they could be awaited.",
        )
        .ops_max(TASKS_MAX as u64)
        .claim(&format!("{name} at least 4x as fast as tokio"), TOKIO, 4.0)
        .claim(&format!("{name} at 0.8 of glommio's speed"), GLOMMIO, 0.8)
        .crowded();
}

/// One of a chain.
struct Link<S> {
    latch: &'static Latch,
    spawner: S,
    number: usize,
    end: usize,
}

// Nothing in it is pinned.
impl<S> Unpin for Link<S> {}

impl<S: Spawner> Future for Link<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.number + 1 < self.end {
            self.spawner.detach(Self {
                spawner: self.spawner.clone(),
                number: self.number + 1,
                ..*self
            });
        }
        self.latch.arrive(self.number);
        Poll::Ready(())
    }
}

#[derive(Clone, Copy)]
struct ChainedTasks(&'static Latch);

impl Workload for ChainedTasks {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let latch = self.0;
        latch.reset(ops as usize);
        let first = Link { latch, spawner: executor.spawner(), number: 0, end: ops as usize };
        let root = async move {
            latch.begin();
            first.await;
        };
        Ok(executor.inside(root, latch)?.into())
    }
}

fn chained_threads(latch: &'static Latch, ops: u64) -> Result<Batch, String> {
    fn start(latch: &'static Latch, number: usize, end: usize) {
        let run = move || {
            if number + 1 < end {
                start(latch, number + 1, end);
            }
            latch.arrive(number);
        };
        // One that cannot be started is missed by the latch.
        let _ = thread::Builder::new().spawn(run);
    }
    latch.reset(ops as usize);
    start(latch, 0, ops as usize);
    Ok(latch.wait()?.into())
}

/// Runs `work` as a task, which returns how many tasks it knows to have run.
fn counted<E: Executor>(
    executor: &E,
    latch: &'static Latch,
    ops: u64,
    work: impl Future<Output = Result<u64, String>> + Send + 'static,
) -> Result<Batch, String> {
    let ran = Arc::new(AtomicU64::new(0));
    let counting = ran.clone();
    latch.reset(1);
    let root = async move {
        latch.begin();
        // What failed is missed in the count.
        counting.store(work.await.unwrap_or_default(), Ordering::Release);
        latch.arrive(0);
    };
    let elapsed = executor.inside(root, latch)?;
    match ran.load(Ordering::Acquire) {
        ran if ran == ops => Ok(elapsed.into()),
        ran => Err(format!("{ran} tasks of {ops} were joined")),
    }
}

#[derive(Clone, Copy)]
pub(crate) struct ForkJoin(pub(crate) &'static Latch, pub(crate) u64);

impl Workload for ForkJoin {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let spawner = executor.spawner();
        counted(executor, self.0, ops, async move { waves(spawner, ops, self.1).await })
    }
}

#[derive(Clone, Copy)]
struct Tree(&'static Latch);

impl Workload for Tree {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let root = node(executor.spawner(), ops);
        counted(executor, self.0, ops, async { root.await.ok_or_else(String::new) })
    }
}

type Node = Pin<Box<dyn Future<Output = Option<u64>> + Send>>;

/// A task that stands for `tasks`, itself among them.
fn node<S: Spawner>(spawner: S, tasks: u64) -> Node {
    Box::pin(async move {
        if tasks == 1 {
            return Some(1);
        }
        let left = tasks / 2;
        let right = tasks - 1 - left;
        let first = spawner.join(node(spawner.clone(), left));
        let second = (right > 0).then(|| spawner.join(node(spawner.clone(), right)));
        let mut ran = 1 + first.await.ok()??;
        if let Some(second) = second {
            ran += second.await.ok()??;
        }
        Some(ran)
    })
}
