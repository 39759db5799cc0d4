//! What went wrong in SQLite, so that many jobs can be told.

use std::sync::Arc;

use rusqlite::{Error, ErrorCode};

/// The kinds of a [`Fault`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The disk is full, or the database has as many pages as it may have.
    Full,
    /// Another process or connection holds the database locked.
    Locked,
    /// The disk failed.
    Io,
    /// The file is damaged, or is no SQLite database.
    Corrupt,
    /// The file may not be written.
    ReadOnly,
    /// Another job of the group, or SQLite at that job's failure, ended the transaction.
    RolledBack,
    /// Anything else, as SQLite says it.
    Other,
}

/// What went wrong in SQLite: a transaction that failed as a whole. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    said: Arc<str>,
}

impl Fault {
    pub(super) fn new(kind: FaultKind, said: &str) -> Self {
        Self { kind, said: said.into() }
    }

    /// What SQLite said.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// What kind it is.
    pub fn kind(&self) -> FaultKind {
        self.kind
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        use ErrorCode as Code;
        let kind = match error.sqlite_error_code() {
            Some(Code::DiskFull) => FaultKind::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => FaultKind::Locked,
            Some(Code::SystemIoFailure) => FaultKind::Io,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => FaultKind::Corrupt,
            Some(Code::ReadOnly | Code::PermissionDenied) => FaultKind::ReadOnly,
            _ => FaultKind::Other,
        };
        Self::new(kind, &error.to_string())
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

says!([] Fault: |own, f| {
    let said = &own.said;
    match own.kind {
        FaultKind::Full => write!(f, "no room in the database ({said}): free disk space"),
        FaultKind::Locked => write!(
            f,
            "the database is locked by another process or connection ({said}): end it, or allow \
             a longer `busy_timeout`"
        ),
        FaultKind::Io => write!(f, "the database's disk failed ({said})"),
        FaultKind::Corrupt => write!(
            f,
            "the database file is damaged or is no SQLite database ({said}): restore a copy"
        ),
        FaultKind::ReadOnly => write!(f, "the database may not be written ({said})"),
        FaultKind::RolledBack => write!(f, "the group's transaction was ended ({said})"),
        FaultKind::Other => write!(f, "the database refused: {said}"),
    }
});
