//! Properties of the rooms, for arbitrary sequences of calls.
//!
//! Failing cases are kept beside each file as `*.regressions` and committed.

#[path = "../src/sync/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only the state word's part is used")]
mod sync;

#[path = "../src/wake_cell/mod.rs"]
#[allow(dead_code, reason = "included for the readiness word")]
mod wake_cell;

#[path = "."]
mod reactor {
    #[path = "../src/reactor/readiness.rs"]
    #[allow(dead_code, reason = "included for its properties")]
    pub(crate) mod readiness;
    #[path = "../src/reactor/wheel.rs"]
    #[allow(dead_code, reason = "included for its properties")]
    pub(crate) mod wheel;
}

#[path = "."]
mod task {
    #[path = "../src/task/snapshot.rs"]
    #[allow(dead_code, reason = "included for its properties")]
    pub(crate) mod snapshot;
    #[path = "../src/task/state.rs"]
    #[allow(dead_code, reason = "included for its properties")]
    pub(crate) mod state;
}

#[path = "."]
mod executor {
    #[path = "../src/executor/idle.rs"]
    #[allow(dead_code, unreachable_pub, reason = "included for its properties")]
    pub(crate) mod idle;
    #[path = "../src/executor/topology.rs"]
    pub(crate) mod topology;
}

#[path = "properties/core_plans.rs"]
mod core_plans;
#[path = "properties/idle.rs"]
mod idle;
#[path = "properties/readiness.rs"]
mod readiness;
#[path = "properties/ring.rs"]
mod ring;
#[path = "properties/ring_drops.rs"]
mod ring_drops;
#[path = "properties/ring_ends.rs"]
mod ring_ends;
#[path = "properties/ring_threads.rs"]
mod ring_threads;
#[path = "properties/snapshot.rs"]
mod snapshot;
#[path = "properties/wheel.rs"]
mod wheel;

use proptest::test_runner::{Config, FileFailurePersistence};

/// `cases` cases; those that fail are kept beside the source.
fn cases(cases: u32) -> Config {
    let kept = FileFailurePersistence::WithSource("regressions");
    Config { cases, failure_persistence: Some(Box::new(kept)), ..Config::default() }
}
