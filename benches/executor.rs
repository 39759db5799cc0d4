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

#[path = "executor/spawning.rs"]
mod spawning;
#[path = "executor/switching.rs"]
mod switching;

#[path = "executor/waking.rs"]
mod waking;

#[path = "executor/crowd.rs"]
mod crowd;
#[path = "executor/crowd_of_threads.rs"]
mod crowd_of_threads;

#[path = "executor/memory.rs"]
mod memory;
#[path = "executor/waiting.rs"]
mod waiting;

use std::process::ExitCode;

use windlass_benches::Harness;

fn main() -> ExitCode {
    if let Some(code) = memory::child() {
        return code;
    }
    let mut bench = Harness::from_args("executor");
    spawning::measure(&mut bench);
    switching::measure(&mut bench);
    waking::measure(&mut bench);
    waiting::measure(&mut bench);
    memory::measure(&mut bench);
    bench.finish()
}
