//! SQLite with group commit: many writers, one sync.
//!
//! ```text
//!  tasks, threads          bounded channel           the writer's thread
//!   write(job) ----+
//!   write(job) ----+--> [ job | job | job ] --> BEGIN
//!   write(job) ----+                              SAVEPOINT, job, RELEASE (or ROLLBACK TO)
//!        ^                                        SAVEPOINT, job, RELEASE
//!        |                                        ...
//!        |                                      COMMIT: one sync for all
//!        +------------- answers <-----------------+
//! ```
//!
//! **No answer before the sync.** Answers are kept until the commit has returned; when it fails,
//! each job of the group gets the failure as its answer. **A failing job is alone**: what it
//! changed is rolled back to its savepoint. **Bounded**: the channel, the group, and the
//! write-ahead log, which is copied into the file when it is long; when it is four times as long as
//! that, new reads wait until all of it is.
//!
//! Group commit is known from D. Gawlick and D. Kinkade, *Varieties of concurrency control in
//! IMS/VS Fast Path*, 1985; P. Helland and others, *Group commit timers and high volume transaction
//! systems*, 1987, weigh waiting for company against delay: here a group gathers while the one
//! before it is being synced, and nothing waits by default.
//!
//! | it happens | then |
//! |---|---|
//! | the disk is full, or fails, at the commit | the whole group gets [`WriteError::Database`] |
//! | the same in a job | its own error; for the others perhaps [`FaultKind::RolledBack`] |
//! | another process has locked the file too long | the group gets [`FaultKind::Locked`] |
//! | a job panics | it gets [`WriteError::Panicked`] |
//! | a checkpoint fails | [`Stats`] count it: what was answered is in the log, and synced |
//!
//! Whatever happens to a group, the next one is tried anew.

mod options;
mod fault;
mod error;
mod stats;
mod job;
mod group;
mod migrate;
mod open;
mod gate;
mod threads;
mod by_hand;
mod database;

pub(in crate::workflow) use job::is_not_kept;

pub use self::{database::Database, database::Pending, stats::Stats};
pub use error::{OpenError, ReadError, TryWriteError, WriteError};
pub use fault::{Fault, FaultKind};
pub use options::{Options, Synchronous};
