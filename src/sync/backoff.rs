//! Bounded exponential waiting after a lost race.

/// Waits a little longer each time: spins after a lost compare-exchange, gives the core away when a
/// peer must finish first.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: u32,
}

const SPIN_STEP_MAX: u32 = 6;

const AWAY_STEP_MIN: u32 = 7;
const AWAY_STEP_MAX: u32 = 9;

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { step: 0 }
    }

    /// Somebody else won the race and so made progress: spins 1, 2, 4 .. 64 pauses.
    #[inline]
    pub(crate) fn spin(&mut self) {
        self.pause(self.step.min(SPIN_STEP_MAX));
    }

    /// Somebody else won a race for a line that both use all the time: leaves it alone for 128,
    /// 256, 512 pauses (1.5 to 4 us at first, by processor). Fetching the line from another core
    /// costs as much as ten to twenty operations on it, so threads that take it in long turns do
    /// more, all together, than threads that pass it to and fro.
    #[cold]
    pub(crate) fn stay_away(&mut self) {
        self.pause((AWAY_STEP_MIN + self.step).min(AWAY_STEP_MAX));
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

    fn pause(&mut self, step: u32) {
        // Interpreted, a pause is the turn of another thread: one will do.
        for _ in 0..1_u32 << if cfg!(miri) { 0 } else { step } {
            std::hint::spin_loop();
        }
        self.step += 1;
    }
}
