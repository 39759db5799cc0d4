//! **The question:** what do tasks cost on each runtime: to start, to switch between, to wake, to
//! join, to hand values on, to keep waiting, and what happens beside tasks that never rest?
//!
//! **The subject** is windlass on two workers with all that its defaults switch on: pinning, a
//! reactor for each worker, shutdown that finds every task.
//!
//! **Contenders, two classes.** With workers (two each): tokio's multi-thread runtime without I/O
//! driver, async-executor in both kinds on threads that do nothing else, the ThreadPool of
//! futures-executor, may. Of one thread: tokio's current-thread runtime, monoio, glommio and compio
//! on io_uring; their tasks never leave the thread that waits, which spares them what the first
//! class pays for. They take part where a workload needs no second thread, and the word "one
//! thread" stands in their names. A thread for each task stands for the blocking way. Where the
//! machine has no io_uring the three are shown as failed, with the reason.
//!
//! **Who is left out where.** glommio's and monoio's tasks cannot be started from another thread
//! without a channel. may: its coroutines stand in for futures (`peers/coroutines.rs`), and it
//! stalls in channels and beside busy tasks; futures ThreadPool beside busy tasks; monoio's timers
//! beside busy tasks: each group says what was tried and what happened. glommio polls a task inside
//! the call that starts it, which makes its spawns, chains and forks calls of a function.
//!
//! **What it does not show.** Sockets (see `server`); tasks that compute; more than two cores.
//!
//! Every task runs exactly once, or the sample is an error: tasks carry numbers, which are summed.

#[path = "executor/latch.rs"]
mod latch;
#[path = "executor/peers.rs"]
mod peers;
#[path = "executor/samples.rs"]
mod samples;

#[path = "executor/busy.rs"]
mod busy;

#[path = "executor/channels.rs"]
mod channels;
#[path = "executor/joining.rs"]
mod joining;
#[path = "executor/spawning.rs"]
mod spawning;
#[path = "executor/switching.rs"]
mod switching;

#[path = "executor/event.rs"]
mod event;
#[path = "executor/fairness.rs"]
mod fairness;
#[path = "executor/policies.rs"]
mod policies;
#[path = "executor/scaling.rs"]
mod scaling;
#[path = "executor/waking.rs"]
mod waking;

#[path = "executor/crowd.rs"]
mod crowd;
#[path = "executor/crowd_of_threads.rs"]
mod crowd_of_threads;
#[path = "executor/waiting.rs"]
mod waiting;

#[path = "executor/child.rs"]
mod child;
#[path = "executor/memory.rs"]
mod memory;
#[path = "executor/system_calls.rs"]
mod system_calls;

use std::process::ExitCode;

use windlass_benches::Harness;

fn main() -> ExitCode {
    if let Some(code) = child::run() {
        return code;
    }
    let mut bench = Harness::from_args("executor");
    bench.rounds_unless_all();
    spawning::measure(&mut bench);
    switching::measure(&mut bench);
    joining::measure(&mut bench);
    waking::measure(&mut bench);
    channels::measure(&mut bench);
    fairness::measure(&mut bench);
    policies::measure(&mut bench);
    scaling::measure(&mut bench);
    waiting::measure(&mut bench);
    memory::measure(&mut bench);
    system_calls::measure(&mut bench);
    bench.finish()
}
