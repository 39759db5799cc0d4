//! Sees to it that work spreads when one worker does not keep up.
//!
//! What a worker readies itself stays in its queue, and it wakes another only when the queue has
//! held a turn of tasks for 100 us. It cannot see that it stands still, in a poll that blocks or
//! computes, nor that its tasks could all run faster apart. So a thread of its own looks at the
//! queues every millisecond while anything runs, and wakes a second worker when
//!
//! - a worker has tasks waiting and is in the same poll at two looks; or
//! - its worker has not slept, and had tasks waiting, for ten looks.

use std::{io, thread, thread::JoinHandle, time::Duration, time::Instant};

use super::run_queue::{RunQueue, RunQueues};
use super::{hooks::SlowPoll, policy::Policy, scheduler::Scheduler};
use crate::{sync::Ordering, task::Colony, task::Kind};

/// The time between two looks while workers run tasks. It doubles with each look that finds nothing
/// run, up to the maximum.
const LOOK: Duration = Duration::from_millis(1);
const LOOK_MAX: Duration = Duration::from_millis(8);

/// After so many looks at a worker that is never out of work, a second one joins in.
const BUSY_LOOKS: u32 = 10;

/// What the last looks saw of one worker.
#[derive(Clone, Copy, Default)]
struct Seen {
    polls: u64,
    sleeps: u64,
    busy_looks: u32,
    /// When the poll was first seen that is still going on; `None` once it was reported.
    since: Option<Instant>,
}

/// Starts the thread that looks. It ends when it is unparked once the executor is closing.
///
/// # Errors
/// The system's, when it starts no thread.
pub(super) fn start<P: Policy, Q: RunQueues>(
    colony: Colony<Scheduler<P, Q>>,
    name: &str,
) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(format!("{name}-monitor"));
    thread.spawn(move || {
        let mut seen = vec![Seen::default(); colony.remotes.len()];
        let mut pause = LOOK;
        while !colony.presence.is_closed() {
            thread::park_timeout(pause);
            let active = look(&colony, &mut seen);
            let longer = (pause * 2).min(LOOK_MAX);
            pause = if active { LOOK } else { longer };
        }
    })
}

/// Looks at each worker and guest, and wakes one more worker if one needs it. Whether any has run a
/// task.
fn look<P: Policy, Q: RunQueues>(scheduler: &Scheduler<P, Q>, seen: &mut [Seen]) -> bool {
    let (mut help, mut active) = (false, false);
    let now = Instant::now();
    for (index, (worker, before)) in scheduler.remotes.iter().zip(seen).enumerate() {
        let (polls, sleeps) = (worker.counters.polls.get(), worker.counters.sleeps.get());
        let asleep = worker.counters.is_asleep();
        let waiting = !worker.queue.is_empty() || !worker.lifo.is_empty();
        let stands_still = polls == before.polls && !asleep;
        if !stands_still {
            before.since = Some(now);
        }
        let stuck = stands_still && waiting;
        worker.stuck.store(usize::from(stuck), Ordering::Relaxed);
        let busy = waiting && sleeps == before.sleeps;
        before.busy_looks = if busy { before.busy_looks + 1 } else { 0 };
        if stuck || before.busy_looks >= BUSY_LOOKS {
            before.busy_looks = 0;
            help = true;
        }
        active |= polls != before.polls || waiting || stands_still;
        (before.polls, before.sleeps) = (polls, sleeps);
        if let Some(since) = before.since.filter(|_| stands_still)
            && report(scheduler, index, now - since)
        {
            before.since = None;
        }
    }
    if help {
        scheduler.wake_worker();
    }
    active
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
