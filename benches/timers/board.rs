//! Where timers tell what became of them.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Over how long the deadlines are spread.
const SPREAD: Duration = Duration::from_millis(1500);

/// After this long what is awaited is taken for lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is waited for is looked at so often.
const LOOK: Duration = Duration::from_millis(1);

/// One place for each timer. Its memory is touched before anything is measured, and it lives for
/// ever, so that tasks need no reference count to reach it.
pub(crate) struct Board {
    first_deadline: Instant,
    /// Lateness in microseconds plus one; 0 while it has not fired.
    late_us: Box<[AtomicU32]>,
    registered: AtomicUsize,
    gone: AtomicUsize,
    early: AtomicUsize,
}

/// Says that a timer's task is no more, whether it fired or was cancelled.
pub(crate) struct Goes(&'static Board);

impl Drop for Goes {
    fn drop(&mut self) {
        self.0.gone.fetch_add(1, Ordering::Relaxed);
    }
}

impl Board {
    /// For so many timers, the first of which is due at `first_deadline`.
    pub(crate) fn leaked(timers: usize, first_deadline: Instant) -> &'static Board {
        // Not zero, so that each page is written to; `reset` makes them zero.
        let late_us: Box<[AtomicU32]> = (0..timers).map(|_| AtomicU32::new(1)).collect();
        late_us.iter().for_each(|late| late.store(0, Ordering::Relaxed));
        let (registered, gone, early) = Default::default();
        Box::leak(Box::new(Board { first_deadline, late_us, registered, gone, early }))
    }

    /// When the timer is due: spread evenly, and not in the order of the numbers.
    pub(crate) fn deadline(&self, timer: u32) -> Instant {
        let mixed = u64::from(timer.wrapping_mul(0x9E37_79B1));
        let ns = (mixed * SPREAD.as_nanos() as u64) >> 32;
        self.first_deadline + Duration::from_nanos(ns)
    }

    /// A task has come to its timer.
    pub(crate) fn registers(&'static self) -> Goes {
        self.registered.fetch_add(1, Ordering::Relaxed);
        Goes(self)
    }

    /// The timer has fired.
    pub(crate) fn fires(&self, timer: u32) {
        let (now, deadline) = (Instant::now(), self.deadline(timer));
        self.early.fetch_add(usize::from(now < deadline), Ordering::Relaxed);
        let late = now.saturating_duration_since(deadline).as_micros() as u32;
        self.late_us[timer as usize].store(late.saturating_add(1), Ordering::Relaxed);
    }

    /// Waits until all are registered.
    pub(crate) fn all_registered(&self) -> Result<(), String> {
        wait("registered", &self.registered, self.late_us.len())
    }

    /// Waits until so many are no more.
    pub(crate) fn all_gone(&self, timers: usize) -> Result<(), String> {
        wait("gone", &self.gone, timers)
    }

    /// How many are no more.
    pub(crate) fn gone(&self) -> usize {
        self.gone.load(Ordering::Relaxed)
    }

    /// How late those were that fired, in microseconds, in order.
    ///
    /// # Errors
    /// Not as many as expected have fired, or one fired too early.
    pub(crate) fn lateness_us(&self, expected: usize) -> Result<Vec<u32>, String> {
        let late = self.late_us.iter().map(|late| late.load(Ordering::Relaxed));
        let mut late: Vec<u32> = late.filter_map(|late| late.checked_sub(1)).collect();
        let early = self.early.load(Ordering::Relaxed);
        if (late.len(), early) != (expected, 0) {
            return Err(format!("{} fired of {expected}, {early} too early", late.len()));
        }
        late.sort_unstable();
        Ok(late)
    }
}

fn wait(what: &str, count: &AtomicUsize, wanted: usize) -> Result<(), String> {
    let patience = Instant::now() + PATIENCE;
    loop {
        let seen = count.load(Ordering::Relaxed);
        if seen >= wanted {
            return Ok(());
        }
        if Instant::now() > patience {
            return Err(format!("{seen} of {wanted} timers were {what} in {PATIENCE:?}"));
        }
        thread::sleep(LOOK);
    }
}
