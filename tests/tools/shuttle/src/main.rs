//! The lock-free rooms under shuttle: their very source files over a door of its own (`sync`), in
//! scenes of four to seven threads, more than the models of `tests/loom` can explore.
//!
//! ```text
//! windlass-shuttle [SCHEDULES [PART OF A NAME]]     20,000 schedules of each scene
//! ```
//!
//! Half the schedules are random, half are PCT's of depth 3. A thread that sleeps
//! for ever is a deadlock, which shuttle reports. Scenes with a planted mistake must fail.

mod run;
mod scenes;
#[allow(dead_code, reason = "not every room uses all of the door")]
mod sync;
#[path = "../../../../src/text/mod.rs"]
#[macro_use]
mod text;

#[path = "../../../../src/park/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the scenes use parts of the room")]
mod park;
#[path = "../../../../src/ring/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the scenes use parts of the room")]
mod ring;
#[path = "../../../../src/wake_cell/mod.rs"]
#[allow(dead_code, reason = "the scenes use parts of the room")]
mod wake_cell;

#[path = "../../../../src/budget/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the rooms are metered, the scenes are not")]
mod budget;

#[path = "../../../../src/channel/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the scenes use parts of the room")]
mod channel;

#[path = "../../../../src/task/mod.rs"]
#[allow(dead_code, unused_imports, unreachable_pub, reason = "the scenes use parts of the room")]
mod task;

#[path = "."]
mod executor {
    #[path = "../../../../src/executor/idle.rs"]
    #[allow(dead_code, unreachable_pub, reason = "the scenes use parts of the file")]
    pub(crate) mod idle;
}

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut given = std::env::args().skip(1);
    let schedules = given.next().map_or(Ok(20_000), |word| word.parse());
    let (Ok(schedules), part, None) = (schedules, given.next().unwrap_or_default(), given.next())
    else {
        eprintln!("usage: windlass-shuttle [SCHEDULES [PART OF A NAME]]");
        return ExitCode::from(2);
    };
    run::all(&scenes::all(), schedules, &part)
}
