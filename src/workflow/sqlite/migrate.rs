//! Schema versions: the application's, and those of the workflow's own parts.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::error::OpenError;
use super::fault::Fault;

/// Whose tables they are, in errors, when they are the application's.
const APPLICATION: &str = "application";

const PARTS: &str = "CREATE TABLE IF NOT EXISTS windlass_parts
    (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID";

/// Refuses a file of a later version, before anything is written.
pub(super) fn check_version(found: i64, steps: &[&str]) -> Result<(), OpenError> {
    known(APPLICATION, found, steps)
}

/// Brings the application's tables up to date, in one transaction.
pub(super) fn application(conn: &Connection, steps: &[&str]) -> Result<(), OpenError> {
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(database)?;
    let found = tx.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
    if advance(&tx, APPLICATION, found, steps)? {
        tx.pragma_update(None, "user_version", steps.len() as i64).map_err(database)?;
    }
    tx.commit().map_err(database)
}

/// Brings a part's tables up to date, within a transaction.
pub(super) fn part(
    tx: &Transaction<'_>,
    part: &'static str,
    steps: &[&str],
) -> Result<(), OpenError> {
    tx.execute_batch(PARTS).map_err(database)?;
    let version = "SELECT version FROM windlass_parts WHERE part = ?1";
    let found = tx.query_row(version, [part], |row| row.get(0)).optional().map_err(database)?;
    if advance(tx, part, found.unwrap_or(0), steps)? {
        let record = "INSERT OR REPLACE INTO windlass_parts (part, version) VALUES (?1, ?2)";
        tx.execute(record, (part, steps.len() as i64)).map_err(database)?;
    }
    Ok(())
}

/// Takes the steps that are left. Whether there were any.
fn advance(
    tx: &Transaction<'_>,
    part: &'static str,
    found: i64,
    steps: &[&str],
) -> Result<bool, OpenError> {
    known(part, found, steps)?;
    let done = usize::try_from(found).unwrap_or(0);
    for (from, step) in steps.iter().enumerate().skip(done) {
        tx.execute_batch(step).map_err(|error| OpenError::Migration {
            part,
            from: from as i64,
            fault: Fault::from(error),
        })?;
    }
    Ok(done < steps.len())
}

fn known(part: &'static str, found: i64, steps: &[&str]) -> Result<(), OpenError> {
    let expected = steps.len() as i64;
    if (0..=expected).contains(&found) {
        return Ok(());
    }
    Err(OpenError::Version { part, found, expected })
}

fn database(error: rusqlite::Error) -> OpenError {
    OpenError::Database(error.into())
}
