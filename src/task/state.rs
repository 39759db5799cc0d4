//! The state word of a task: each method is the [`Snapshot`] step of the same name, as one atomic
//! operation.

use super::snapshot::{
    Begun, CLOSED, COMPLETED, Completed, Ended, HOME, HOME_SHIFT, JOIN, JOIN_WAKER, JoinDropped,
    REFERENCE, REFERENCES_MAX, RUNNING, SCHEDULED, Snapshot, Woken,
};
use crate::sync::{AtomicUsize, Ordering};

/// The atomic state word. Each method is the [`Snapshot`] step of the same name.
#[derive(Debug)]
pub(crate) struct State(AtomicUsize);

impl State {
    /// Of a place without a task.
    pub(crate) fn free() -> Self {
        Self(AtomicUsize::new(Snapshot::FREE.0))
    }

    /// A task stands in the place.
    pub(crate) fn publish(&self) {
        // [task.listed] pairs with [task.walked]: the cell is seen whole by a walk.
        self.0.store(Snapshot::NEW.0, Ordering::Release);
    }

    /// A place's state at a walk.
    pub(crate) fn walked(&self) -> Snapshot {
        // [task.walked] pairs with [task.listed]: the cell is seen whole.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    pub(crate) fn load(&self) -> Snapshot {
        // [task.look] pairs with [task.complete], [task.completed_left]: the output of a completed
        // task is seen whole.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    pub(crate) fn home(&self) -> u8 {
        Snapshot(self.0.load(Ordering::Relaxed)).home()
    }

    /// Before the task is handed to a queue for the first time.
    pub(crate) fn set_home(&self, home: u8) {
        self.0
            .fetch_or(usize::from(home) << HOME_SHIFT, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn wake(&self) -> Woken {
        // [task.wake] pairs with [task.begin], [task.begin_alone], [task.idle]: the next poll sees
        // what came before this wake, and who enqueues an idle task knows that it has left the queue
        // it was in: a ring sized for all tasks would else look full to a thread that has not heard
        // of that pop.
        Snapshot(self.0.fetch_or(SCHEDULED, Ordering::AcqRel))
            .wake()
            .1
    }

    pub(crate) fn close(&self) -> Woken {
        // [task.close] pairs with [task.idle]: as a wake, who enqueues an idle task knows that it
        // has left its queue. An abort hands nothing over but its bit.
        Snapshot(self.0.fetch_or(SCHEDULED | CLOSED, Ordering::Acquire))
            .close()
            .1
    }

    #[inline]
    pub(crate) fn begin(&self) -> Begun {
        // [task.begin_alone] pairs with [task.wake], [task.idle], [task.dropped], [task.detached]:
        // all that came before any wake, and all that was done through references that are gone.
        let seen = Snapshot(self.0.load(Ordering::Acquire));
        if seen.is_alone_queued() {
            let (next, begun) = seen.begin();
            self.0.store(next.0, Ordering::Relaxed);
            return begun;
        }
        // [task.begin] pairs with [task.wake], [task.idle]: all that came before any wake so far
        // is seen, and what the last poll left.
        let before = Snapshot(self.0.fetch_xor(SCHEDULED | RUNNING, Ordering::Acquire));
        debug_assert!(
            before.is_scheduled() && !before.is_running(),
            "ran twice: {before:?}"
        );
        before.begin().1
    }

    #[inline]
    pub(crate) fn end_poll(&self, yields: bool) -> Ended {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (next, ended) = Snapshot(seen).end_poll(yields);
            if ended == Ended::Cancel {
                return ended;
            }
            // [task.idle] pairs with [task.begin], [task.begin_alone], [task.wake], [task.close],
            // [task.seize]: the next runner sees what this poll left, and who enqueues the task
            // sees its pop.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return ended,
                Err(now) => seen = now,
            }
        }
    }

    /// Whether the join handle is still there.
    #[inline]
    pub(crate) fn wants_output(&self) -> bool {
        Snapshot(self.0.load(Ordering::Relaxed)).has_join()
    }

