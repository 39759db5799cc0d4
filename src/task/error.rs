//! Why a task gave no output.

use std::{any::Any, fmt};

/// Why a task gave no output.
pub enum JoinError {
    /// It was aborted, or the runtime shut down before it completed.
    Cancelled,
    /// Its future panicked.
    Panicked(Panic),
    /// It was never started: `tasks_max` tasks were alive, or the blocking pool and its queue were
    /// full.
    Full,
    /// It was never started: the runtime was shutting down.
    Shutdown,
}

/// What a task panicked with.
pub struct Panic(pub(super) Box<dyn Any + Send + 'static>);

// SAFETY: a shared `Panic` only ever lends a payload that is a `&str` or a `String`, both `Sync`.
unsafe impl Sync for Panic {}

impl JoinError {
    /// Whether the task was aborted or shut down.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Panicked(panic) => match panic.message() {
                Some(message) => write!(f, "the task panicked: {message}"),
                None => f.write_str("the task panicked"),
            },
            Self::Full => f.write_str("the task was not started: the runtime is full"),
            Self::Shutdown => f.write_str("the task was not started: the runtime is shutting down"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Panicked(panic) => f.debug_tuple("Panicked").field(&panic.message()).finish(),
            Self::Full => f.write_str("Full"),
            Self::Shutdown => f.write_str("Shutdown"),
        }
    }
}

impl std::error::Error for JoinError {}

impl Panic {
    /// The text that `panic!` was given, unless the payload is of another type.
    pub fn message(&self) -> Option<&str> {
        let literal = self.0.downcast_ref::<&'static str>().copied();
        literal.or_else(|| self.0.downcast_ref::<String>().map(String::as_str))
    }

    /// The payload, as `std::panic::resume_unwind` takes it.
    pub fn into_payload(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message()).finish()
    }
}
