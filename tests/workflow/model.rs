//! What a queue may answer: messages, their states, and the keys of those that have left.

use std::collections::BTreeMap;

use windlass::workflow::queue::{
    Delivery, EnqueueError, Enqueued, Message, MessageId, SettleError, Store,
};

pub(crate) const LEASE_MS: u64 = 100;
pub(crate) const ATTEMPTS: u32 = 3;
pub(crate) const MESSAGES: usize = 6;
pub(crate) const KEEP_MS: u64 = 150;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum State {
    /// May be delivered from then on.
    Due(u64),
    /// With a receiver: until when, and by which delivery. Over, it is as if due, or dead.
    Leased(u64, u64),
    Dead,
}

#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) priority: usize,
    pub(crate) key: Option<String>,
    pub(crate) state: State,
    pub(crate) attempts: u32,
    pub(crate) deliveries: u64,
    /// It was never held back nor delivered: its place is its number's.
    pub(crate) is_fresh: bool,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) now_ms: u64,
    pub(crate) known: BTreeMap<MessageId, Known>,
    /// Keys of messages that have left, and until when they count.
    pub(crate) left: BTreeMap<String, (MessageId, u64)>,
}

impl Known {
    pub(crate) fn is_over(&self, now_ms: u64) -> bool {
        matches!(self.state, State::Leased(until_ms, _) if until_ms <= now_ms)
    }

    /// Its last lease is over: whether the store has found that is open.
    pub(crate) fn is_open(&self, now_ms: u64) -> bool {
        self.is_over(now_ms) && self.attempts >= ATTEMPTS
    }

    pub(crate) fn is_ready(&self, now_ms: u64) -> bool {
        let is_due = matches!(self.state, State::Due(due_ms) if due_ms <= now_ms);
        is_due || (self.is_over(now_ms) && self.attempts < ATTEMPTS)
    }

    pub(crate) fn is_dead(&self, now_ms: u64) -> bool {
        self.state == State::Dead || self.is_open(now_ms)
    }
}

impl Model {
    pub(crate) fn key_of(&self, key: &str) -> Option<MessageId> {
        let there = self.known.iter().find(|(_, known)| known.key.as_deref() == Some(key));
        let left = || self.left.get(key).filter(|(_, until_ms)| *until_ms > self.now_ms);
        there.map(|(id, _)| *id).or_else(|| left().map(|(id, _)| *id))
    }

    pub(crate) fn remove(&mut self, id: MessageId) {
        if let Some(key) = self.known.remove(&id).and_then(|known| known.key) {
            self.left.insert(key, (id, self.now_ms + KEEP_MS));
        }
    }

    /// The least and the most that can count against the bound.
    pub(crate) fn depth(&self) -> (usize, usize) {
        let alive = self.known.values().filter(|known| known.state != State::Dead).count();
        let open = self.known.values().filter(|known| known.is_open(self.now_ms)).count();
        (alive - open, alive)
    }

    pub(crate) fn sent(&mut self, message: &Message, answer: Result<Enqueued, EnqueueError>) {
        let (least, most) = self.depth();
        match answer {
            Ok(Enqueued::Duplicate(id)) => {
                assert_eq!(message.key().and_then(|key| self.key_of(key)), Some(id));
            }
            Err(EnqueueError::Full(back)) => assert!(most >= MESSAGES && back == *message),
            Ok(Enqueued::New(id)) => {
                assert!(least < MESSAGES, "there was no room");
                assert_eq!(message.key().and_then(|key| self.key_of(key)), None);
                assert!(self.known.keys().all(|other| *other < id));
                let delay_ms = message.held_back().as_millis() as u64;
                let known = Known {
                    priority: message.urgency().level(),
                    key: message.key().map(str::to_owned),
                    state: State::Due(self.now_ms + delay_ms),
                    attempts: 0,
                    deliveries: 0,
                    is_fresh: delay_ms == 0,
                };
                self.known.insert(id, known);
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn taken<S: Store>(&mut self, found: Option<&Delivery<S>>) {
        let now_ms = self.now_ms;
        let ready: Vec<_> = self.known.iter().filter(|(_, known)| known.is_ready(now_ms)).collect();
        let Some(delivery) = found else {
            return assert!(ready.is_empty(), "{ready:?} are ready");
        };
        let first = ready.iter().map(|(_, known)| known.priority).max();
        let peers = ready.iter().filter(|(_, known)| Some(known.priority) == first);
        let peers: Vec<_> = peers.collect();
        assert!(peers.iter().any(|(id, _)| **id == delivery.id()), "{:?}", delivery.id());
        if peers.iter().all(|(_, known)| known.is_fresh) {
            assert_eq!(*peers[0].0, delivery.id(), "out of order");
        }
        let known = self.known.get_mut(&delivery.id()).expect("it is ready");
        known.attempts += 1;
        known.deliveries += 1;
        known.is_fresh = false;
        assert_eq!(delivery.attempt(), known.attempts);
        assert_eq!(delivery.lease().delivery, known.deliveries);
        assert_eq!(delivery.until_ms(), now_ms + LEASE_MS);
        known.state = State::Leased(now_ms + LEASE_MS, known.deliveries);
    }

    /// A delivery was settled: whether that may be so, and whether it took effect.
    pub(crate) fn settled(
        &mut self,
        id: MessageId,
        delivery: u64,
        answer: &Result<(), SettleError>,
    ) -> bool {
        let now_ms = self.now_ms;
        let known = self.known.get(&id);
        let holds = known
            .is_some_and(|known| matches!(known.state, State::Leased(_, own) if own == delivery));
        match answer {
            Ok(()) => assert!(holds, "an old lease was taken for a new one"),
            Err(SettleError::Lost(_)) => {
                // Over, it may have been found to be, or not.
                assert!(!holds || known.is_some_and(|known| known.is_over(now_ms)), "lost");
            }
            Err(error) => panic!("{error}"),
        }
        answer.is_ok()
    }

    pub(crate) fn given_back(&mut self, id: MessageId, delay_ms: u64) {
        let now_ms = self.now_ms;
        let known = self.known.get_mut(&id).expect("it was leased");
        let is_last = known.attempts >= ATTEMPTS;
        known.state = if is_last { State::Dead } else { State::Due(now_ms + delay_ms) };
    }
}
