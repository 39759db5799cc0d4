//! **The question:** what does a value's way through a bounded queue cost, alone and when threads
//! meet in it, against every bounded queue and channel that is used for it?
//!
//! **What it does not show.** Machines with more cores, where contention costs more; what a stalled
//! thread does to the others; elements that are dear to move. The retry policy moves results of the
//! groups with threads several times over, so one policy serves all contenders, is published with
//! each number, and is part of each name.
//!
//! Every contender's values are counted and added up, and each producer's order is checked: a wrong
//! queue is an error, not a number.
//!
//! The default run is a subset, with the main peers; `-- --all` runs every group with everyone.

#[path = "ring/queue.rs"]
mod queue;
#[path = "ring/sides.rs"]
mod sides;
#[path = "ring/lock_free.rs"]
mod lock_free;
#[path = "ring/locked.rs"]
mod locked;
#[path = "ring/channels_polled.rs"]
mod channels_polled;
#[path = "ring/one_to_one.rs"]
mod one_to_one;
#[path = "ring/subject.rs"]
mod subject;
#[path = "ring/contenders.rs"]
mod contenders;
#[path = "ring/checks.rs"]
mod checks;
#[path = "ring/threads.rs"]
mod threads;
#[path = "ring/alone.rs"]
mod alone;
#[path = "ring/pairs.rs"]
mod pairs;
#[path = "ring/round_trip.rs"]
mod round_trip;
#[path = "ring/transfer.rs"]
mod transfer;
#[path = "ring/flavours.rs"]
mod flavours;
#[path = "ring/batches.rs"]
mod batches;
#[path = "ring/channels.rs"]
mod channels;

use std::process::ExitCode;

use windlass_benches::Harness;

fn main() -> ExitCode {
    // As crossfire asks of every program that uses it.
    crossfire::detect_backoff_cfg();
    let mut bench = Harness::from_args("ring");
    alone::measure(&mut bench);
    flavours::measure(&mut bench);
    batches::measure(&mut bench);
    pairs::measure(&mut bench);
    round_trip::measure(&mut bench);
    transfer::measure(&mut bench);
    channels::measure(&mut bench);
    bench.finish()
}
