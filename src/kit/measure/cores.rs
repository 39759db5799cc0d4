//! Threads kept to one core, where the question is what goes from one core to another.

use std::mem;

/// Which core of those the process may use; the same where there is one only.
#[derive(Debug, Clone, Copy)]
pub enum Core {
    /// The first.
    First,
    /// The last.
    Last,
}

/// The calling thread, and whatever it starts meanwhile, keeps to one core until this is dropped.
#[must_use]
pub struct Confined {
    before: libc::cpu_set_t,
}

impl Confined {
    /// Confines the calling thread.
    pub fn to(core: Core) -> Self {
        // SAFETY: a set of cores is plain bits, of which none need be set.
        let (mut before, mut only): (libc::cpu_set_t, libc::cpu_set_t) =
            unsafe { (mem::zeroed(), mem::zeroed()) };
        // SAFETY: the kernel writes at most as many bytes as it is told there are.
        unsafe { libc::sched_getaffinity(0, size_of_val(&before), &raw mut before) };
        let mut allowed = (0..libc::CPU_SETSIZE as usize)
            // SAFETY: the number is below the size of the set.
            .filter(|core| unsafe { libc::CPU_ISSET(*core, &before) });
        let chosen = match core {
            Core::First => allowed.next(),
            Core::Last => allowed.next_back(),
        };
        // SAFETY: as above.
        unsafe { libc::CPU_SET(chosen.unwrap_or_default(), &mut only) };
        keep_to(&only);
        Self { before }
    }
}

/// How many cores the calling thread may use.
#[must_use]
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Drop for Confined {
    fn drop(&mut self) {
        keep_to(&self.before);
    }
}

fn keep_to(cores: &libc::cpu_set_t) {
    // SAFETY: the kernel reads as many bytes as the set has.
    unsafe { libc::sched_setaffinity(0, size_of_val(cores), cores) };
}
