//! How many histories this process has checked: one line when it ends, for the closing summary.
//!
//! Tests run in no order, and what they print is kept back: so the line is written at the very end.

use std::ffi::c_int;
use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

static CHECKED: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    fn atexit(at_end: extern "C" fn()) -> c_int;
}

/// So many histories more were checked.
pub(crate) fn checked(histories: usize) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function lives as long as the process, and reads two atomics.
        assert_eq!(unsafe { atexit(say) }, 0);
    });
    CHECKED.fetch_add(histories, Ordering::Relaxed);
}

/// One broken variant more was refused, as it must be.
pub(crate) fn refused() {
    REFUSED.fetch_add(1, Ordering::Relaxed);
}

extern "C" fn say() {
    let (checked, refused) = (CHECKED.load(Ordering::Relaxed), REFUSED.load(Ordering::Relaxed));
    let mut out = std::io::stdout().lock();
    // Nobody is left to be told of an output that is closed.
    let _ = writeln!(out, "histories: {checked} checked, {refused} broken variants refused");
}
