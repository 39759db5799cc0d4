//! **The question:** what do tasks cost on each runtime: to start, to switch between, to wake, to
//! keep waiting, against two async peers and a thread for each task?
//!
//! **What it does not show.** Sockets and timers (see `server`); tasks that compute; more than two
//! workers; runtimes with one thread only, which are faster wherever nothing needs a second core.
//! windlass runs with its defaults on two workers (pinned, with its reactor); tokio's multi-thread
//! runtime with two workers and no I/O driver; async-executor's `StaticExecutor` on two threads,
//! which knows neither I/O nor timers nor pinning. A thread for each task stands for the blocking
//! way, with fewer operations in a sample, since they take longer.
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

#[path = "executor/cores.rs"]
mod cores;
#[path = "executor/event.rs"]
mod event;
#[path = "executor/fairness.rs"]
mod fairness;
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
    scaling::measure(&mut bench);
    waiting::measure(&mut bench);
    memory::measure(&mut bench);
    system_calls::measure(&mut bench);
    bench.finish()
}
