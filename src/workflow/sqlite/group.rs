//! One transaction for many jobs, each in a savepoint of its own.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::fault::{Fault, FaultKind};
use super::job::Job;

const SAVE: &str = "SAVEPOINT job";
const UNDO: &str = "ROLLBACK TO job";
const KEEP: &str = "RELEASE job";

/// Runs the jobs and commits, once. How many were kept; `Err`: none.
///
/// A job that fails is rolled back to its savepoint. There are failures (a full disk, a failing
/// one) at which SQLite ends the whole transaction: then nothing of the group is kept.
pub(super) fn commit(conn: &Connection, jobs: &mut [Box<dyn Job>]) -> Result<u64, Fault> {
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    let mut kept = 0;
    for job in jobs {
        tx.prepare_cached(SAVE)?.execute([])?;
        let keep = job.run(&tx);
        if tx.is_autocommit() {
            let said = "a job of the group ended it, or met a full or failing disk";
            return Err(Fault::new(FaultKind::RolledBack, said));
        }
        if keep {
            kept += 1;
        } else {
            tx.prepare_cached(UNDO)?.execute([])?;
        }
        tx.prepare_cached(KEEP)?.execute([])?;
    }
    tx.commit()?;
    Ok(kept)
}
