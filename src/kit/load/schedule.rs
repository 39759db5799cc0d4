//! When an open loop's requests are due: at fixed intervals, whatever became of those before.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::config::Rate;
use super::outcome::LoadOutcome;

/// The requests of one window of an open loop. Request `n` is meant to be sent `n` intervals after
/// the start.
#[derive(Debug)]
pub(super) struct Schedule {
    rate: Rate,
    start: Instant,
    /// Requests of the whole window.
    wanted: u64,
    /// Of those, the ones whose time has come.
    due: u64,
    /// Of those, the ones that wait for a free connection: when they were meant to be sent.
    backlog: VecDeque<Instant>,
}

impl Schedule {
    pub(super) fn new(rate: Rate, start: Instant) -> Schedule {
        let wanted = (rate.time.as_secs_f64() * f64::from(rate.per_s)).ceil() as u64;
        Schedule { rate, start, wanted, due: 0, backlog: VecDeque::new() }
    }

    /// When the next request is due, if there is one.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let ns = u128::from(self.due) * 1_000_000_000 / u128::from(self.rate.per_s);
        (self.due < self.wanted).then(|| self.start + Duration::from_nanos(ns as u64))
    }

    /// Notices the requests whose time has come by `now`, and how much too late it does so; one
    /// that finds the backlog full is dropped.
    pub(super) fn notice(&mut self, now: Instant, outcome: &mut LoadOutcome) {
        while let Some(intended) = self.next_due().filter(|intended| *intended <= now) {
            self.due += 1;
            outcome.record_lateness(now - intended);
            if self.backlog.len() < self.rate.backlog_max {
                self.backlog.push_back(intended);
            } else {
                outcome.dropped += 1;
            }
        }
        if now > self.start + self.rate.time + self.rate.overtime {
            outcome.dropped += self.backlog.len() as u64;
            self.backlog.clear();
        }
    }

    /// Takes the oldest request that waits: when it was meant to be sent.
    pub(super) fn take(&mut self) -> Option<Instant> {
        self.backlog.pop_front()
    }

    /// Whether every request was taken or dropped.
    pub(super) fn is_over(&self) -> bool {
        self.due == self.wanted && self.backlog.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_due_at_their_times_and_a_full_backlog_drops() {
        let start = Instant::now();
        let ms = Duration::from_millis;
        let rate = Rate { per_s: 1000, time: ms(5), backlog_max: 2, ..Rate::default() };
        let (mut schedule, mut outcome) = (Schedule::new(rate, start), LoadOutcome::new());
        assert_eq!(schedule.take(), None, "nothing is due before it is noticed");
        schedule.notice(start, &mut outcome);
        assert_eq!(schedule.take(), Some(start));
        assert_eq!(schedule.next_due(), Some(start + ms(1)));
        schedule.notice(start + ms(3), &mut outcome);
        assert_eq!((outcome.dropped, outcome.late_ns.len()), (1, 4));
        assert!(outcome.late_ns.max() >= 2_000_000, "{}", outcome.late_ns.max());
        assert_eq!(schedule.take(), Some(start + ms(1)), "the oldest goes first");
        assert_eq!(schedule.take(), Some(start + ms(2)), "the newest was dropped");
        assert!(!schedule.is_over() && schedule.take().is_none());
        schedule.notice(start + ms(60), &mut outcome);
        assert_eq!(schedule.take(), Some(start + ms(4)));
        assert!(schedule.is_over() && schedule.next_due().is_none());
    }

    #[test]
    fn what_still_waits_after_the_overtime_is_dropped() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let rate = Rate { per_s: 1000, time: ms(5), overtime: ms(20), ..Rate::default() };
        let (mut schedule, mut outcome) = (Schedule::new(rate, start), LoadOutcome::new());
        schedule.notice(start + ms(25), &mut outcome);
        assert!(schedule.take().is_some() && outcome.dropped == 0, "{outcome:?}");
        schedule.notice(start + ms(26), &mut outcome);
        assert!(schedule.is_over() && outcome.dropped == 4, "{outcome:?}");
    }
}
