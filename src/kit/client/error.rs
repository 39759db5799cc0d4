//! Why a call gave no reply.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::kit::http::WrongReply;

/// Why a call gave no reply.
#[derive(Debug)]
pub enum CallError {
    /// No connection: nothing was asked.
    Connect(io::Error),
    /// The connection broke, or ended before its reply was whole: whether the call had its effect
    /// nobody knows.
    Broken(io::Error),
    /// No whole reply in this time: whether the call had its effect nobody knows.
    Late(Duration),
    /// A reply came that cannot be read.
    Wrong(WrongReply),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Connect(error) => write!(f, "cannot connect: {error}"),
            CallError::Broken(error) => write!(f, "the connection broke: {error}"),
            CallError::Late(time) => write!(f, "no reply within {time:?}"),
            CallError::Wrong(wrong) => wrong.fmt(f),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Connect(error) | CallError::Broken(error) => Some(error),
            CallError::Wrong(wrong) => Some(wrong),
            CallError::Late(_) => None,
        }
    }
}

/// How an exchange over one connection failed.
pub(super) enum Failed {
    /// It ended before the first byte of a reply: as kept connections do that were closed.
    Unbegun(io::Error),
    /// Otherwise.
    For(CallError),
}

impl Failed {
    pub(super) fn into_error(self) -> CallError {
        match self {
            Failed::Unbegun(error) => CallError::Broken(error),
            Failed::For(error) => error,
        }
    }
}
