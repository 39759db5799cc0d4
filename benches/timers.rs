//! What does a timer cost: to register, to keep, to cancel; and how late is what it wakes?
//!
//! **The subject** is windlass on two workers with its defaults: a hierarchical wheel on each
//! worker's reactor. **Peers:** tokio's multi-thread runtime on two workers, and async-io's timers
//! under async-executor on two threads (what smol is made of). For the lone sleep also
//! `std::thread::sleep`, which shows what the kernel's own timers do.
//!
//! **What it does not show.** Timers beside sockets or beside tasks that compute (`fair_timer` of
//! the bench `executor`); intervals; deadlines that mostly never fire and are renewed with each
//! request, which a server should not arm at all.
//!
//! Every timer is accounted for: each that was not cancelled fires once and not before its
//! deadline, or the sample is an error.

#[path = "timers/board.rs"]
mod board;
#[path = "timers/runtimes.rs"]
mod runtimes;

#[path = "timers/million.rs"]
mod million;

#[path = "timers/lone.rs"]
mod lone;

use std::process::ExitCode;

use windlass_benches::{Harness, child};

fn main() -> ExitCode {
    if let Some(code) = child::answer(|_, timers, name| million::measured(name, timers)) {
        return code;
    }
    let mut bench = Harness::from_args("timers");
    bench.rounds_unless_all();
    // A first look has no time for a million.
    if !bench.quick() {
        million::measure(&mut bench);
    }
    lone::measure(&mut bench);
    bench.finish()
}
