//! The present moment.

use std::time::Instant;

use crate::reactor::Handle;

/// The time by the clock of the runtime that the caller is in; outside one, by the system's.
pub(super) fn now() -> Instant {
    Handle::current_now().unwrap_or_else(Instant::now)
}
