//! Opening a file: whose it is, whether it is whole, and how its connections are set up.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Error, OpenFlags};

use super::error::OpenError;
use super::fault::{Fault, FaultKind};
use super::migrate;
use super::options::Options;

/// A file that is open, by its connections.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    /// Locked for as long as it is open, so that no other `Database` takes the file.
    pub(super) claim: File,
}

/// Opens or creates the file, checks it, and brings its schema up to date.
pub(super) fn open(path: &Path, options: &Options) -> Result<Opened, OpenError> {
    let claim = claim(path)?;
    let said = |error: Error| explain(path, error);
    let writer = connect(path, options).map_err(said)?;
    identify(&writer, path, options)?;
    set_up(&writer, options, path)?;
    if options.check {
        check(&writer, path)?;
    }
    migrate::application(&writer, options.migrations).map_err(|error| located(path, error))?;
    let readers = (0..options.readers.max(1)).map(|_| {
        let reader = connect(path, options)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    });
    let readers = readers.collect::<Result<_, _>>().map_err(said)?;
    sync_folder(path).map_err(|error| OpenError::Io(path.to_owned(), error))?;
    Ok(Opened { writer, readers, claim })
}

/// Takes the file for this `Database` alone, by the system's lock on a file beside it. The lock
/// goes with the process, however it ends.
fn claim(path: &Path) -> Result<File, OpenError> {
    if path.is_dir() {
        return Err(OpenError::IsFolder(path.to_owned()));
    }
    if !folder(path).is_dir() {
        return Err(OpenError::NoFolder(path.to_owned()));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push("-claim");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&beside);
    let file = opened.map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            OpenError::NotWritable(path.to_owned())
        }
        _ => OpenError::Io(PathBuf::from(&beside), error),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::Io(PathBuf::from(beside), error)),
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn connect(path: &Path, options: &Options) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match options.vfs {
        None => Connection::open_with_flags(path, flags)?,
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
    };
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(options.statements_max);
    Ok(connection)
}

/// Whose file it is, and of which version: before anything in it is changed.
fn identify(conn: &Connection, path: &Path, options: &Options) -> Result<(), OpenError> {
    let said = |error: Error| explain(path, error);
    let ask = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let tables = "SELECT count(*) FROM sqlite_schema";
    let is_new = conn.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(said)? == 0;
    let found = ask("application_id").map_err(said)? as i32;
    let expected = options.application_id;
    if expected != 0 && found != expected && !(is_new && found == 0) {
        return Err(OpenError::Application { path: path.to_owned(), found, expected });
    }
    migrate::check_version(ask("user_version").map_err(said)?, options.migrations)?;
    if conn.is_readonly("main").map_err(said)? {
        return Err(OpenError::NotWritable(path.to_owned()));
    }
    if expected != 0 && found != expected {
        conn.pragma_update(None, "application_id", expected).map_err(said)?;
    }
    Ok(())
}

/// The writer's settings. What SQLite answers is read back: a setting that it does not take is an
/// error here, not a weaker promise later.
fn set_up(conn: &Connection, options: &Options, path: &Path) -> Result<(), OpenError> {
    let said = |error: Error| explain(path, error);
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(said)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(OpenError::NoWal(mode));
    }
    let level = options.synchronous.level();
    conn.pragma_update(None, "synchronous", level).map_err(said)?;
    let found: i64 =
        conn.pragma_query_value(None, "synchronous", |row| row.get(0)).map_err(said)?;
    if found != level {
        let said = format!("`synchronous` stays at {found} instead of {level}");
        return Err(OpenError::Database(Fault::new(FaultKind::Other, &said)));
    }
    // Where a plain fsync leaves data in the disk's own cache (macOS); elsewhere without effect.
    for flush in ["fullfsync", "checkpoint_fullfsync"] {
        conn.pragma_update(None, flush, true).map_err(said)?;
    }
    conn.pragma_update(None, "foreign_keys", true).map_err(said)?;
    if let Some(pages) = options.pages_max {
        let set = conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()));
        set.map_err(said)?;
    }
    // Checkpoints are the writer's business.
    let off = conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()));
    off.map_err(said)
}

fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let found: Result<String, _> = conn.pragma_query_value(None, "quick_check", |row| row.get(0));
    match found {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(OpenError::Corrupt(path.to_owned(), said)),
        Err(error) => Err(explain(path, error)),
    }
}

/// So that the file's name survives the loss of power, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder(path))?.sync_all() } else { Ok(()) }
}

fn explain(path: &Path, error: Error) -> OpenError {
    located(path, OpenError::Database(error.into()))
}

/// The same error with the path, where it has a place for one.
pub(super) fn located(path: &Path, error: OpenError) -> OpenError {
    let OpenError::Database(fault) = error else { return error };
    let path = path.to_owned();
    match fault.kind() {
        FaultKind::Locked => OpenError::Locked(path),
        FaultKind::Corrupt => OpenError::Corrupt(path, fault.said().to_owned()),
        FaultKind::ReadOnly => OpenError::NotWritable(path),
        _ => OpenError::Database(fault),
    }
}
