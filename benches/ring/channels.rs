//! Channels between tasks, all on one and the same windlass runtime: what waiting without a thread
//! costs.

#[path = "channels/tasks.rs"]
mod tasks;

use std::rc::Rc;
use std::time::Duration;

use windlass::Runtime;
use windlass_benches::channels::{
    ASYNC_CHANNEL, AsyncChannel, Channel, Crossfire, FLUME, Flume, KANAL, Kanal, TOKIO, Tokio,
    Windlass,
};
use windlass_benches::{Batch, Group, Harness, Role};

use tasks::{PingPong, RingOfTasks, Stream};

/// One workload for all channels.
trait Workload: Copy + 'static {
    /// More than one receiver takes from a channel.
    fn receivers(self) -> usize;

    /// Sends `ops` values, or does `ops` round trips or hops, and checks what came.
    fn run<C: Channel>(self, runtime: &Runtime, ops: u64) -> Result<Batch, String>;
}

/// Full: senders wait for room nearly always.
const FULL: Stream = Stream { senders: 4, receivers: 1, capacity: 16 };
/// Contended: room enough for a while, many who want it.
const CONTENDED: Stream = Stream { senders: 8, receivers: 1, capacity: 1024 };
const SHARED: Stream = Stream { senders: 4, receivers: 4, capacity: 1024 };
const RING: RingOfTasks = RingOfTasks { tasks: 64, tokens: 8 };

/// Measures the groups of this file: with two workers, and the ping-pong with one; with `--all`
/// everything with both.
pub(crate) fn measure(bench: &mut Harness) {
    for workers in [1, 2] {
        if workers == 2 || bench.all() {
            streams(bench, workers);
        }
        pairs(bench, workers);
    }
}

fn streams(bench: &mut Harness, workers: usize) {
    one(bench, "full", workers, FULL, |group| {
        group.question("What does a value cost when senders wait for room?").method(&format!(
            "4 sending tasks, one receiving task, capacity 16. {FAIR} {}",
            setting(workers)
        ));
    });
    one(bench, "contended", workers, CONTENDED, |group| {
        group.question("What does a value cost when many send to one?").method(&format!(
            "8 sending tasks, one receiving task, capacity 1024. {FAIR} {}",
            setting(workers)
        ));
    });
    if bench.all() {
        one(bench, "shared", workers, SHARED, |group| {
            group.question("What does a value cost when several receive, too?").method(&format!(
                "4 sending and 4 receiving tasks, capacity 1024; tokio's channel has but one \
                     receiver and is left out. {FAIR} {}",
                setting(workers)
            ));
        });
        one(bench, "ring_of_tasks", workers, RING, |group| {
            group
                .question("What does a hop from task to task cost?")
                .unit("ns per hop", windlass_benches::Better::Lower)
                .method(&format!(
                    "64 tasks in a ring, 64 channels of capacity 8, 8 values that go round. {}",
                    setting(workers)
                ));
        });
    }
}

fn pairs(bench: &mut Harness, workers: usize) {
    one(bench, "ping_pong", workers, PingPong, |group| {
        group
            .question("What does an answer from another task cost?")
            .unit("ns per round trip", windlass_benches::Better::Lower)
            .method(&format!(
                "Two tasks, two channels of capacity 1: each sends and waits for the other. {}",
                setting(workers)
            ));
    });
}

const FAIR: &str = "Senders take their work in small pieces, so that all send until the end; \
                    fairness_send and fairness_recv: the values of the poorest task of a side by \
                    those of the richest.";

fn setting(workers: usize) -> String {
    format!(
        "All channels on the same windlass runtime of {workers} workers, by their async send and \
         receive; a task waits by its waker, and retries nothing itself. tokio's budget, which \
         would make its tasks yield now and then, is not at work outside tokio's \
         runtime. Quartiles show the spread; a ratio below 1.3 is a tie."
    )
}

fn one(
    bench: &mut Harness,
    name: &str,
    workers: usize,
    workload: impl Workload,
    describe: impl FnOnce(&mut Group<'_>),
) {
    let id = format!("channel_{name}_{workers}w");
    bench.group(&id, |group| {
        group
            .title(&format!("channel: {}, {workers}w", name.replace('_', " ")))
            .unit("ns per value", windlass_benches::Better::Lower)
            .not_shown("Other runtimes, where a wake costs more or less; values dear to move.")
            .sample(Duration::from_millis(30))
            .rounds(10, 30)
            .budget(Duration::from_secs(4))
            .without_criterion();
        describe(group);
        for against in [TOKIO, ASYNC_CHANNEL, KANAL, FLUME] {
            if against != TOKIO || workload.receivers() == 1 {
                let text = format!("{} ahead of {against}", name.replace('_', " "));
                group.beats(&text, against);
            }
        }
        match Runtime::builder().workers(workers).build() {
            Ok(runtime) => contenders(group, &Rc::new(runtime), workload),
            Err(error) => {
                group.broken(TOKIO, Role::Peer, &format!("no runtime: {error}"));
            }
        }
    });
}

fn contenders(group: &mut Group<'_>, runtime: &Rc<Runtime>, workload: impl Workload) {
    contender::<Windlass>(group, runtime, workload);
    contender::<Tokio>(group, runtime, workload);
    contender::<AsyncChannel>(group, runtime, workload);
    contender::<Kanal>(group, runtime, workload);
    contender::<Flume>(group, runtime, workload);
    contender::<Crossfire>(group, runtime, workload);
}

fn contender<C: Channel>(group: &mut Group<'_>, runtime: &Rc<Runtime>, workload: impl Workload) {
    if workload.receivers() > C::RECEIVERS_MAX {
        return;
    }
    let runtime = runtime.clone();
    group.checked(C::NAME, C::ROLE, move |ops| workload.run::<C>(&runtime, ops));
}
