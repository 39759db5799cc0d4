//! Who is let in: at most so many orders are unfinished at a time, and what becomes of further ones
//! is a policy.
//!
//! Each unfinished order has a seat behind the gate, from before it is saved until it has ended.
//! Seats have no names: as many are held as orders are unfinished. What is refused or shed was
//! never acknowledged, since it is saved only once it has its seat.
//!
//! How many are unfinished is asked under the lock of the seats, after the commit that changed it:
//! so whoever comes last goes by the newest number, and none is held for an order that has ended.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::time::timeout;
use crate::workflow::InvalidSetting;
use crate::workflow::pressure::{Gate, Policy, PressureMetrics, PressureSettings, Refusal, Seat};

/// Nobody waits longer to be let in.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The gate, and the seats of the orders that are unfinished.
#[derive(Debug)]
pub(super) struct Admission {
    gate: Gate,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    seats: Vec<Seat>,
    /// Since when there has always been an unfinished order.
    busy_since: Option<Instant>,
}

impl Held {
    fn push(&mut self, seat: Seat) {
        self.busy_since.get_or_insert_with(Instant::now);
        self.seats.push(seat);
    }
}

impl Admission {
    pub(super) fn new(
        policy: Policy,
        capacity: usize,
        waiting_max: usize,
    ) -> Result<Admission, InvalidSetting> {
        let settings =
            PressureSettings { capacity, policy, waiting_max, ..PressureSettings::default() };
        Ok(Admission { gate: Gate::new(settings)?, held: Mutex::default() })
    }

    /// A seat, as the policy has it.
    pub(super) async fn enter(&self) -> Result<Seat, Refusal> {
        match timeout(WAIT_MAX, self.gate.enter()).await {
            Ok(entered) => entered,
            Err(_) => Err(self.gate.too_late()),
        }
    }

    /// Whether no seat is free just now.
    pub(super) fn is_full(&self) -> bool {
        let PressureMetrics { capacity, depth, .. } = self.gate.metrics();
        depth >= capacity
    }

    /// An order was saved that has this seat.
    pub(super) fn keep(&self, seat: Seat, unfinished: impl FnOnce() -> usize) {
        let mut held = self.lock();
        held.push(seat);
        Self::fit_to(held, unfinished);
    }

    /// An order has ended: its seat is the next one's.
    pub(super) fn fit(&self, unfinished: impl FnOnce() -> usize) {
        Self::fit_to(self.lock(), unfinished);
    }

    fn fit_to(mut held: MutexGuard<'_, Held>, unfinished: impl FnOnce() -> usize) {
        let kept = held.seats.len().min(unfinished());
        let left = held.seats.split_off(kept);
        if kept == 0 {
            held.busy_since = None;
        }
        drop(held);
        // Who is called by that runs when the lock is free.
        drop(left);
    }

    /// Orders were found, or taken up again, that came past the gate: they take seats, as far as
    /// there are any.
    pub(super) fn seat_found(&self, unfinished: impl FnOnce() -> usize) {
        let mut held = self.lock();
        let unfinished = unfinished();
        while held.seats.len() < unfinished
            && let Some(seat) = self.gate.occupy()
        {
            held.push(seat);
        }
    }

    /// For how long there has always been an unfinished order.
    pub(super) fn busy_for(&self) -> Duration {
        self.lock().busy_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Nobody is let in any more; who waits is told.
    pub(super) fn close(&self) {
        self.gate.close();
    }

    pub(super) fn metrics(&self) -> PressureMetrics {
        self.gate.metrics()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it holds the lock.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Runtime;

    #[test]
    fn seats_are_as_many_as_orders_are_unfinished() {
        let runtime = Runtime::builder().workers(1).build().expect("a runtime");
        let admission = Admission::new(Policy::Reject, 3, 0).expect("settings");
        let enter = || runtime.block_on(admission.enter());
        admission.seat_found(|| 2);
        admission.keep(enter().expect("the third"), || 3);
        assert!(admission.is_full() && matches!(enter(), Err(Refusal::Full { .. })));
        admission.fit(|| 2);
        let seat = enter().expect("one has ended");
        // Another ended between this one's commit and its word of it.
        admission.fit(|| 2);
        admission.keep(seat, || 2);
        assert_eq!(admission.metrics().depth, 2);
        // More than there are seats for, of an earlier process.
        admission.seat_found(|| 10);
        assert_eq!(admission.metrics().depth, 3);
        assert!(admission.busy_for() > Duration::ZERO);
        admission.fit(|| 0);
        assert_eq!(admission.busy_for(), Duration::ZERO);
        assert_eq!((admission.metrics().depth, admission.metrics().rejected), (0, 1));
        admission.close();
        assert_eq!(enter().err(), Some(Refusal::Closed));
    }
    /// A number from before the lock is one that others have gone past: by it an order that has
    /// ended keeps a seat, or one that has not loses it.
    #[test]
    fn orders_are_counted_while_nobody_changes_the_seats() {
        let runtime = Runtime::builder().workers(1).build().expect("a runtime");
        let admission = Admission::new(Policy::Reject, 2, 0).expect("settings");
        let counted = |unfinished| {
            let nobody_else = admission.held.try_lock().is_err();
            assert!(nobody_else, "another could change them meanwhile");
            unfinished
        };
        let seat = runtime.block_on(admission.enter()).expect("the first");
        admission.keep(seat, || counted(1));
        admission.seat_found(|| counted(2));
        admission.fit(|| counted(1));
        assert_eq!(admission.metrics().depth, 1);
    }
}
