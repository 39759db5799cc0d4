//! Why a runtime could not be built.

use std::{fmt, io};

use crate::executor::{CoreError, StartError};

/// Why [`Builder::build`](super::Builder::build) failed. Whatever had been started was ended again.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting is out of range.
    Setting {
        /// The builder's method.
        name: &'static str,
        /// What was given.
        value: usize,
        /// The smallest value allowed.
        min: usize,
        /// The largest value allowed.
        max: usize,
    },
    /// The thread name holds a NUL character, which no thread's name can.
    ThreadName(String),
    /// The core plan cannot be carried out.
    Cores(CoreError),
    /// The system refused to bind a worker to a core it had listed.
    Pin {
        /// The worker's number.
        worker: usize,
        /// The core.
        core: usize,
    },
    /// The hook of [`Builder::on_thread_start`](super::Builder::on_thread_start) panicked.
    Hook {
        /// The worker's number.
        worker: usize,
    },
    /// A reactor could not be made: descriptors may be used up.
    Reactor(io::Error),
    /// A worker thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, value, min, max } => {
                write!(f, "{name}({value}) is out of range: use {min} to {max}")
            }
            Self::ThreadName(name) => {
                write!(f, "thread_name({name:?}) holds a NUL character: leave it out")
            }
            Self::Cores(error) => error.fmt(f),
            Self::Pin { worker, core } => write!(
                f,
                "the system refused to bind worker {worker} to core {core}: use CorePlan::None"
            ),
            Self::Hook { worker } => write!(f, "on_thread_start panicked on worker {worker}"),
            Self::Reactor(error) => write!(f, "cannot make a reactor: {error}"),
            Self::Thread(error) => write!(f, "cannot start a worker thread: {error}"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Cores(error) => Some(error),
            Self::Reactor(error) | Self::Thread(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StartError> for BuildError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Spawn(error) => Self::Thread(error),
            StartError::Pin { worker, core } => Self::Pin { worker, core },
        }
    }
}
