//! What does a message cost through the queue, what does sharing a commit bring; and an order that
//! is acknowledged first, how soon is its client answered, and what becomes of it when all goes
//! wrong?
//!
//! **The subject** is windlass: `MessageQueue` in memory, `Database` with group commit under
//! `synchronous = FULL`, and the orders service on both. **Baselines:** `std::sync::mpsc`, which
//! keeps no lease and delivers nothing twice, to show what that costs; the same `Database` with one
//! job in each transaction (a commit a request), and a connection for each thread, as services
//! without a writer's thread have it; the orders service in line, by blocking threads: the same
//! business, the same database, the same calls.
//!
//! **What it does not show.** Queues whose messages are delayed or die; large messages; disks other
//! than the one that the target folder is on. On a disk whose sync costs little (a memory disk, or
//! one that does not keep its word) group commit brings little: the sync's own time is recorded
//! beside. Orders whose work is something else than waiting.
//!
//! Every message, row and order is counted: one lost, or there twice, is an error.

#[path = "workflow/commit.rs"]
mod commit;
#[path = "workflow/hop.rs"]
mod hop;

#[path = "workflow/orders.rs"]
mod orders;
#[path = "workflow/outage.rs"]
mod outage;
#[path = "workflow/overload.rs"]
mod overload;
#[path = "workflow/sustained.rs"]
mod sustained;

use std::env;
use std::process::ExitCode;

use windlass::kit::cli;
use windlass::kit::stage::binary;
use windlass_benches::Harness;

fn main() -> ExitCode {
    if binary::is_told() {
        return cli::run(env::args_os());
    }
    let mut bench = Harness::from_args("workflow");
    hop::measure(&mut bench);
    commit::measure(&mut bench);
    orders::measure(&mut bench);
    if !bench.quick() {
        let whole = bench.all();
        outage::measure(&mut bench, whole);
        overload::measure(&mut bench, whole);
        sustained::measure(&mut bench, whole);
    }
    bench.finish()
}
