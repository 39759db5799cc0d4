//! Panics that nobody is told of.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the user's whose panic has nobody to go to: the panic hook has reported it. Whether
/// it came to its end.
pub(crate) fn discard(run: impl FnOnce()) -> bool {
    let ended = catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        // Its drop may panic in turn. What that panicked with stays where it is: here it ends.
        catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(std::mem::forget);
    });
    ended.is_ok()
}
