//! The token: who must ask the kernel, and when.

use crate::sync::AtomicU32;
use crate::sync::Ordering::{Acquire, Relaxed, Release};

const EMPTY: u32 = 0;
const NOTIFIED: u32 = 1;
const PARKED: u32 = 2;

/// The parking token of one thread. One thread parks; any number notify.
#[derive(Debug, Default)]
pub(crate) struct Token(AtomicU32);

impl Token {
    /// Announces that this thread is about to sleep. `false`: a token was there and has been taken,
    /// do not sleep. `true`: sleep in the kernel, then call [`Token::finish`].
    #[must_use]
    pub(crate) fn prepare(&self) -> bool {
        // Relaxed: when it fails, the swap below acquires every notification up to then.
        let prepared = self.0.compare_exchange(EMPTY, PARKED, Relaxed, Relaxed);
        if let Err(state) = prepared {
            debug_assert_eq!(state, NOTIFIED, "two threads park on one token");
            // [park.taken] pairs with [park.notify]: what was done before each notification so far
            // is seen.
            self.0.swap(EMPTY, Acquire);
        }
        prepared.is_ok()
    }

    /// Whether the token came since [`Token::prepare`]; it stays until [`Token::finish`].
    pub(crate) fn is_notified(&self) -> bool {
        self.0.load(Relaxed) == NOTIFIED
    }

    /// Ends the sleep, for whatever reason it ended, and takes the token if there is one.
    pub(crate) fn finish(&self) -> bool {
        // [park.finish] pairs with [park.notify]: what was done before the notification is seen.
        self.0.swap(EMPTY, Acquire) == NOTIFIED
    }

    /// Leaves the token. `true`: the thread sleeps, and the caller must wake it through the kernel.
    #[must_use]
    pub(crate) fn notify(&self) -> bool {
        // [park.notify] pairs with [park.taken], [park.finish]: work done before is seen.
        self.0.swap(NOTIFIED, Release) == PARKED
    }
}
