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
    #[path = "../src/executor/idle.rs"]
    #[allow(dead_code, unreachable_pub, reason = "the models use parts of the file")]
    pub(crate) mod idle;
    #[path = "../src/executor/lifo.rs"]
    pub(crate) mod lifo;
    #[path = "../src/executor/presence.rs"]
    pub(crate) mod presence;
}

#[path = "."]
mod reactor {
    #[path = "../src/reactor/readiness.rs"]
    #[allow(dead_code, reason = "the models use parts of the file")]
    pub(crate) mod readiness;
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
#[path = "loom/run.rs"]
mod run;

fn main() -> std::process::ExitCode {
    run::run(&std::env::args().skip(1).collect::<Vec<_>>())
}
