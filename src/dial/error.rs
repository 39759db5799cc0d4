//! Why there is no connection.

use std::{error, fmt, io, net::SocketAddr};

/// Why a name led to no connection.
#[derive(Debug)]
pub enum DialError {
    /// The name could not be looked up (in time).
    Lookup {
        /// What was looked up.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// None of the addresses led to a connection.
    Connect {
        /// Each address, and what became of it: those that failed in the order in which they did,
        /// then, when the time was over, the others (`TimedOut`).
        tried: Vec<(SocketAddr, io::Error)>,
    },
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lookup { host, source } => write!(f, "cannot look up `{host}`: {source}"),
            Self::Connect { tried } if tried.is_empty() => f.write_str("no address to connect to"),
            Self::Connect { tried } => {
                let mut between = "no connection: ";
                for (address, error) in tried {
                    write!(f, "{between}{address}: {error}")?;
                    between = "; ";
                }
                Ok(())
            }
        }
    }
}

impl error::Error for DialError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Lookup { source, .. } => Some(source),
            Self::Connect { tried } => tried.first().map(|(_, error)| error as _),
        }
    }
}

/// Of the kind of the look-up's or the first attempt's error, with the whole message.
impl From<DialError> for io::Error {
    fn from(error: DialError) -> Self {
        let kind = match &error {
            DialError::Lookup { source, .. } => source.kind(),
            DialError::Connect { tried } => {
                tried.first().map_or(io::ErrorKind::InvalidInput, |(_, error)| error.kind())
            }
        };
        io::Error::new(kind, error)
    }
}
