//! What was done for whom: the books that show whether work was done once.

use std::collections::BTreeMap;

use serde::Serialize;

/// So many keys are kept; work for further ones is refused.
pub const KEYS_MAX: usize = 1 << 20;

/// What one key brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// How often it was asked for.
    pub calls: u64,
    /// How often the work was done.
    pub effects: u64,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Effects {
    keys: BTreeMap<String, Effect>,
}

impl Effects {
    /// Notes a call: the how-manieth of its key it is, or `None` where there is no room.
    pub(super) fn called(&mut self, key: &str) -> Option<u64> {
        if !self.keys.contains_key(key) {
            if self.keys.len() >= KEYS_MAX {
                return None;
            }
            self.keys.insert(key.to_owned(), Effect::default());
        }
        let effect = self.keys.get_mut(key)?;
        effect.calls += 1;
        Some(effect.calls)
    }

    /// Does the work, unless it was done for this key before: whether it was.
    pub(super) fn take_effect(&mut self, key: &str) -> bool {
        match self.keys.get_mut(key) {
            Some(effect) if effect.effects == 0 => {
                effect.effects = 1;
                false
            }
            _ => true,
        }
    }

    pub(super) fn of(&self, key: &str) -> Option<Effect> {
        self.keys.get(key).copied()
    }

    pub(super) fn all(&self) -> &BTreeMap<String, Effect> {
        &self.keys
    }
}
