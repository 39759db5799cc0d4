//! The set of cores that a thread may use, kept to be given to threads that others start: on Linux
//! a new thread inherits its starter's, and a pinned worker's is one core.

use std::mem::{size_of, zeroed};

/// Gives the calling thread's to the thread that calls what is returned; that one keeps its own
/// where the system refuses.
pub(super) fn current() -> impl Fn() {
    // SAFETY: the set is an array of integers, for which zero bytes are valid.
    let mut set: libc::cpu_set_t = unsafe { zeroed() };
    // SAFETY: the kernel writes at most the given size into the set, which outlives the call.
    let failed = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    move || {
        if failed == 0 {
            // SAFETY: the kernel reads the given size of the set, which outlives the call.
            unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) };
        }
    }
}
