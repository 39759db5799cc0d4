//! A thread in `block_on` as a guest: while its future waits, it runs the tasks that become ready
//! on it, so that what it spawns and awaits needs no other thread.
//!
//! A guest takes nothing from outside or from workers; a worker without work takes from a guest's
//! queue as from another worker's. A thread that sleeps is no guest, and has no tasks: so nobody
//! waits for it when the executor closes.

use std::time::Instant;

use super::{end::end, local::Local, policy::Policy, run_queue::RunQueues, scheduler::Scheduler};
use crate::{budget, park::Parker, task::Colony};

/// How a stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// The future is ready.
    Ready,
    /// There is nothing to do until the parker is unparked.
    Idle,
    /// There was no place, or the executor closes: the future was not polled.
    Away,
}

/// A guest's place in the executor.
struct Guest<'a, P: Policy, Q: RunQueues> {
    colony: &'a Colony<Scheduler<P, Q>>,
    local: Local<'a, P, Q>,
    index: usize,
}

/// See `Spawner::lodge`.
pub(super) fn stay<P: Policy, Q: RunQueues>(
    colony: &Colony<Scheduler<P, Q>>,
    root: &mut dyn FnMut() -> bool,
    parker: &mut Parker,
) -> Stay {
    let Some(index) = colony.take_guest_place() else {
        return Stay::Away;
    };
    if !colony.presence.enter() {
        colony.leave_guest_place(index);
        return Stay::Away;
    }
    let now = Instant::now();
    // SAFETY: the place is this guest's alone.
    let local = unsafe { Local::new(colony, index, now) };
    let guest = Guest { colony, local, index };
    guest.local.remote().counters.got_up(now);
    if colony.idle.rests() {
        colony.stir_monitor();
    }
    let magazine = colony.slab().magazine();
    let (mut woken, mut ticks) = (true, 0);
    let run = || {
        while !colony.presence.is_closed() {
            // The future takes turns with the tasks, as one of them.
            budget::renew();
            if woken {
                guest.local.runs_nothing();
                if root() {
                    return Stay::Ready;
                }
            }
            if let Some(task) = guest.local.next() {
                guest.local.run(task);
                woken = parker.take();
                ticks += 1;
                if ticks >= P::TURN_TASKS {
                    ticks = 0;
                    guest.local.ask_for_help();
                }
            } else if parker.take() {
                woken = true;
            } else {
                return Stay::Idle;
            }
        }
        if woken { Stay::Away } else { Stay::Idle }
    };
    magazine.enter(|| guest.local.enter(run))
}

/// What is left in the queue goes to the workers, also when the future panics.
impl<P: Policy, Q: RunQueues> Drop for Guest<'_, P, Q> {
    fn drop(&mut self) {
        self.local.give_up_queue();
        self.local.remote().counters.lay_down(Instant::now());
        self.colony.leave_guest_place(self.index);
        if self.colony.presence.leave() {
            end(self.colony);
        }
    }
}
