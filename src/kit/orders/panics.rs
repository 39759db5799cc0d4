//! How often an order's workers have panicked: what makes each of them panic is given up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Unfinished orders whose workers have panicked, and how many did, since the service started.
#[derive(Debug, Default)]
pub(super) struct Panics(Mutex<HashMap<u64, u32>>);

/// An order that a worker is at. Dropped by a panic, it counts one.
pub(super) struct AtWork<'a> {
    panics: &'a Panics,
    number: u64,
}

impl Panics {
    pub(super) fn watch(&self, number: u64) -> AtWork<'_> {
        AtWork { panics: self, number }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, u32>> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtWork<'_> {
    /// How many workers have panicked over it before.
    pub(super) fn before(&self) -> u32 {
        self.panics.lock().get(&self.number).copied().unwrap_or(0)
    }

    /// The order has ended: nothing is remembered of it.
    pub(super) fn over(self) {
        self.panics.lock().remove(&self.number);
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            *self.panics.lock().entry(self.number).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn panics_are_counted_until_the_order_has_ended() {
        let panics = Panics::default();
        for before in 0..3 {
            let worked = catch_unwind(AssertUnwindSafe(|| {
                let at_work = panics.watch(7);
                assert_eq!(at_work.before(), before);
                panic!("as the test has it");
            }));
            assert!(worked.is_err());
        }
        assert_eq!((panics.watch(7).before(), panics.watch(8).before()), (3, 0));
        panics.watch(7).over();
        assert!(panics.lock().is_empty());
    }
}
