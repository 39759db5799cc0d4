//! The running figures: what has happened of late, second by second, as the events tell it.
//!
//! From them follows when it is worth to come again: the backlog over the pace at which orders
//! ended of late, while there always was one to work on. Time without work tells how fast orders
//! come, and not how fast they are done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::events::{Event, Listener, What};

/// The seconds that are kept.
const SECONDS: usize = 64;

/// The seconds that the summary tells of.
const TOLD_S: u64 = 60;

/// The seconds over which the pace is measured, at most.
const PACE_S: u64 = 10;

/// Nobody is told to come again later than that, in seconds.
const RETRY_S_MAX: u32 = 60;

/// What happened in a second, or in some.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    second: u64,
    received: u64,
    completed: u64,
    failed: u64,
    dead: u64,
    took_ms: u64,
    took_ms_max: u64,
}

/// The running figures.
#[derive(Debug)]
pub(super) struct Running(Mutex<State>);

#[derive(Debug)]
struct State {
    seconds: [Counts; SECONDS],
    /// Whether any order has ended.
    has_ended: bool,
    missed: u64,
}

impl Running {
    pub(super) fn new() -> Running {
        let seconds = [Counts::default(); SECONDS];
        Running(Mutex::new(State { seconds, has_ended: false, missed: 0 }))
    }

    /// Orders that ended each second of late, if any ever did.
    fn pace(&self, busy_for: Duration, now_ms: u64) -> Option<f64> {
        let state = self.lock();
        // Of the seconds on the clock, those count that are over, and had work from end to end. How
        // long that was no clock tells that is set back.
        let busy_ms = busy_for.as_millis() as u64;
        let whole_s = (busy_ms.saturating_sub(now_ms % 1000) / 1000).min(PACE_S);
        if !state.has_ended || whole_s == 0 {
            return None;
        }
        let Counts { completed, dead, .. } = state.over((now_ms / 1000).saturating_sub(1), whole_s);
        Some((completed + dead) as f64 / whole_s as f64)
    }

    /// After how many seconds a backlog of that depth will be done, if it goes on as of late: from
    /// 1 to 60. While none has ended yet, or there has been work (for `busy_for`) for less than a
    /// whole second, nothing is known: 1.
    pub(super) fn retry_after_s(&self, depth: usize, busy_for: Duration, now_ms: u64) -> u32 {
        match self.pace(busy_for, now_ms) {
            // Done already, at whatever pace.
            _ if depth == 0 => 1,
            None => 1,
            Some(pace) => (depth as f64 / pace).ceil().clamp(1.0, RETRY_S_MAX.into()) as u32,
        }
    }

