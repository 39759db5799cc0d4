//! Why an experiment did not come to its end.

use std::time::Duration;

use crate::runtime::BuildError;

/// Why [`World::run`](super::World::run) gave no output.
#[derive(Debug)]
pub enum Halt {
    /// Nothing can ever happen again: no task is ready, none waits for a time. A wake-up was lost,
    /// or something is waited for that nobody will do.
    Stalled {
        /// The time since the world began.
        at: Duration,
    },
    /// More time has passed than [`Bounds::time_max`](super::Bounds::time_max).
    Time(Duration),
    /// Tasks were polled more often than [`Bounds::polls_max`](super::Bounds::polls_max).
    Polls(u64),
    /// [`Sim::fail`](super::Sim::fail) was called, with this.
    Failed(String),
    /// A task panicked with this.
    Panicked(String),
    /// The runtime of a node could not be built: descriptors are used up.
    Build(BuildError),
    /// A world runs on a thread that drives no other runtime: not within a task or `block_on`.
    Nested,
}

says!([] Halt: |own, f| match own {
    Halt::Stalled { at } => write!(
        f,
        "after {at:?} no task is ready and none waits for a time: what the experiment waits for \
         never comes"
    ),
    Halt::Time(most) => write!(f, "it took longer than {most:?}, its `time_max`"),
    Halt::Polls(most) => write!(f, "tasks were polled more than {most} times, its `polls_max`"),
    Halt::Failed(said) => f.write_str(said),
    Halt::Panicked(said) => write!(f, "a task panicked: {said}"),
    Halt::Build(error) => write!(f, "a node's runtime: {error}"),
    Halt::Nested => f.write_str(
        "a world was run within a task or `block_on`: run it on a thread of its own"
    ),
});
