//! What SQLite says, as a store's errors.

use super::error::{StoreError, StoreErrorKind};
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
