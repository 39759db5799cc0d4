//! **The question:** what does a value's way through a bounded queue cost, alone and when threads
//! meet in it, against two lock-free peers and a queue under a lock?
//!
//! **What it does not show.** Queues of anything but `u64`; batches; waiting without spinning (see
//! `channel`, later); machines with more cores, where contention costs more; what a stalled thread
//! does to the others. The retry policy moves results of the groups with threads several times
//! over, so one policy serves all contenders, and is published with each number.
//!
//! Every contender's values are counted and added up, and each producer's order is checked: a wrong
//! queue is an error, not a number.

#[path = "ring/queues.rs"]
mod queues;

#[path = "ring/alone.rs"]
mod alone;
#[path = "ring/threads.rs"]
mod threads;

#[path = "ring/together.rs"]
mod together;

use std::process::ExitCode;

use windlass_benches::Harness;

fn main() -> ExitCode {
    let mut bench = Harness::from_args("ring");
    alone::measure(&mut bench);
    together::measure(&mut bench);
    bench.finish()
}
