//! Sees to it that work spreads when one worker does not keep up.
//!
//! What a worker readies itself stays in its ring, and it wakes another only when the ring still
//! holds a turn of tasks after one. It cannot see that it stands still, in a poll that blocks or
//! computes, nor that its tasks could all run faster apart. So a thread of its own looks at the
//! rings every millisecond while anything runs, and wakes a second worker when
//!
//! - a task was in a ring at one look and, by the number of tasks taken since, still is at the
//!   next; or
//! - its worker has not slept, and had tasks waiting, for ten looks.

use std::io;
use std::thread;
use std::time::Duration;

use super::queues::{Queues, Remote};
use super::spawner::Executor;
use crate::park::{Parker, Unparker};

/// The time between two looks while workers run tasks. It doubles with each look that finds nothing
/// run, up to the maximum.
const LOOK: Duration = Duration::from_millis(1);
const LOOK_MAX: Duration = Duration::from_millis(8);

/// After so many looks at a worker that is never out of work, a second one joins in.
const BUSY_LOOKS: u32 = 10;

/// The thread that looks.
pub(super) struct Monitor {
    unparker: Unparker,
    thread: thread::JoinHandle<()>,
}

/// What the last look saw of one worker.
#[derive(Clone, Copy, Default)]
struct Seen {
    polls: u64,
    sleeps: u64,
    popped: usize,
    waiting: usize,
    busy_looks: u32,
}

impl Monitor {
    /// # Errors
    /// The system's, when it starts no thread.
    pub(super) fn start(spawner: Executor, name: &str) -> io::Result<Self> {
        let mut parker = Parker::new();
        let unparker = parker.unparker();
        let thread = thread::Builder::new().name(format!("{name}-monitor"));
        let thread = thread.spawn(move || {
            let mut seen = vec![Seen::default(); spawner.queues.workers.len()];
            let mut pause = LOOK;
            while !spawner.is_closing() {
                parker.park_timeout(pause);
                let active = look(&spawner.queues, &mut seen);
                pause = if active {
                    LOOK
                } else {
                    (pause * 2).min(LOOK_MAX)
                };
            }
        })?;
        Ok(Self { unparker, thread })
    }

    /// Waits for the thread's end; the spawner is closing.
    pub(super) fn end(self) {
        self.unparker.unpark();
        // It does not panic.
        let _ended = self.thread.join();
    }
}

/// Looks at each worker, and wakes one more if one needs it. Whether any worker has run a task.
fn look(queues: &Queues, seen: &mut [Seen]) -> bool {
    let (mut help, mut active) = (false, false);
    for (worker, before) in queues.workers.iter().zip(seen) {
        let mut now = Seen::of(worker);
        let popped = now.popped.wrapping_sub(before.popped);
        if now.waiting > 0 && now.sleeps == before.sleeps {
            now.busy_looks = before.busy_looks + 1;
        }
        if popped < before.waiting || now.busy_looks >= BUSY_LOOKS {
            now.busy_looks = 0;
            help = true;
        }
        active |= now.polls != before.polls || now.waiting > 0;
        *before = now;
    }
    if help {
        queues.wake_worker();
    }
    active
}

impl Seen {
    fn of(worker: &Remote) -> Self {
        let counts = worker.counters.read();
        Self {
            polls: counts.polls,
            sleeps: counts.sleeps,
            popped: worker.ring.popped(),
            waiting: worker.ring.len(),
            busy_looks: 0,
        }
    }
}
