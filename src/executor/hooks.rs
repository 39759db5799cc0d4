//! What an executor tells its embedder: panics of tasks, and polls that take too long.

use std::{sync::Arc, time::Duration};

use crate::task::Panic;

/// What a panic in a task does, beside going to its join handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanicPolicy {
    /// Nothing: the other tasks go on.
    #[default]
    Isolate,
    /// The runtime shuts down, as when it is dropped: every other task is dropped.
    ShutDown,
}

/// A poll that has lasted too long so far: its task blocks its worker, or computes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlowPoll {
    /// The number of the worker; numbers above the workers' are threads in `block_on`.
    pub worker: usize,
    /// The type of the task's future.
    pub task: &'static str,
    /// The name that the task was given, if it was.
    pub name: Option<Arc<str>>,
    /// For how long the poll has lasted at least.
    pub lasted: Duration,
}

pub(crate) type OnPanic = Arc<dyn Fn(&Panic) + Send + Sync>;
pub(crate) type OnSlowPoll = Arc<dyn Fn(SlowPoll) + Send + Sync>;

/// The embedder's functions.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) panic_policy: PanicPolicy,
    pub(crate) on_panic: Option<OnPanic>,
    pub(crate) on_slow_poll: Option<(Duration, OnSlowPoll)>,
}
