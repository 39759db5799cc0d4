//! Keeps readers out while a checkpoint must be whole.

use std::sync::{PoisonError, RwLock};

/// Readers go through it one beside the other; a checkpoint alone. What the lock guards is in
/// SQLite, so a panic under it leaves nothing half done.
#[derive(Debug, Default)]
pub(super) struct Gate(RwLock<()>);

impl Gate {
    /// Reads beside others.
    pub(super) fn reading<R>(&self, read: impl FnOnce() -> R) -> R {
        let _inside = self.0.read().unwrap_or_else(PoisonError::into_inner);
        read()
    }

    /// Waits until nobody reads, and keeps others out meanwhile.
    pub(super) fn alone<R>(&self, act: impl FnOnce() -> R) -> R {
        let _inside = self.0.write().unwrap_or_else(PoisonError::into_inner);
        act()
    }
}
