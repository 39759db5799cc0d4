//! What a queue and its deliveries have in common: the store, who waits, and the counts.

use std::sync::{Arc, Mutex};

use super::bell::Bell;
use super::store::{Lease, Settle, Settled, Store};
use crate::sync::lock;
use crate::workflow::wall::{LAST_MS, WallClock};

pub(super) struct Shared<S> {
    pub(super) store: S,
    pub(super) beside: Arc<Beside>,
}

/// What stands beside the store.
#[derive(Debug)]
pub(super) struct Beside {
    /// Called when a message is ready.
    pub(super) items: Bell,
    /// Called when there is room.
    pub(super) room: Bell,
    pub(super) totals: Mutex<Totals>,
    wall: Arc<dyn WallClock>,
}

/// What has happened since the queue was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages that were taken in.
    pub enqueued: u64,
    /// Messages that were not, as one with their key was known.
    pub duplicates: u64,
    /// Messages that were refused because the queue was full.
    pub rejected: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Those of them that were not a message's first.
    pub redelivered: u64,
    /// Messages that were done.
    pub acked: u64,
    /// Deliveries that were given back.
    pub nacked: u64,
    /// Deliveries that were settled too late.
    pub lost: u64,
    /// Whether the queue is closed.
    pub closed: bool,
}

impl Beside {
    pub(super) fn new(wall: Arc<dyn WallClock>) -> Self {
        let (items, room, totals) = Default::default();
        Self { items, room, totals, wall }
    }

    pub(super) fn wall(&self) -> &dyn WallClock {
        &*self.wall
    }

    pub(super) fn count(&self, count: impl FnOnce(&mut Totals)) {
        count(&mut lock(&self.totals));
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.totals).closed
    }

    /// Something is due then, which may be now; what lasts for ever is never due.
    pub(super) fn due(&self, at_ms: u64) {
        if at_ms <= self.wall.now_ms() {
            self.items.ring();
        } else if at_ms < LAST_MS {
            self.items.due(at_ms);
        }
    }

    /// Tells those who wait what became of a delivery.
    pub(super) fn settled(&self, settled: Settled) {
        match settled {
            Settled::Gone | Settled::Dead => self.room.ring(),
            Settled::Due(at_ms) => self.due(at_ms),
        }
    }
}

impl<S: Store> Shared<S> {
    /// Settles without waiting.
    pub(super) fn settle_soon(&self, lease: Lease, how: Settle) {
        let beside = self.beside.clone();
        self.store.settle_soon(lease, how, move |settled| beside.settled(settled));
    }
}
