//! Deduplication keys in memory: of messages that are there, and of some that have left.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::message::MessageId;

#[derive(Debug, Default)]
pub(super) struct Keys {
    known: HashMap<Arc<str>, MessageId>,
    /// Those whose message has left, and until when they count: the oldest in front.
    left: VecDeque<(u64, Arc<str>)>,
}

impl Keys {
    /// The message that has the key.
    pub(super) fn find(&self, key: &str) -> Option<MessageId> {
        self.known.get(key).copied()
    }

    pub(super) fn insert(&mut self, key: &str, id: MessageId) {
        self.known.insert(key.into(), id);
    }

    /// Its message has left: the key counts until then.
    pub(super) fn leave(&mut self, key: &str, until_ms: u64) {
        if let Some((key, _)) = self.known.get_key_value(key) {
            self.left.push_back((until_ms, key.clone()));
        }
    }

    /// Forgets those that no longer count, and the oldest beyond `max`.
    pub(super) fn forget(&mut self, now_ms: u64, max: usize) {
        while let Some((until_ms, _)) = self.left.front()
            && (*until_ms <= now_ms || self.left.len() > max)
        {
            if let Some((_, key)) = self.left.pop_front() {
                self.known.remove(&key);
            }
        }
    }
}
