//! Runtimes in the hands of a test: their time, and, with the feature `sim`, a world of their own
//! in which a seed decides everything.
//!
//! [`TestClock`] moves the time of an ordinary runtime. A `World` is more: one thread, virtual
//! time, tasks in an order that is drawn, nodes that crash, a network and disks that fail; and all
//! of it again, to the last poll, from the same seed.
//!
//! ```text
//!   World::run: which node?  ---> which of its ready tasks?  ---> poll it; time passes a little
//!        ^         (drawn)                 (drawn)                             |
//!        +------------------------------------+-------------------------------+
//!        none has a ready task: the time jumps to the first timer of all
//!        and there is no timer: `Halt::Stalled`, nothing can ever happen again
//! ```
//!
//! **The runtime is the real one**, not a model of it: each node is a
//! [`Hosted`](crate::hosted::Hosted) runtime whose run queue, policy, clock and blocking pool are
//! those of the world. So tasks, join handles, timers, channels and the workflow's parts run
//! unchanged, and know nothing of it. Nodes are runtimes of their own so that a crash ends all that
//! a node runs, whoever spawned it.
//!
//! **What follows from the seed.** The order of polls; how much time each takes (so timers of one
//! node come before or after what another does); delay, loss, reset and doubling of messages; how
//! long a sync takes, and which part of what was not synced a crash leaves; whatever the experiment
//! draws from `Sim`. What does *not*: threads, sockets and files of the system, `Instant::now`,
//! hash maps with the standard library's hasher that are iterated over, the address of a value. An
//! experiment leaves these alone; `Trace` tells when it did not, since two runs of a seed then
//! differ.
//!
//! **Rules.** 1. Only one thing happens at a time, and time stands still within a poll. 2. Orders
//! to crash or start a node are followed before the next poll of any task. 3. What a crashed node's
//! tasks do as they are dropped reaches no disk: a process that is killed runs no destructors. 4.
//! What is under way in the network is nobody's. 5. A panic of any task ends the experiment. 6.
//! Blocking closures run on the world's thread, one at a time: one that waits for a task waits for
//! ever.

#[cfg(feature = "sim")]
mod dice;
#[cfg(feature = "sim")]
mod virtual_clock;
#[cfg(feature = "sim")]
mod one_queue;
#[cfg(feature = "sim")]
mod in_place;
#[cfg(feature = "sim")]
mod halt;
#[cfg(feature = "sim")]
mod shared;
#[cfg(feature = "sim")]
mod disk;
#[cfg(feature = "sim")]
mod net;
#[cfg(feature = "sim")]
mod node;
#[cfg(feature = "sim")]
mod handle;
#[cfg(feature = "sim")]
mod world;
#[cfg(feature = "sim")]
mod seeds;
mod test_clock;

#[cfg(feature = "sim")]
pub use self::{dice::Trace, halt::Halt, handle::Sim, node::Node};
#[cfg(feature = "sim")]
pub use disk::{Disk, DiskError, DiskFaults};
#[cfg(feature = "sim")]
pub use net::{Call, Inbox, NameTaken, Net, NetError, NetFaults};
#[cfg(feature = "sim")]
pub use seeds::{SeedFailed, Seeds, SeedsRan};
pub use test_clock::TestClock;
#[cfg(feature = "sim")]
pub use world::{Bounds, World};
