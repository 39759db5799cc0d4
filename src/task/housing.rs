//! Where the cells of one executor live, how many may, and how long it is all there.

use std::ptr::NonNull;

use super::{depot::Depot, permits::Permits};
use crate::sync::{AtomicUsize, Ordering};

/// Ends the whole that a housing is in.
pub(super) type End = unsafe fn(NonNull<()>);

/// Alive until the last owner has gone and the last permit is back; then whoever brought that about
/// ends it.
pub(super) struct Housing {
    pub(super) depot: Depot,
    pub(super) permits: Permits,
    owners: AtomicUsize,
    end: End,
    /// What `end` is called with: all that ends.
    pub(super) whole: NonNull<()>,
}

// SAFETY: `whole` is only handed to `end`, whose maker states that it may be called on any thread.
unsafe impl Send for Housing {}
// SAFETY: as above.
unsafe impl Sync for Housing {}

impl Housing {
    /// With one owner.
    ///
    /// # Safety
    /// `whole` holds this housing, and stays there until `end` is called with it, on any thread.
    pub(super) unsafe fn new(permits: Permits, end: End, whole: NonNull<()>) -> Self {
        Self { depot: Depot::new(), permits, owners: AtomicUsize::new(1), end, whole }
    }

    pub(super) fn add_owner(&self) {
        self.owners.fetch_add(1, Ordering::Relaxed);
    }

    /// # Safety
    /// The caller is an owner, and no more from now on.
    pub(super) unsafe fn drop_owner(housing: NonNull<Self>) {
        // SAFETY: the owner keeps it alive until its part is given up.
        unsafe {
            // [task.disowned] pairs with [task.last_owner]: all that this owner did is done.
            if housing.as_ref().owners.fetch_sub(1, Ordering::Release) == 1 {
                // [task.last_owner] pairs with [task.disowned]: nothing ends that is still in use.
                housing.as_ref().owners.load(Ordering::Acquire);
                Self::give_permits(housing, 1);
            }
        }
    }

    /// Gives permits back. The caller's last use of the housing, unless it is an owner.
    ///
    /// # Safety
    /// The permits were taken, or are the owners' part, which the last owner gives.
    #[inline]
    pub(super) unsafe fn give_permits(housing: NonNull<Self>, permits: usize) {
        // SAFETY: the permits keep it alive until they are given.
        let housing = unsafe { housing.as_ref() };
        let (end, whole) = (housing.end, housing.whole);
        if housing.permits.give(permits) {
            // SAFETY: nobody else knows it any more.
            unsafe { end(whole) };
        }
    }
}
