//! Why a database was not opened, or did not do a job.

use std::{fmt, io, path::PathBuf};

use super::fault::{Fault, FaultKind};

/// Why a database was not opened. Nothing in the file was changed, unless it says so.
#[derive(Debug)]
pub enum OpenError {
    /// The folder that the file should stand in is not there.
    NoFolder(PathBuf),
    /// The path is a folder.
    IsFolder(PathBuf),
    /// The file, or its folder, may not be written.
    NotWritable(PathBuf),
    /// The system refused the file, or a thread.
    Io(PathBuf, io::Error),
    /// A [`Database`](super::Database), in this process or another, has the file open.
    InUse(PathBuf),
    /// A process that is no windlass `Database` holds the file locked.
    Locked(PathBuf),
    /// The file is damaged, or is no SQLite database.
    Corrupt(PathBuf, String),
    /// The file belongs to another application.
    Application {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: i32,
        /// Whose it should be.
        expected: i32,
    },
    /// The file was written by a later version of the program.
    Version {
        /// Whose tables: the application's, or a part of the workflow.
        part: &'static str,
        /// The version that was found.
        found: i64,
        /// The latest that is known.
        expected: i64,
    },
    /// A step of a migration failed; the file is as it was.
    Migration {
        /// Whose tables.
        part: &'static str,
        /// The version that the step starts from.
        from: i64,
        /// What SQLite said.
        fault: Fault,
    },
    /// The file cannot have a write-ahead log: which mode it has instead.
    NoWal(String),
    /// Anything else, as SQLite says it.
    Database(Fault),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFolder(path) => {
                write!(f, "no such folder for {}: create it first", path.display())
            }
            Self::IsFolder(path) => {
                write!(f, "{} is a folder: name a file in it", path.display())
            }
            Self::NotWritable(path) => write!(
                f,
                "{} cannot be written: check the rights of the file and its folder",
                path.display()
            ),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::InUse(path) => write!(
                f,
                "{} is in use by another process (or twice by this one): end it first",
                path.display()
            ),
            Self::Locked(path) => write!(
                f,
                "{} is locked by another process: end it, or allow a longer `busy_timeout`",
                path.display()
            ),
            Self::Corrupt(path, said) => write!(
                f,
                "{} is damaged or is no SQLite database ({said}): restore a copy",
                path.display()
            ),
            Self::Application { path, found, expected } => write!(
                f,
                "{} belongs to another application (its id is {found}, not {expected}): name \
                 another file",
                path.display()
            ),
            Self::Version { part, found, expected } => write!(
                f,
                "the tables of `{part}` have version {found}, this program knows up to \
                 {expected}: use the program that wrote them, or a later one"
            ),
            Self::Migration { part, from, fault } => {
                write!(f, "the tables of `{part}` could not leave version {from}: {fault}")
            }
            Self::NoWal(mode) => write!(
                f,
                "the database has no write-ahead log, but `{mode}`: use a file on a local disk"
            ),
            Self::Database(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(_, error) => Some(error),
            Self::Migration { fault, .. } | Self::Database(fault) => Some(fault),
            _ => None,
        }
    }
}

/// Why a job was not done. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError<E> {
    /// The job said so itself: its changes were taken back, those of others were not.
    Job(E),
    /// The job panicked, with this message: its changes were taken back, those of others were not.
    Panicked(String),
    /// The transaction failed as a whole. (After a failure of the disk it is uncertain what the
    /// disk has; but no answer said that it has it.)
    Database(Fault),
    /// The database is closed.
    Closed,
}

/// Why something was not read.
pub type ReadError<E> = WriteError<E>;

impl<E: fmt::Display> fmt::Display for WriteError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(error) => write!(f, "{error}"),
            Self::Panicked(said) => write!(f, "the job panicked: {said}"),
            Self::Database(fault) => write!(f, "{fault}"),
            Self::Closed => f.write_str("the database is closed"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for WriteError<E> {}

impl From<WriteError<OpenError>> for OpenError {
    fn from(error: WriteError<OpenError>) -> Self {
        match error {
            WriteError::Job(own) => own,
            WriteError::Database(fault) => Self::Database(fault),
            WriteError::Panicked(said) => Self::Database(Fault::new(FaultKind::Other, &said)),
            WriteError::Closed => {
                Self::Database(Fault::new(FaultKind::Other, "the database is closed"))
            }
        }
    }
}

/// Why a job was not taken; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TryWriteError<F> {
    /// `queue_max` jobs wait.
    Full(F),
    /// The database is closed.
    Closed(F),
}

says!([F] TryWriteError<F>: |own, f| f.write_str(match own {
    TryWriteError::Full(_) => "as many jobs wait for the database as may: try again later",
    TryWriteError::Closed(_) => "the database is closed",
}));

shows!([F] TryWriteError<F>: |own| TryWriteError {
    full: matches!(own, TryWriteError::Full(_))
});