    /// Completes a task that is the runner's alone, and gives its reference up: `true`, and the
    /// place is the caller's. No read-modify-write.
    #[inline]
    pub(crate) fn complete_alone(&self) -> bool {
        // [task.complete_alone] pairs with [task.dropped], [task.detached]: all that was done
        // through references that are gone.
        let alone = Snapshot(self.0.load(Ordering::Acquire)).is_alone_running();
        if alone {
            self.0.store(Snapshot::FREE.0, Ordering::Relaxed);
        }
        alone
    }

    /// Completes a task whose output the join handle keeps, where nobody waits for it, and gives the
    /// runner's reference up: `true`.
    #[inline]
    pub(crate) fn complete_left(&self) -> bool {
        let seen = Snapshot(self.0.load(Ordering::Relaxed));
        let (next, completed) = seen.complete();
        completed == Completed::Left
            && self
                .0
                .compare_exchange(
                    seen.0,
                    next.0 - REFERENCE,
                    // [task.completed_left] pairs with [task.look], [task.drop_join], [task.last]:
                    // the output is seen whole, and all that the runner did is done.
                    Ordering::Release,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// Completes a task; the runner keeps its reference.
    pub(crate) fn complete(&self) -> Completed {
        // [task.complete] pairs with [task.look], [task.drop_join], [task.waker_passed]: the output
        // is seen whole, and the waker of who waits.
        Snapshot(self.0.fetch_xor(RUNNING | COMPLETED, Ordering::AcqRel))
            .complete()
            .1
    }

    /// After [`Completed::WakeJoin`]. `true`: the handle has gone, the waker is the runner's.
    #[must_use]
    pub(crate) fn woke_join(&self) -> bool {
        // [task.woke_join] pairs with [task.drop_join]: the wake is over before the handle takes the
        // waker's place; nothing of the handle's is taken over but the bit.
        let before = Snapshot(self.0.fetch_and(!JOIN_WAKER, Ordering::Release));
        !before.has_join()
    }

    pub(crate) fn seize(&self) -> bool {
        let mut seen = self.0.load(Ordering::Relaxed);
        while let Some(next) = Snapshot(seen).seize() {
            // [task.seize] pairs with [task.idle]: what the last poll left is seen.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// The handle of a task that has not run yet goes, and its reference with it: `true`. One step
    /// in the place of two.
    #[inline]
    pub(crate) fn detach_new(&self) -> bool {
        let seen = self.0.load(Ordering::Relaxed);
        seen & !HOME == Snapshot::NEW.0
            && self
                .0
                .compare_exchange(
                    seen,
                    seen - JOIN - REFERENCE,
                    // [task.detached] pairs with [task.begin_alone], [task.complete_alone],
                    // [task.last]: the handle is done with the cell.
                    Ordering::Release,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// The handle goes; its reference stays.
    pub(crate) fn drop_join(&self) -> JoinDropped {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (next, dropped) = Snapshot(seen).drop_join();
            // [task.drop_join] pairs with [task.complete], [task.completed_left],
            // [task.woke_join]: the output is seen whole, and the wake is over.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return dropped,
                Err(now) => seen = now,
            }
        }
    }

    /// Passes the place of the join waker from or to the handle. `false`: the task has completed.
    #[must_use]
    pub(crate) fn pass_waker(&self) -> bool {
        let mut seen = self.0.load(Ordering::Relaxed);
        while let Some(next) = Snapshot(seen).pass_waker() {
            // [task.waker_passed] pairs with [task.complete]: the waker is seen whole. Taking it back
            // needs no more than the bit: who completes later has not touched it.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    pub(crate) fn add_reference(&self) {
        let before = Snapshot(self.0.fetch_add(REFERENCE, Ordering::Relaxed));
        if before.references() > REFERENCES_MAX {
            std::process::abort();
        }
    }

    /// Whether this was the last reference: then the caller frees the cell.
    #[must_use]
    pub(crate) fn drop_reference(&self) -> bool {
        // [task.dropped] pairs with [task.last], [task.begin_alone], [task.complete_alone]: all that
        // was done through this reference is done.
        if Snapshot(self.0.fetch_sub(REFERENCE, Ordering::Release)).references() != 1 {
            return false;
        }
        // [task.last] pairs with [task.dropped], [task.detached], [task.completed_left]: so that
        // nothing is freed that is still in use.
        let _last = self.0.load(Ordering::Acquire);
        true
    }
}
