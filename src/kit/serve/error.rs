//! Why a server did not start.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::runtime::BuildError;

/// Why a server did not start.
#[derive(Debug)]
pub enum ServeError {
    /// Another process listens on the port.
    Busy {
        /// The address asked for.
        addr: SocketAddr,
    },
    /// The address cannot be listened on for another reason.
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A setting makes no sense.
    Setting {
        /// Which one, and what would be right.
        what: &'static str,
    },
    /// The threads that the model starts with could not be spawned.
    Threads {
        /// How many were asked for.
        wanted: usize,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime of the evented model did not start.
    Runtime {
        /// What it said.
        source: BuildError,
    },
    /// The service did not start.
    Service {
        /// What it said.
        said: String,
        /// Whether it was asked for something that makes no sense.
        usage: bool,
    },
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServeError::Busy { addr } => write!(
                f,
                "cannot listen on {addr}: the port is busy, another process listens on it; choose \
                 another one, or port 0 to let the system choose a free one"
            ),
            ServeError::Listen { addr, source } => write!(f, "cannot listen on {addr}: {source}"),
            ServeError::Setting { what } => f.write_str(what),
            ServeError::Threads { wanted, source } => {
                write!(f, "cannot spawn the {wanted} threads that the model starts with: {source}")
            }
            ServeError::Runtime { source } => write!(f, "cannot start the runtime: {source}"),
            ServeError::Service { said, .. } => f.write_str(said),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ServeError::Busy { .. } | ServeError::Setting { .. } | ServeError::Service { .. } => {
                None
            }
            ServeError::Listen { source, .. } | ServeError::Threads { source, .. } => Some(source),
            ServeError::Runtime { source } => Some(source),
        }
    }
}
