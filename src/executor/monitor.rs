//! Sees to it that work spreads when one worker does not keep up, and that nothing waits behind a
//! worker that stands still.
//!
//! What a worker readies itself stays in its queue, and it wakes another only when the queue has
//! held a turn of tasks for a while. It cannot see that it stands still, in a poll that blocks or
//! computes, nor that its tasks could all run faster apart. So a thread of its own looks at the
//! queues every two milliseconds while anything runs, and wakes a second worker when
//!
//! - a worker has tasks waiting and is in the same poll at two looks; or
//! - more tasks wait than it has run since the last look; or
//! - its worker has not slept, and had tasks waiting, for ten looks.
//!
//! A worker that stands still for longer does not hear its sockets and timers either: the monitor
//! then asks its driver in its place, at each look, and what is readied so goes to the others.
//! Under a policy that pins tasks nobody else may run them, so nothing of this is done.
//!
//! While all workers sleep the monitor rests: who gets up first stirs it.

use std::{io, thread, thread::JoinHandle, time::Duration, time::Instant};

use super::run_queue::{RunQueue, RunQueues};
use super::{driver::SharedDriver, hooks::SlowPoll, policy::Policy, scheduler::Scheduler};
use crate::{sync::Ordering, task::Colony, task::Kind};

/// The time between two looks while workers are awake.
const LOOK: Duration = Duration::from_millis(2);

/// After so many looks that find nothing run it rests if it may, for so long at most: a guest
/// that came just before stirs nobody.
const QUIET_LOOKS: u32 = 8;
const REST: Duration = Duration::from_millis(100);

/// After so many looks at a worker that is never out of work, a second one joins in.
const BUSY_LOOKS: u32 = 10;

/// Who was seen in one poll for so long has its driver asked by others: 6 ms after it began, at
/// most.
const STANDSTILL: Duration = Duration::from_millis(3);

/// So many times a driver is asked at one look: each takes up to 256 events.
const STAND_INS: u32 = 8;

/// What the last looks saw of one worker.
#[derive(Clone, Copy, Default)]
struct Seen {
    polls: u64,
    sleeps: u64,
    busy_looks: u32,
    /// When the poll that still goes on was first seen, and whether it was reported.
    since: Option<Instant>,
    reported: bool,
}

/// Starts the thread that looks. It ends when it is unparked once the executor is closing.
///
/// # Errors
/// The system's, when it starts no thread.
pub(super) fn start<P: Policy, Q: RunQueues>(
    colony: Colony<Scheduler<P, Q>>,
    drivers: Vec<SharedDriver>,
    name: &str,
) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(format!("{name}-monitor"));
    thread.spawn(move || {
        let mut seen = vec![Seen::default(); colony.remotes.len()];
        let mut quiet_looks = 0;
        while !colony.presence.is_closed() {
            if quiet_looks >= QUIET_LOOKS && colony.idle.rest(colony.workers()) {
                thread::park_timeout(REST);
                colony.idle.stir();
                seen.fill(Seen::default());
            } else {
                thread::park_timeout(LOOK);
            }
            quiet_looks = if look(&colony, &drivers, &mut seen) { 0 } else { quiet_looks + 1 };
        }
    })
}

/// Looks at each worker and guest, and wakes one more worker if one needs it. Whether any has run a
/// task.
fn look<P: Policy, Q: RunQueues>(
    scheduler: &Scheduler<P, Q>,
    drivers: &[SharedDriver],
    seen: &mut [Seen],
) -> bool {
    let (mut help, mut active) = (false, false);
    let now = Instant::now();
    for (index, (worker, before)) in scheduler.remotes.iter().zip(seen).enumerate() {
        let (polls, sleeps) = (worker.counters.polls.get(), worker.counters.sleeps.get());
        let asleep = worker.counters.is_asleep();
        let queued = worker.queue.len() as u64;
        let waiting = queued > 0 || !worker.lifo.is_empty();
        let stands_still = polls == before.polls && !asleep;
        if !stands_still {
            (before.since, before.reported) = (Some(now), false);
        }
        let stood = now - before.since.unwrap_or(now);
        let stuck = stands_still && waiting;
        worker.stuck.store(usize::from(stuck), Ordering::Relaxed);
        let busy = waiting && sleeps == before.sleeps;
        before.busy_looks = if busy { before.busy_looks + 1 } else { 0 };
        let behind = busy && queued > polls - before.polls;
        if stuck || behind || before.busy_looks >= BUSY_LOOKS {
            before.busy_looks = 0;
            help = true;
        }
        active |= polls != before.polls || waiting || stands_still;
        (before.polls, before.sleeps) = (polls, sleeps);
        if stands_still && !before.reported {
            before.reported = report(scheduler, index, stood);
        }
        if stands_still && !P::PINNED && stood >= STANDSTILL {
            drivers.get(index).into_iter().for_each(stand_in);
        }
    }
    if help {
        scheduler.wake_worker();
    }
    active
}

/// Asks the driver of a worker that stands still. One that only was slow to come back holds it.
fn stand_in(driver: &SharedDriver) {
    if let Ok(mut driver) = driver.try_lock() {
        for _ in 0..STAND_INS {
            driver.wait(Some(Duration::ZERO));
            driver.dispatch();
        }
    }
}

/// Tells the embedder of a poll that has lasted too long; the poll may have ended meanwhile, and
/// then the next one be named. Whether it was told.
fn report<P: Policy, Q: RunQueues>(
    scheduler: &Scheduler<P, Q>,
    worker: usize,
    lasted: Duration,
) -> bool {
    let remote = &scheduler.remotes[worker];
    // SAFETY: what stands there is 0 or a kind's address.
    let kind = unsafe { Kind::from_address(remote.running.load(Ordering::Relaxed)) };
    let hook = scheduler.hooks.on_slow_poll.as_ref().filter(|(limit, _)| lasted >= *limit);
    let (Some((_, on_slow_poll)), Some(kind)) = (hook, kind) else {
        return false;
    };
    let name = remote.name.lock().map_or(None, |name| name.clone());
    on_slow_poll(SlowPoll { worker, task: (kind.name)(), name, lasted });
    true
}