    /// The last minute, for the summary.
    pub(super) fn to_json(&self, now_ms: u64) -> Value {
        let state = self.lock();
        let counts = state.over(now_ms / 1000, TOLD_S);
        json!({
            "received": counts.received,
            "completed": counts.completed,
            "failed_attempts": counts.failed,
            "dead": counts.dead,
            "mean_ms_to_complete": counts.took_ms / counts.completed.max(1),
            "longest_ms_to_complete": counts.took_ms_max,
            "events_missed": state.missed,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The sums over so many seconds, up to this one.
    fn over(&self, last: u64, seconds: u64) -> Counts {
        let first = (last + 1).saturating_sub(seconds);
        let counted = self.seconds.iter().filter(|it| (first..=last).contains(&it.second));
        counted.fold(Counts::default(), |sum, it| Counts {
            second: last,
            received: sum.received + it.received,
            completed: sum.completed + it.completed,
            failed: sum.failed + it.failed,
            dead: sum.dead + it.dead,
            took_ms: sum.took_ms.saturating_add(it.took_ms),
            took_ms_max: sum.took_ms_max.max(it.took_ms_max),
        })
    }

    fn count(&mut self, event: &Event) {
        let second = event.at_ms / 1000;
        let counts = &mut self.seconds[(second % SECONDS as u64) as usize];
        if counts.second != second {
            *counts = Counts { second, ..Counts::default() };
        }
        match &event.what {
            What::Received => counts.received += 1,
            What::Completed { took_ms } => {
                counts.completed += 1;
                counts.took_ms = counts.took_ms.saturating_add(*took_ms);
                counts.took_ms_max = counts.took_ms_max.max(*took_ms);
                self.has_ended = true;
            }
            What::Failed { is_last, .. } => {
                counts.failed += 1;
                counts.dead += u64::from(*is_last);
                self.has_ended |= *is_last;
            }
        }
    }
}

impl Listener for Arc<Running> {
    fn hear(&mut self, event: &Event) {
        self.lock().count(event);
    }

    fn missed(&mut self, count: u64) {
        self.lock().missed += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::orders::id::OrderId;

    fn told(running: &Arc<Running>, at_ms: u64, what: What) {
        let id = OrderId { epoch: 1, number: 1 };
        Arc::clone(running).hear(&Event { number: 0, id, at_ms, attempts: 1, what });
    }

    #[test]
    fn who_is_refused_comes_again_when_the_backlog_is_done() {
        let running = Arc::new(Running::new());
        told(&running, 1_000_000, What::Received);
        let busy = Duration::from_secs;
        assert_eq!(running.retry_after_s(500, busy(0), 1_000_000), 1, "none has ended yet");
        for second in 0..5 {
            for _ in 0..20 {
                let done = What::Completed { took_ms: 300 };
                told(&running, 1_000_000 + second * 1000, done);
            }
        }
        // 20 a second: over five whole seconds.
        for (depth, seconds) in [(0, 1), (20, 1), (21, 2), (100, 5), (100_000, 60)] {
            let told = running.retry_after_s(depth, Duration::from_millis(5500), 1_005_500);
            assert_eq!(told, seconds, "{depth}");
        }
        let before_the_minute = running.to_json(1_059_000);
        assert_eq!(before_the_minute["completed"], json!(100));
        assert_eq!(before_the_minute["mean_ms_to_complete"], json!(300));
        assert_eq!(running.retry_after_s(1, busy(30), 1_030_000), 60, "nothing ends any more");
        assert_eq!(running.retry_after_s(0, busy(30), 1_030_000), 1, "and nothing waits");
        assert_eq!(running.to_json(1_065_000)["completed"], json!(0), "the minute is over");
    }

    #[test]
    fn failures_are_told_apart_and_what_was_missed_is_said() {
        let running = Arc::new(Running::new());
        for is_last in [false, false, true] {
            told(&running, 5_000, What::Failed { error: "no".into(), is_last });
        }
        Arc::clone(&running).missed(9);
        let told = running.to_json(5_900);
        assert_eq!((&told["failed_attempts"], &told["dead"]), (&json!(3), &json!(1)));
        assert_eq!(told["events_missed"], json!(9));
        let told = running.retry_after_s(3, Duration::from_secs(2), 6_900);
        assert_eq!(told, 3, "what dies ends, too");
    }

    #[test]
    fn the_pace_is_that_of_the_time_with_work() {
        let running = Arc::new(Running::new());
        let ends = |second: u64, count: usize| {
            let done = || What::Completed { took_ms: 300 };
            (0..count).for_each(|_| told(&running, second * 1000, done()));
        };
        ends(900, 1);
        // Hours of quiet, and then twenty a second.
        for second in 9000..9003 {
            ends(second, 20);
        }
        let retry_after_s =
            |busy_ms, now_ms| running.retry_after_s(100, Duration::from_millis(busy_ms), now_ms);
        assert_eq!(retry_after_s(600, 9_000_600), 1, "nothing is known yet");
        assert_eq!(retry_after_s(1_600, 9_001_700), 1, "the one second that is over began without");
        assert_eq!(retry_after_s(3_400, 9_003_300), 5);
        // The clock is set back by an hour.
        for second in 5400..5402 {
            ends(second, 20);
        }
        assert_eq!(retry_after_s(5_400, 5_402_300), 13, "of five seconds, two are known");
        for second in 5402..5410 {
            ends(second, 20);
        }
        assert_eq!(retry_after_s(13_400, 5_410_300), 5);
    }
}
