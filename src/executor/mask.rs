//! The set of cores that a thread may use, kept to be given to threads that others start: on Linux
//! a new thread inherits its starter's, and a pinned worker's is one core.

use std::mem::{size_of, zeroed};

#[derive(Clone, Copy)]
pub(super) struct Mask(libc::cpu_set_t);

impl Mask {
    /// The calling thread's.
    pub(super) fn current() -> Option<Self> {
        // SAFETY: the set is an array of integers, for which zero bytes are valid.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        // SAFETY: the kernel writes at most the given size into the set, which outlives the call.
        let failed = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
        (failed == 0).then_some(Self(set))
    }

    /// Gives it to the calling thread, which keeps its own if the system refuses.
    pub(super) fn apply(&self) {
        // SAFETY: the kernel reads the given size of the set, which outlives the call.
        let _failed = unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &self.0) };
    }
}
