//! Who makes the probes of a half-open circuit.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a worker makes the probes.
#[derive(Debug, Default)]
pub(super) struct Probing(AtomicBool);

/// The one worker that makes the probes, while this lives.
pub(super) struct Probes<'a>(&'a Probing);

impl Probing {
    /// `None`: another worker does it.
    pub(super) fn begin(&self) -> Option<Probes<'_>> {
        // Relaxed: nothing is handed over by it.
        (!self.0.swap(true, Ordering::Relaxed)).then(|| Probes(self))
    }
}

impl Drop for Probes<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let probing = Probing::default();
        let first = probing.begin();
        assert!(first.is_some() && probing.begin().is_none());
        drop(first);
        assert!(probing.begin().is_some());
    }
}
