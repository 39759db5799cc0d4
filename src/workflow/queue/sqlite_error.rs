//! What SQLite says, as a store's errors.

use super::error::{RedriveError, StoreError, StoreErrorKind};
use super::message::MessageId;
use crate::workflow::sqlite::{Fault, FaultKind, WriteError};

/// Of a statement.
pub(super) fn explain(error: &rusqlite::Error) -> StoreError {
    let fault = Fault::from(error);
    let kind = match fault.kind() {
        FaultKind::Full => StoreErrorKind::Full,
        FaultKind::Locked => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    };
    StoreError::new(kind, fault.to_string())
}

/// Of a job.
pub(super) fn failed(error: WriteError<rusqlite::Error>) -> StoreError {
    let kind = match &error {
        WriteError::Job(error) => return explain(error),
        WriteError::Database(fault) => match fault.kind() {
            FaultKind::Full => StoreErrorKind::Full,
            FaultKind::Locked => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Other,
        },
        WriteError::Closed => StoreErrorKind::Closed,
        WriteError::Panicked(_) => StoreErrorKind::Other,
    };
    StoreError::new(kind, error.to_string())
}

/// Whether a dead letter was made a message again.
pub(super) enum Redriven {
    Yes,
    Unknown,
    Full,
}

impl Redriven {
    pub(super) fn outcome(self, id: MessageId) -> Result<(), RedriveError> {
        match self {
            Redriven::Yes => Ok(()),
            Redriven::Unknown => Err(RedriveError::Unknown(id)),
            Redriven::Full => Err(RedriveError::Full),
        }
    }
}
