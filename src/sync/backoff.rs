//! Bounded exponential waiting after a lost race.

/// Waits a little longer each time: spins after a lost compare-exchange, gives the core away when a
/// peer must finish first.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: u32,
}

const SPIN_STEP_MAX: u32 = 6;

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { step: 0 }
    }

    /// Somebody else won the race and so made progress: spins 1, 2, 4 .. 64 pauses.
    #[inline]
    pub(crate) fn spin(&mut self) {
        for _ in 0..1_u32 << self.step.min(SPIN_STEP_MAX) {
            std::hint::spin_loop();
        }
        self.step += 1;
    }

    /// A peer holds what is needed and may not be running: spins first, then yields the thread.
    #[cold]
    pub(crate) fn snooze(&mut self) {
        if self.step <= SPIN_STEP_MAX {
            self.spin();
        } else {
            std::thread::yield_now();
        }
    }
}
