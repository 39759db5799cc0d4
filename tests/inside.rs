//! What rooms offer to each other alone, called by itself: of the ring for channels and workers, of
//! the slab for tasks. The rooms' very source files are included.

#[path = "../src/sync/mod.rs"]
#[allow(dead_code, unused_imports, reason = "not all of the door is used")]
mod sync;
#[path = "../src/text/mod.rs"]
#[macro_use]
mod text;

#[path = "../src/ring/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the tests use parts of the room")]
mod ring;

#[path = "."]
mod task {
    #![allow(dead_code, unreachable_pub, reason = "the tests use parts of the files")]

    #[path = "../src/task/depot.rs"]
    mod depot;
    #[path = "../src/task/housing.rs"]
    mod housing;
    #[path = "../src/task/magazine.rs"]
    mod magazine;
    #[path = "../src/task/permits.rs"]
    mod permits;
    #[path = "../src/task/slot.rs"]
    mod slot;
    #[path = "../src/task/snapshot.rs"]
    mod snapshot;
    #[path = "../src/task/state.rs"]
    mod state;

    #[path = "inside/depot.rs"]
    mod depots;
    #[path = "inside/magazine.rs"]
    mod magazines;
    #[path = "inside/permits.rs"]
    mod permitted;
}

#[path = "inside/ring.rs"]
mod rings;
