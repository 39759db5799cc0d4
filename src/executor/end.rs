//! The end of an executor: the tasks that are left are dropped.

use super::{policy::Policy, run_queue::RunQueues, scheduler::Scheduler};
use crate::{sync::Ordering, sync::fence, task::Colony};

/// Nobody runs tasks any more: ends those that are left.
pub(super) fn end<P: Policy, Q: RunQueues>(colony: &Colony<Scheduler<P, Q>>) {
    let at_end = colony.ending().at_end.take();
    at_end.into_iter().for_each(|at_end| at_end());
    colony.drained.store(true, Ordering::Relaxed);
    // [executor.drained] pairs with [idle.pushed]: either this walk sees a task that is being
    // spawned, or its spawner sees the flag and walks itself.
    fence(Ordering::SeqCst);
    drop_tasks(colony);
    colony.ending().ended = true;
    colony.ended.notify_all();
}

/// One at a time: no two walks end the same task.
pub(super) fn drop_tasks<P: Policy, Q: RunQueues>(colony: &Colony<Scheduler<P, Q>>) {
    // Held, also when it is poisoned.
    let _walking = colony.walking.lock();
    // SAFETY: who runs tasks has left, nobody comes in any more, and the lock keeps other walks
    // away: nobody else runs or ends tasks.
    unsafe { colony.slab().shut_down_all() };
}
