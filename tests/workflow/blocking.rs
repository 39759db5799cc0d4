//! Waiting for a future on the test's thread.

use windlass::Runtime;

/// Waits for a future that needs no timers.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: Runtime = super::support::runtime(1);
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
