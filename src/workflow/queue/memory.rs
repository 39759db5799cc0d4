//! Messages in memory: a ring for each priority, and a ledger beside them.
//!
//! ```text
//!  enqueue --> [ ring of its priority ] --> take --> leased --> settled: gone
//!     |                 ^     ^                        |  |
//!     +--> delayed -----+     +------ its time is up --+  +--> dead --> redriven: ring
//!                       ^------------- again ----------+
//! ```
//!
//! A message that is ready stands in a ring, so senders share nothing with receivers but that (and
//! a count, under a lock of its own). The places are counted before a message gets in, and each
//! ring has as many as the queue: so there is always room for one that comes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::error::{RedriveError, Refused, SettleError, StoreError};
use super::ledger::{Entry, Ledger};
use super::message::{Enqueued, Message, MessageId, Priority};
use super::options::QueueOptions;
use super::store::{
    Counts, DeadLetter, GIVEN_BACK, LEASE_OVER, Lease, Settle, Settled, Store, Taken,
};
use crate::ring::{PushError, Ring};
use crate::sync::lock;
use crate::workflow::wall::after_ms;

/// Keeps messages in this process' memory: what is not done when it ends is lost.
#[derive(Debug)]
pub struct MemoryStore {
    options: QueueOptions,
    ready: [Ring<Entry>; Priority::ALL.len()],
    places: Mutex<Places>,
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Places {
    taken: usize,
    last_id: u64,
}

impl MemoryStore {
    /// No queue in memory holds more messages.
    pub const MESSAGES_MAX: usize = 1 << 20;

    /// An empty store. It has room for all its messages from the beginning; so `messages_max` is at
    /// most [`MemoryStore::MESSAGES_MAX`] here.
    pub fn new(options: QueueOptions) -> Self {
        let messages_max = options.messages_max.min(Self::MESSAGES_MAX);
        let options = QueueOptions { messages_max, ..options }.sound();
        Self {
            ready: std::array::from_fn(|_| Ring::new(options.messages_max)),
            options,
            places: Mutex::default(),
            ledger: Mutex::default(),
        }
    }

    fn now_ms(&self) -> u64 {
        self.options.wall.now_ms()
    }

    /// A place, and a number for who takes it.
    fn enter(&self) -> Option<MessageId> {
        let mut places = lock(&self.places);
        if places.taken >= self.options.messages_max {
            return None;
        }
        places.taken += 1;
        places.last_id += 1;
        Some(MessageId(places.last_id))
    }

    fn leave(&self) {
        lock(&self.places).taken -= 1;
    }

    /// Makes a message ready.
    fn push(&self, ledger: &mut Ledger, entry: Entry) {
        if let Err(entry) = self.try_push(entry) {
            ledger.hold(entry, 0);
        }
    }

    /// There is a place for it, and the rings do not close; all the same it may come back, so that
    /// whatever happens nothing is lost.
    fn try_push(&self, entry: Entry) -> Result<(), Entry> {
        let ring = &self.ready[entry.message.urgency().level()];
        ring.push(entry).map_err(PushError::into_value)
    }

    fn add(&self, message: Arc<Message>) -> Result<Enqueued, Refused> {
        let now_ms = self.now_ms();
        let due_ms = after_ms(now_ms, message.held_back());
        let entry =
            |id, message| Entry { id, message, attempts: 0, deliveries: 0, enqueued_ms: now_ms };
        if message.key().is_none() && due_ms <= now_ms {
            let id = self.enter().ok_or(Refused::Full)?;
            if let Err(entry) = self.try_push(entry(id, message)) {
                lock(&self.ledger).hold(entry, 0);
            }
            return Ok(Enqueued::New(id));
        }
        let mut ledger = lock(&self.ledger);
        ledger.keys.forget(now_ms, self.options.keys_max);
        if let Some(id) = message.key().and_then(|key| ledger.keys.find(key)) {
            return Ok(Enqueued::Duplicate(id));
        }
        let id = self.enter().ok_or(Refused::Full)?;
        if let Some(key) = message.key() {
            ledger.keys.insert(key, id);
        }
        let entry = entry(id, message);
        if due_ms > now_ms {
            ledger.hold(entry, due_ms)
        } else {
            self.push(&mut ledger, entry)
        }
        Ok(Enqueued::New(id))
    }

    fn take_now(&self, max: usize) -> Taken {
        let now_ms = self.now_ms();
        let until_ms = after_ms(now_ms, self.options.lease);
        let mut ledger = lock(&self.ledger);
        let freed = self.promote(&mut ledger, now_ms);
        let mut leased = Vec::new();
        for priority in Priority::ALL {
            let ring = &self.ready[priority.level()];
            while leased.len() < max
                && let Some(entry) = ring.pop()
            {
                leased.push(ledger.lease(entry, until_ms));
            }
        }
        let more = leased.len() == max && self.ready.iter().any(|ring| !ring.is_empty());
        Taken { leased, more, next_due_ms: ledger.next_due_ms(), freed }
    }

