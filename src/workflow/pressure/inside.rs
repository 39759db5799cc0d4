//! What a pressure queue holds: items, and two lines of those who wait. It stands under a lock.
//!
//! **Rules.** 1. Who is called to pop has an item kept for it, who is called to push has room kept:
//! newcomers take what is beyond those. 2. While anybody waits, there is nothing beyond
//! ([`Inside::call`], after each step). So both lines are first come, first served. 3. Who leaves
//! after it was called leaves what was kept, and `call` gives it to the next.

use std::collections::VecDeque;
use std::task::Waker;
use std::time::Instant;

use super::error::PushError;
use super::policy::{Checked, Policy, PressureSettings};
use crate::workflow::drain::Drain;
use crate::workflow::line::Line;
use crate::workflow::rate::Gcra;
use crate::workflow::refusal::{Hints, PressureMetrics, Refusal};

#[derive(Debug)]
pub(super) struct Inside<T> {
    items: VecDeque<T>,
    pub(super) pushers: Line<()>,
    pub(super) poppers: Line<()>,
    pub(super) closed: bool,
    policy: Policy,
    gcra: Option<Gcra>,
    waiting_max: usize,
    hints: Hints,
    drain: Drain,
    pub(super) figures: PressureMetrics,
}

/// What a push came to.
pub(super) enum Look<T> {
    Done(Result<Option<T>, PushError<T>>),
    /// There is no room, and the policy has it wait.
    Wait(T),
}

impl<T> Inside<T> {
    pub(super) fn new(settings: &PressureSettings, checked: Checked) -> Self {
        let PressureSettings { capacity, policy, waiting_max, .. } = *settings;
        let Checked { hints, gcra } = checked;
        Self {
            items: VecDeque::new(),
            pushers: Line::new(),
            poppers: Line::new(),
            closed: false,
            policy,
            gcra,
            waiting_max,
            hints,
            drain: Drain::new(),
            figures: PressureMetrics { capacity, ..PressureMetrics::default() },
        }
    }

    pub(super) fn push(&mut self, value: T, now: Instant) -> Look<T> {
        if self.closed {
            return Look::Done(Err(PushError { value, refusal: Refusal::Closed }));
        }
        let is_full = !self.has_room();
        match self.policy {
            Policy::Block if is_full => return Look::Wait(value),
            Policy::Reject | Policy::RateLimit(_) if is_full => {
                return Look::Done(Err(self.refuse_full(value, now)));
            }
            _ => {}
        }
        if let Some(Err(retry_after)) = self.gcra.as_mut().map(|gcra| gcra.try_take(now)) {
            self.figures.rejected += 1;
            let refusal = Refusal::TooFast { retry_after };
            return Look::Done(Err(PushError { value, refusal }));
        }
        let shed = if is_full { self.items.pop_front() } else { None };
        self.figures.shed += u64::from(shed.is_some());
        self.items.push_back(value);
        self.figures.admitted += 1;
        self.drain.busy(now);
        Look::Done(Ok(shed))
    }

    pub(super) fn pop(&mut self, now: Instant) -> Option<T> {
        if !self.has_item() {
            return None;
        }
        let item = self.items.pop_front();
        self.drain.departed(now, !self.items.is_empty());
        item
    }

    /// Whether there is room beyond what is kept for those who were called.
    fn has_room(&self) -> bool {
        self.items.len() + self.pushers.called() < self.figures.capacity
    }

    /// Whether there is an item beyond those that are kept for others. After the close nobody
    /// waits, and none is kept.
    fn has_item(&self) -> bool {
        self.items.len() > if self.closed { 0 } else { self.poppers.called() }
    }

    /// Whether one more may wait to push.
    pub(super) fn may_wait(&self) -> bool {
        self.pushers.waiting() < self.waiting_max
    }

    /// Calls those who wait for what is there; after each step. They are woken when the lock is
    /// free.
    pub(super) fn call(&mut self) -> Vec<Waker> {
        let mut called = Vec::new();
        while self.has_item()
            && let Ok(waker) = self.poppers.call_first(())
        {
            called.push(waker);
        }
        while self.has_room()
            && let Ok(waker) = self.pushers.call_first(())
        {
            called.push(waker);
        }
        self.figures.measure(self.items.len(), self.pushers.waiting());
        called
    }

    /// Closed from now on; those who are to be woken.
    pub(super) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        let mut called = self.poppers.call_all(|| ());
        called.extend(self.pushers.call_all(|| ()));
        self.figures.measure(self.items.len(), self.pushers.waiting());
        called
    }

    pub(super) fn refuse_full(&mut self, value: T, now: Instant) -> PushError<T> {
        let retry_after = self.refuse(now);
        PushError { value, refusal: Refusal::Full { retry_after } }
    }

    pub(super) fn refuse_late(&mut self, value: T, now: Instant) -> PushError<T> {
        let retry_after = self.refuse(now);
        PushError { value, refusal: Refusal::TooLate { retry_after } }
    }

    fn refuse(&mut self, now: Instant) -> std::time::Duration {
        self.figures.rejected += 1;
        let ahead = self.items.len() + self.pushers.waiting();
        self.hints.hint(self.drain.time_for(ahead, now))
    }
}
