//! What does a message cost through the queue, and what does sharing a commit bring?
//!
//! **The subject** is windlass: `MessageQueue` in memory, and `Database` with group commit under
//! `synchronous = FULL`. **Baselines:** `std::sync::mpsc`, which keeps no lease and delivers
//! nothing twice, to show what that costs; the same `Database` with one job in each transaction (a
//! commit a request), and a connection for each thread, as services without a writer's thread have
//! it.
//!
//! **What it does not show.** Queues whose messages are delayed or die; large messages; disks other
//! than the one that the target folder is on. On a disk whose sync costs little (a memory disk, or
//! one that does not keep its word) group commit brings little: the sync's own time is recorded
//! beside.
//!
//! Every message and every row is counted: one lost, or there twice, is an error.

#[path = "workflow/commit.rs"]
mod commit;
#[path = "workflow/hop.rs"]
mod hop;

use std::process::ExitCode;

use windlass_benches::Harness;

fn main() -> ExitCode {
    let mut bench = Harness::from_args("workflow");
    hop::measure(&mut bench);
    commit::measure(&mut bench);
    bench.finish()
}
