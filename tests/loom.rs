//! The lock-free rooms, explored by loom: every model, then the ordering audit.
//!
//! The rooms' very source files are included here over a door of their own (`loom/sync`).
//! `cargo test --test loom -- ring` runs the models whose names contain `ring`, without the audit.

#[path = "support/atomic_sites.rs"]
mod atomic_sites;

#[path = "loom/sites.rs"]
mod sites;
#[path = "loom/explore.rs"]
mod explore;
#[path = "loom/sources.rs"]
mod sources;
#[path = "loom/sync/mod.rs"]
#[allow(dead_code, reason = "not every room uses all of the door")]
mod sync;
#[path = "../src/text/mod.rs"]
#[macro_use]
mod text;

#[path = "../src/park/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the models use parts of the room")]
mod park;
#[path = "../src/ring/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the models use parts of the room")]
mod ring;
#[path = "../src/wake_cell/mod.rs"]
#[allow(dead_code, reason = "the models use parts of the room")]
mod wake_cell;

#[path = "../src/budget/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the rooms are metered, the models are not")]
mod budget;

#[path = "../src/channel/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the models use parts of the room")]
mod channel;

#[path = "../src/task/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the models use parts of the room")]
mod task;

#[path = "."]
mod executor {
    #![allow(dead_code, unreachable_pub, reason = "the models use parts of the files")]

    #[path = "../src/executor/counters.rs"]
    mod counters;
    #[path = "../src/executor/driver.rs"]
    mod driver;
    #[path = "../src/executor/end.rs"]
    mod end;
    #[path = "../src/executor/guest.rs"]
    mod guest;
    #[path = "../src/executor/hooks.rs"]
    mod hooks;
    #[path = "../src/executor/idle.rs"]
    pub(crate) mod idle;
    #[path = "../src/executor/lifo.rs"]
    pub(crate) mod lifo;
    #[path = "../src/executor/local.rs"]
    mod local;
    #[path = "../src/executor/policy.rs"]
    pub(crate) mod policy;
    #[path = "../src/executor/presence.rs"]
    pub(crate) mod presence;
    #[path = "../src/executor/run_queue.rs"]
    mod run_queue;
    #[path = "../src/executor/scheduler.rs"]
    mod scheduler;
    #[path = "../src/executor/spawner.rs"]
    pub(crate) mod spawner;
    #[path = "../src/executor/worker.rs"]
    mod worker;

    #[path = "loom/staff.rs"]
    pub(crate) mod staff;
}

#[path = "."]
mod reactor {
    #![allow(dead_code, unreachable_pub, reason = "the models use parts of the files")]

    #[path = "../src/reactor/clock.rs"]
    pub(crate) mod clock;
    #[path = "../src/reactor/handle.rs"]
    mod handle;
    #[path = "../src/reactor/readiness.rs"]
    pub(crate) mod readiness;
    #[path = "../src/reactor/registration.rs"]
    mod registration;
    #[path = "../src/reactor/table.rs"]
    mod table;
    #[path = "../src/reactor/timers.rs"]
    pub(crate) mod timers;
    #[path = "../src/reactor/wheel.rs"]
    mod wheel;

    #[path = "loom/sockets.rs"]
    pub(crate) mod sockets;
}

#[path = "loom/models/mod.rs"]
mod models;
#[path = "loom/worker.rs"]
mod worker;
#[path = "loom/survivors.rs"]
mod survivors;
#[path = "loom/audit.rs"]
mod audit;
#[path = "loom/ledger.rs"]
mod ledger;
#[path = "loom/tables.rs"]
mod tables;
#[path = "support/totals.rs"]
mod totals;
#[path = "loom/run.rs"]
mod run;

fn main() -> std::process::ExitCode {
    run::run(&std::env::args().skip(1).collect::<Vec<_>>())
}
