//! What the benches of windlass share: one definition of a workload, measured by criterion and in
//! interleaved rounds.
//!
//! A bench's `main` makes a [`Harness`], describes its groups, and finishes:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::sync::Mutex;
//! use std::time::Instant;
//! use windlass_benches::{Harness, Role};
//!
//! fn main() -> ExitCode {
//!     let mut bench = Harness::from_args("ring");
//!     bench.group("pair", |group| {
//!         group
//!             .title("push and pop, uncontended")
//!             .question("What does one push and one pop cost when nobody else is there?")
//!             .method("One thread, capacity 1024, u64.")
//!             .not_shown("Anything about contention.")
//!             .no_worse("no slower than crossbeam", "crossbeam ArrayQueue", 1.0);
//!         let queue = crossbeam::queue::ArrayQueue::new(1024);
//!         group.batch("crossbeam ArrayQueue", Role::Peer, move |ops| {
//!             let began = Instant::now();
//!             for i in 0..ops {
//!                 let _ = queue.push(i);
//!                 std::hint::black_box(queue.pop());
//!             }
//!             began.elapsed()
//!         });
//!         let queue = Mutex::new(std::collections::VecDeque::with_capacity(1024));
//!         group.batch("Mutex<VecDeque>", Role::Baseline, move |ops| {
//!             let began = Instant::now();
//!             for i in 0..ops {
//!                 queue.lock().unwrap().push_back(i);
//!                 std::hint::black_box(queue.lock().unwrap().pop_front());
//!             }
//!             began.elapsed()
//!         });
//!     });
//!     bench.finish()
//! }
//! ```
//!
//! - [`Harness::group`] measures at once: what its closure sets up (runtimes, server processes)
//!   lives only while that group is measured. Setup that fails becomes [`Group::broken`].
//! - [`Group::batch`]: do `ops` operations, return the time. [`Group::checked`]: the same with
//!   errors and side values. [`Group::window`]: measure for a while, return a [`Sample`].
//! - The subject is measured a second time in every round as the A/A control, unless
//!   [`Group::without_control`].
//! - `cargo bench` measures in the default profile; `-- --quick`, `-- --all`, `-- --rounds-only`
//!   (no criterion), `-- --check` (exit 1 when a claim is refuted or something could not
//!   be measured), `-- <filter>` and criterion's own flags are understood. `cargo test --benches`
//!   runs each contender once and writes nothing.
//! - Opt-in groups stand behind `if bench.all()`.

pub mod channels;
pub mod child;
mod options;
mod harness;

pub use harness::{Harness, claims_main, report_main};
pub use options::{Mode, Options};
pub use windlass::kit::measure::contender::{Better, Role, Sample};
pub use windlass::kit::measure::group::{Batch, Group, Window};
pub use windlass::kit::measure::profile::Profile;
