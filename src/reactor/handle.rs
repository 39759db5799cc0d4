//! The shared side of one reactor: what sockets, timers and notifiers hold on to.

use std::{cell::RefCell, sync::Arc, task::Waker, time::Instant};

use super::{clock::Clock, table::Table, timers::Timers, wheel::Key};
use crate::park::token::Token;
use crate::sync::{AtomicBool, Ordering};

thread_local! {
    /// The reactor that the thread uses.
    static CURRENT: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// A handle to one reactor; cheap to clone.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) registry: mio::Registry,
    pub(super) table: Table,
    pub(super) timers: Timers,
    pub(super) token: Token,
    pub(super) eventfd: mio::Waker,
    ended: AtomicBool,
}

impl Handle {
    pub(super) fn new(registry: mio::Registry, eventfd: mio::Waker, clock: Arc<dyn Clock>) -> Self {
        let (table, timers) = (Table::new(), Timers::new(clock.clone()));
        let (token, ended) = (Token::default(), AtomicBool::new(false));
        let own = Arc::new(Shared { registry, table, timers, token, eventfd, ended });
        let shared = Arc::downgrade(&own);
        clock.on_jump(Box::new(move || {
            shared.upgrade().map(|shared| Self { shared }.notify()).is_some()
        }));
        Self { shared: own }
    }

    /// The reactor of the calling thread: a worker's own, or one lent to it.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// The time by the clock of the calling thread's reactor.
    pub(crate) fn current_now() -> Option<Instant> {
        CURRENT.with_borrow(|current| current.as_ref().map(|current| current.timers().now()))
    }

    /// Sets the calling thread's reactor; returns the one before.
    pub(crate) fn replace_current(current: Option<Self>) -> Option<Self> {
        CURRENT.replace(current)
    }

    /// Adds a timer that wakes `waker` once `deadline` has passed. `None` when the reactor holds
    /// 2^32 - 1 timers.
    pub(crate) fn insert_timer(&self, deadline: Instant, waker: Waker) -> Option<Key> {
        let (key, notify) = self.shared.timers.insert(deadline, waker);
        if notify {
            self.notify();
        }
        key
    }

    /// The reactor's timers, and its clock.
    pub(crate) fn timers(&self) -> &Timers {
        &self.shared.timers
    }

    /// Nobody drives this reactor any more: wakes all who wait for it, so that they find that out.
    pub(crate) fn end(&self) {
        // Relaxed: who registers after the wakes below have passed acquires this by the wake cell
        // or the lock of the timers; who registered before is woken by them.
        self.shared.ended.store(true, Ordering::Relaxed);
        self.shared.table.wake_all();
        self.shared.timers.take_all().into_iter().for_each(Waker::wake);
    }

    /// Whether nobody drives this reactor any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.ended.load(Ordering::Relaxed)
    }

    /// Ends the driver's wait, or makes the next one return at once. Writes to the eventfd only
    /// when the driver sleeps.
    pub(crate) fn notify(&self) {
        if self.shared.token.notify() {
            // The counter is saturated only when the driver has 2^64 - 2 notifications to read: it
            // wakes anyway.
            let _written = self.shared.eventfd.wake();
        }
    }
}