    /// Makes ready what is due by now. How many became dead letters instead.
    fn promote(&self, ledger: &mut Ledger, now_ms: u64) -> usize {
        while let Some(entry) = ledger.held_enough(now_ms) {
            self.push(ledger, entry);
        }
        let mut freed = 0;
        while let Some(entry) = ledger.overdue(now_ms) {
            if entry.attempts < self.options.attempts_max {
                self.push(ledger, entry);
            } else if let Settled::Dead = self.bury(ledger, entry, LEASE_OVER.into(), now_ms) {
                freed += 1;
            }
        }
        freed
    }

    /// Gives a message up; where there is no room for it, it is tried again after another lease.
    fn bury(&self, ledger: &mut Ledger, entry: Entry, why: Arc<str>, now_ms: u64) -> Settled {
        match ledger.bury(entry, why, now_ms, self.options.dead_max) {
            Ok(()) => {
                self.leave();
                Settled::Dead
            }
            Err(entry) => {
                let due_ms = after_ms(now_ms, self.options.lease);
                ledger.hold(entry, due_ms);
                Settled::Due(due_ms)
            }
        }
    }

    fn settle_now(&self, lease: Lease, how: Settle) -> Result<Settled, SettleError> {
        let now_ms = self.now_ms();
        let mut ledger = lock(&self.ledger);
        let mut entry = ledger.take_back(lease)?;
        Ok(match how {
            Settle::Done => {
                self.forget(&mut ledger, &entry, now_ms);
                self.leave();
                Settled::Gone
            }
            Settle::Dead(why) => self.bury(&mut ledger, entry, why, now_ms),
            Settle::Again(_, why) if entry.attempts >= self.options.attempts_max => {
                let why = why.unwrap_or_else(|| GIVEN_BACK.into());
                self.bury(&mut ledger, entry, why, now_ms)
            }
            Settle::Again(delay, _) => {
                let due_ms = after_ms(now_ms, delay);
                if due_ms > now_ms {
                    ledger.hold(entry, due_ms);
                } else {
                    self.push(&mut ledger, entry);
                }
                Settled::Due(due_ms)
            }
            Settle::Unseen => {
                entry.attempts -= 1;
                self.push(&mut ledger, entry);
                Settled::Due(now_ms)
            }
        })
    }

    /// Its message has left: the key counts for a while longer.
    fn forget(&self, ledger: &mut Ledger, entry: &Entry, now_ms: u64) {
        if let Some(key) = entry.message.key() {
            ledger.keys.leave(key, after_ms(now_ms, self.options.keys_keep));
            ledger.keys.forget(now_ms, self.options.keys_max);
        }
    }
}

impl Store for MemoryStore {
    fn options(&self) -> &QueueOptions {
        &self.options
    }

    async fn enqueue(&self, message: Arc<Message>) -> Result<Enqueued, Refused> {
        self.add(message)
    }

    async fn take(&self, max: usize) -> Result<Taken, StoreError> {
        Ok(self.take_now(max))
    }

    async fn settle(&self, lease: Lease, how: Settle) -> Result<Settled, SettleError> {
        self.settle_now(lease, how)
    }

    fn settle_soon(&self, lease: Lease, how: Settle, then: impl FnOnce(Settled) + Send + 'static) {
        if let Ok(settled) = self.settle_now(lease, how) {
            then(settled);
        }
    }

    async fn extend(&self, lease: Lease, by: Duration) -> Result<u64, SettleError> {
        let until_ms = after_ms(self.now_ms(), by);
        lock(&self.ledger).extend(lease, until_ms).map(|()| until_ms)
    }

    async fn dead_letters(
        &self,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        Ok(lock(&self.ledger).dead_letters(after, max))
    }

    async fn redrive(&self, id: MessageId) -> Result<(), RedriveError> {
        let mut ledger = lock(&self.ledger);
        if !ledger.is_dead(id) {
            return Err(RedriveError::Unknown(id));
        }
        self.enter().ok_or(RedriveError::Full)?;
        let mut entry = ledger.unearth(id).ok_or(RedriveError::Unknown(id))?;
        entry.attempts = 0;
        self.push(&mut ledger, entry);
        Ok(())
    }

    async fn discard(&self, id: MessageId) -> Result<(), RedriveError> {
        let mut ledger = lock(&self.ledger);
        let entry = ledger.unearth(id).ok_or(RedriveError::Unknown(id))?;
        self.forget(&mut ledger, &entry, self.now_ms());
        Ok(())
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let ledger = lock(&self.ledger);
        let [leased, delayed, dead] = ledger.sizes();
        let ready = self.ready.iter().map(Ring::len).sum();
        Ok(Counts { ready, delayed, leased, dead })
    }

    fn depth(&self) -> usize {
        lock(&self.places).taken
    }
}
