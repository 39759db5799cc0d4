//! Ctrl-C: the first one asks the command to end in order, the second ends it at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::{Failed, INTERRUPTED};

/// Whether Ctrl-C was pressed, for a command that looks now and then.
static PRESSED: AtomicBool = AtomicBool::new(false);

/// Calls `first` at the first Ctrl-C (or SIGTERM, or SIGHUP); the second ends the process. Once in
/// a process.
pub(super) fn at_first(mut first: impl FnMut() + Send + 'static) -> Result<(), Failed> {
    let mut signals = 0;
    let handler = move || {
        signals += 1;
        if signals > 1 {
            process::exit(i32::from(INTERRUPTED));
        }
        first();
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failed::new(format!("signals cannot be watched: {error}")))
}

/// Lets [`pressed`] know; `said` is told on standard error at the first Ctrl-C.
pub(super) fn watch(said: &'static str) -> Result<(), Failed> {
    at_first(move || {
        PRESSED.store(true, Ordering::Relaxed);
        eprintln!("windlass: {said}; Ctrl-C again ends at once");
    })
}

/// Whether Ctrl-C was pressed since [`watch`].
pub(super) fn pressed() -> bool {
    PRESSED.load(Ordering::Relaxed)
}
