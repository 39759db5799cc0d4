//! What a database has done.

/// What a [`Database`](super::Database) has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Transactions that were committed. Under [`Synchronous::Full`](super::Synchronous::Full) each
    /// one that changed anything was synced once.
    pub groups: u64,
    /// Transactions that failed as a whole.
    pub groups_failed: u64,
    /// Jobs whose changes were kept.
    pub jobs: u64,
    /// Jobs whose changes were not.
    pub jobs_failed: u64,
    /// The most jobs in one transaction.
    pub largest_group: u64,
    /// Jobs that wait this moment.
    pub waiting: u64,
    /// Checkpoints, and those that failed or could not be whole.
    pub checkpoints: u64,
    /// See `checkpoints`.
    pub checkpoints_cut_short: u64,
    /// Pages in the write-ahead log after the last commit.
    pub wal_pages: u64,
}
