//! What a store in memory knows of messages that are not in its rings: with receivers, held back,
//! or dead.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::error::SettleError;
use super::keys::Keys;
use super::message::{Message, MessageId};
use super::store::{DeadLetter, Lease, Leased};

/// A message on its way.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: MessageId,
    pub(super) message: Arc<Message>,
    pub(super) attempts: u32,
    pub(super) deliveries: u64,
    pub(super) enqueued_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    leased: HashMap<MessageId, (Entry, u64)>,
    ends: BTreeSet<(u64, MessageId)>,
    delayed: BTreeMap<(u64, MessageId), Entry>,
    dead: BTreeMap<MessageId, (Entry, Arc<str>, u64)>,
    pub(super) keys: Keys,
}

impl Ledger {
    /// Hands a message out until then.
    pub(super) fn lease(&mut self, mut entry: Entry, until_ms: u64) -> Leased {
        entry.attempts = entry.attempts.saturating_add(1);
        entry.deliveries += 1;
        let Entry { id, attempts: attempt, deliveries: delivery, enqueued_ms, .. } = entry;
        let message = entry.message.clone();
        self.ends.insert((until_ms, id));
        self.leased.insert(id, (entry, until_ms));
        Leased { lease: Lease { id, delivery }, attempt, enqueued_ms, until_ms, message }
    }

    /// Ends a lease.
    pub(super) fn take_back(&mut self, lease: Lease) -> Result<Entry, SettleError> {
        self.check(lease)?;
        let (entry, until_ms) = self.leased.remove(&lease.id).ok_or(SettleError::Lost(lease.id))?;
        self.ends.remove(&(until_ms, lease.id));
        Ok(entry)
    }

    /// Lets a lease last until then.
    pub(super) fn extend(&mut self, lease: Lease, until_ms: u64) -> Result<(), SettleError> {
        self.check(lease)?;
        if let Some((_, until)) = self.leased.get_mut(&lease.id) {
            self.ends.remove(&(*until, lease.id));
            self.ends.insert((until_ms, lease.id));
            *until = until_ms;
        }
        Ok(())
    }

    fn check(&self, lease: Lease) -> Result<(), SettleError> {
        let held = self.leased.get(&lease.id);
        match held.filter(|(entry, _)| entry.deliveries == lease.delivery) {
            Some(_) => Ok(()),
            None => Err(SettleError::Lost(lease.id)),
        }
    }

    /// A message whose lease is over by now.
    pub(super) fn overdue(&mut self, now_ms: u64) -> Option<Entry> {
        let &(until_ms, id) = self.ends.first().filter(|(until_ms, _)| *until_ms <= now_ms)?;
        self.ends.remove(&(until_ms, id));
        self.leased.remove(&id).map(|(entry, _)| entry)
    }

    /// Holds a message back until then.
    pub(super) fn hold(&mut self, entry: Entry, until_ms: u64) {
        self.delayed.insert((until_ms, entry.id), entry);
    }

    /// A message that was held back long enough by now.
    pub(super) fn held_enough(&mut self, now_ms: u64) -> Option<Entry> {
        let first = self.delayed.first_entry()?;
        (first.key().0 <= now_ms).then(|| first.remove())
    }

    /// When the first lease or delay is over.
    pub(super) fn next_due_ms(&self) -> Option<u64> {
        let lease = self.ends.first().map(|(until_ms, _)| *until_ms);
        let delay = self.delayed.first_key_value().map(|((until_ms, _), _)| *until_ms);
        [lease, delay].into_iter().flatten().min()
    }

    /// Gives a message up, unless there are `max` already: then it comes back.
    pub(super) fn bury(
        &mut self,
        entry: Entry,
        reason: Arc<str>,
        now_ms: u64,
        max: usize,
    ) -> Result<(), Entry> {
        if self.dead.len() >= max {
            return Err(entry);
        }
        self.dead.insert(entry.id, (entry, reason, now_ms));
        Ok(())
    }

    /// Takes a dead letter.
    pub(super) fn unearth(&mut self, id: MessageId) -> Option<Entry> {
        self.dead.remove(&id).map(|(entry, ..)| entry)
    }

    pub(super) fn is_dead(&self, id: MessageId) -> bool {
        self.dead.contains_key(&id)
    }

    pub(super) fn dead_letters(&self, after: Option<MessageId>, max: usize) -> Vec<DeadLetter> {
        let from = after.map_or(0, |id| id.0.saturating_add(1));
        let found = self.dead.range(MessageId(from)..).take(max);
        let letter =
            |(id, (entry, reason, died_ms)): (&MessageId, &(Entry, Arc<str>, u64))| DeadLetter {
                id: *id,
                message: entry.message.clone(),
                attempts: entry.attempts,
                reason: reason.clone(),
                enqueued_ms: entry.enqueued_ms,
                died_ms: *died_ms,
            };
        found.map(letter).collect()
    }

    /// How many are leased, delayed, dead.
    pub(super) fn sizes(&self) -> [usize; 3] {
        [self.leased.len(), self.delayed.len(), self.dead.len()]
    }
}
