//! The atomic state word: does what a [`Snapshot`]'s step of the same name says.

use super::snapshot::{
    Begun, CLOSED, COMPLETED, Completed, Ended, JOIN, JOIN_WAKER, Offered, REFERENCE, RUNNING,
    SCHEDULED, Snapshot, Woken,
};
use crate::sync::AtomicUsize;
use crate::sync::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// Beyond this many references the process is out of memory or leaks wakers in a loop.
const REFERENCES_MAX: usize = usize::MAX / REFERENCE / 2;

#[derive(Debug)]
pub(crate) struct State(AtomicUsize);

impl State {
    /// The word of a slot where nobody lives yet.
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(Snapshot::FREE.0))
    }

    /// A task or a job moves in.
    pub(crate) fn publish(&self, new: Snapshot) {
        // [task.listed] pairs with [task.seize]: shutdown's walk sees the cell whole.
        self.0.store(new.0, Release);
    }

    #[inline]
    pub(crate) fn load(&self) -> Snapshot {
        // [task.look] pairs with [task.complete], [task.took], [task.dropped]: the output of a
        // completed task is seen whole, its waker's place is given back, and so are those of
        // wakers that are gone.
        Snapshot(self.0.load(Acquire))
    }

    pub(crate) fn home(&self) -> u8 {
        Snapshot(self.0.load(Relaxed)).home()
    }

    pub(crate) fn set_home(&self, home: u8) {
        let home = Snapshot(0).with_home(home);
        self.0.fetch_or(home.0, Relaxed);
    }

    #[inline]
    pub(crate) fn wake(&self) -> Woken {
        // [task.wake] pairs with [task.begin], [task.idle]: the next poll sees what came before
        // this wake, and who enqueues an idle task knows that it has left the queue it was in: a
        // ring sized for all tasks would else look full to a thread that has not heard of that pop.
        Snapshot(self.0.fetch_or(SCHEDULED, AcqRel)).wake().1
    }

    pub(crate) fn close(&self) -> Woken {
        // [task.close] pairs with [task.idle]: as a wake, who enqueues an idle task knows that it
        // has left its queue. An abort hands nothing over but its bit.
        Snapshot(self.0.fetch_or(SCHEDULED | CLOSED, Acquire)).close().1
    }

    /// Who took a task that stands alone from its queue is the only one to know it. The queue sees
    /// to it that no older word is seen here.
    #[inline]
    pub(crate) fn begin(&self) -> Begun {
        // [task.begin_alone] pairs with [task.dropped], [task.left_new], [task.left]: who has gone
        // is done with the cell.
        let seen = Snapshot(self.0.load(Acquire));
        if seen.is_queued_alone() {
            let (next, begun) = seen.begin();
            self.0.store(next.0, Relaxed);
            return begun;
        }
        // [task.begin] pairs with [task.wake], [task.idle]: all that came before any wake so far
        // is seen, and what the last poll left.
        let before = Snapshot(self.0.fetch_xor(SCHEDULED | RUNNING, Acquire));
        debug_assert!(before.has(SCHEDULED) && !before.has(RUNNING), "ran twice: {before:?}");
        before.begin().1
    }

    #[inline]
    pub(crate) fn end_poll(&self, yielded: bool) -> Ended {
        // [task.yield_alone] pairs with [task.dropped], [task.left_new], [task.left]: as in
        // `begin`.
        let mut seen = Snapshot(self.0.load(Acquire));
        if yielded && seen.is_running_alone() {
            let (next, ended) = seen.end_poll(yielded);
            self.0.store(next.0, Relaxed);
            return ended;
        }
        // Not `fetch_update`, which would load the word once more on this busy way.
        loop {
            let (next, ended) = seen.end_poll(yielded);
            if ended == Ended::Cancel {
                return ended;
            }
            // [task.idle] pairs with [task.begin], [task.wake], [task.close], [task.seize]: the
            // next runner sees what this poll left, and who enqueues the task sees its pop.
            match self.0.compare_exchange_weak(seen.0, next.0, Release, Relaxed) {
                Ok(_) => return ended,
                Err(now) => seen = Snapshot(now),
            }
        }
    }

    /// Whether an output is wanted, as far as the runner knows: [`State::complete`] says.
    #[inline]
    pub(crate) fn wants_output(&self) -> bool {
        Snapshot(self.0.load(Relaxed)).has(JOIN)
    }

    /// With an output in the stage.
    #[inline]
    pub(crate) fn complete(&self) -> Completed {
        // [task.complete] pairs with [task.look], [task.offer], [task.offer_late],
        // [task.withdraw_late]: the output is seen whole, and so is the waker.
        found(self.0.fetch_update(AcqRel, Relaxed, changed(Snapshot::complete))).complete().1
    }

    /// Without an output: JOIN is clear. Whether the cell is to be freed.
    #[inline]
    #[must_use]
    pub(crate) fn complete_detached(&self) -> bool {
        // [task.end_alone] pairs with [task.dropped], [task.left], [task.left_new]: who has gone is
        // done with the cell.
        if Snapshot(self.0.load(Acquire)).is_alone() {
            self.0.store(COMPLETED, Relaxed);
            return true;
        }
        // [task.end] pairs with [task.dropped], [task.left], [task.last]: so that nothing is freed
        // that is still in use.
        Snapshot(self.0.fetch_xor(RUNNING | COMPLETED, AcqRel)).complete_detached().1
    }

    /// After the completion took the join handle's waker. Whether the cell is to be freed.
    #[must_use]
    pub(crate) fn took_waker(&self) -> bool {
        // [task.took] pairs with [task.look], [task.left], [task.dropped], [task.last]: the place
        // is empty; nothing is freed that is still in use.
        Snapshot(self.0.fetch_and(!JOIN_WAKER, AcqRel)).took_waker().1
    }

    /// After the join handle put a waker into its place.
    pub(crate) fn offer_waker(&self) -> Offered {
        // [task.offer] pairs with [task.complete]: the waker is seen whole.
        let seen = found(self.0.fetch_update(Release, Relaxed, changed(Snapshot::offer_waker)));
        let (_, offered) = seen.offer_waker();
        if offered == Offered::Completed {
            // [task.offer_late] pairs with [task.complete]: the output is seen whole.
            self.0.load(Acquire);
        }
        offered
    }

    /// Whether the waker's place is the handle's again; if not, the task has completed.
    pub(crate) fn withdraw_waker(&self) -> bool {
        let withdraw = |seen| Some(Snapshot(seen).withdraw_waker()?.0);
        let withdrawn = self.0.fetch_update(Relaxed, Relaxed, withdraw).is_ok();
        if !withdrawn {
            // [task.withdraw_late] pairs with [task.complete]: the output is seen whole.
            self.0.load(Acquire);
        }
        withdrawn
    }

    /// The handle of a task that nobody has run or woken yet goes.
    #[inline]
    pub(crate) fn drop_join_new(&self) -> bool {
        let (new, left) = (Snapshot::NEW, Snapshot::NEW.drop_join().0);
        // [task.left_new] pairs with [task.begin_alone], [task.yield_alone], [task.end_alone]: the
        // handle is done with the cell.
        self.0.compare_exchange(new.0, left.0, Release, Relaxed).is_ok()
    }

    /// The handle goes, if the word is still `seen`, which leaves it nothing to clear away.
    pub(crate) fn drop_join_at(&self, seen: Snapshot) -> bool {
        debug_assert_eq!(seen.has(COMPLETED), seen.has(JOIN_WAKER), "{seen:?}");
        // [task.left] pairs with [task.begin_alone], [task.yield_alone], [task.end_alone],
        // [task.end], [task.took], [task.last]: the handle is done with the cell.
        self.0.compare_exchange(seen.0, seen.drop_join().0.0, Release, Relaxed).is_ok()
    }

    /// The handle goes after completion, and has cleared away. Whether the cell is to be freed.
    #[must_use]
    pub(crate) fn drop_join_completed(&self) -> bool {
        // Who is the last to hold a completed cell is the only one to know it.
        if self.load().drop_join().1 {
            self.0.store(COMPLETED, Relaxed);
            return true;
        }
        // [task.join_last] pairs with [task.dropped], [task.last]: so that nothing is freed that is
        // still in use.
        Snapshot(self.0.fetch_and(!JOIN, AcqRel)).drop_join().1
    }

    pub(crate) fn seize(&self) -> bool {
        // [task.seize] pairs with [task.idle], [task.listed]: what the last poll left is seen, or
        // what spawn made.
        self.0.fetch_update(Acquire, Relaxed, |seen| Some(Snapshot(seen).seize()?.0)).is_ok()
    }

    #[inline]
    pub(crate) fn add_reference(&self) {
        let before = Snapshot(self.0.fetch_add(REFERENCE, Relaxed));
        if before.references() > REFERENCES_MAX {
            std::process::abort();
        }
    }

    /// Whether the cell is to be freed.
    #[inline]
    #[must_use]
    pub(crate) fn drop_reference(&self) -> bool {
        // [task.dropped] pairs with [task.last], [task.look], [task.begin_alone],
        // [task.yield_alone], [task.end_alone], [task.end], [task.took], [task.join_last]: all
        // that was done through this reference is done.
        let before = self.0.fetch_sub(REFERENCE, Release);
        if !Snapshot(before - REFERENCE).is_dead() {
            return false;
        }
        // [task.last] pairs with [task.dropped], [task.end], [task.left], [task.took],
        // [task.join_last]: so that nothing is freed that is still in use.
        self.0.load(Acquire);
        true
    }
}

/// What a step makes of the word, where it changes it.
fn changed<A>(step: impl Fn(Snapshot) -> (Snapshot, A)) -> impl Fn(usize) -> Option<usize> {
    move |seen| Some(step(Snapshot(seen)).0.0).filter(|next| *next != seen)
}

/// The word that a step found, whether it changed it or not.
fn found(update: Result<usize, usize>) -> Snapshot {
    let (Ok(seen) | Err(seen)) = update;
    Snapshot(seen)
}
