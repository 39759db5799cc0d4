//! Who runs tasks of an executor, and who is the last to leave when it closes: the last one drops
//! the tasks that are left.
//!
//! ```text
//! | how many run tasks (workers, guests) .. | 0: CLOSED |
//! ```
//!
//! Nobody comes in once CLOSED is set, so the count falls to zero once, and whoever brings it there
//! (or sets CLOSED on a count of zero) knows that no task runs any more and none will.

use crate::sync::{AtomicUsize, Ordering};

const CLOSED: usize = 1;
const ONE: usize = 2;

#[derive(Debug, Default)]
pub(crate) struct Presence(AtomicUsize);

impl Presence {
    /// Comes in, to run tasks. `false`: closed.
    #[must_use]
    pub(crate) fn enter(&self) -> bool {
        let enter = |seen: usize| (seen & CLOSED == 0).then_some(seen + ONE);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).is_ok()
    }

    /// Runs no task any more. `true`: the last one after the close, which is to end the tasks.
    #[must_use]
    pub(crate) fn leave(&self) -> bool {
        // [presence.left] pairs with [presence.left], [presence.closed]: all that this one did with
        // tasks is done for the last one.
        self.0.fetch_sub(ONE, Ordering::AcqRel) == CLOSED + ONE
    }

    /// Lets nobody in any more. `true`: nobody was in, and the caller is to end the tasks.
    #[must_use]
    pub(crate) fn close(&self) -> bool {
        // [presence.closed] pairs with [presence.left]: as there.
        self.0.fetch_or(CLOSED, Ordering::Acquire) == 0
    }

    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CLOSED != 0
    }
}
