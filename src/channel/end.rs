//! An end of a bounded channel: what senders and receivers have in common.

use std::{fmt, marker::PhantomData};

use super::{ends::Ends, shared::Shared};
use crate::ring::{Pop, Push};
use crate::sync::Arc;

/// Which end: [`Push`] sends, [`Pop`] receives.
pub trait Role {
    /// Whether it sends.
    const SENDS: bool;
}

impl Role for Push {
    const SENDS: bool = true;
}

impl Role for Pop {
    const SENDS: bool = false;
}

/// A [`Sender`](super::Sender) or a [`Receiver`](super::Receiver).
pub struct End<T, R: Role> {
    pub(super) shared: Arc<Shared<T>>,
    role: PhantomData<R>,
}

impl<T, R: Role> End<T, R> {
    /// The first of its kind.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        Self { shared, role: PhantomData }
    }

    /// How many there are of its kind.
    fn ends(&self) -> &Ends {
        if R::SENDS { &self.shared.senders } else { &self.shared.receivers }
    }

    /// Closes the channel: nothing more is sent, what was sent can be received. Whether it was
    /// open.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether the channel is closed; values may be left in it.
    pub fn is_closed(&self) -> bool {
        self.shared.ring.is_closed()
    }

    /// How many values are in the channel.
    pub fn len(&self) -> usize {
        self.shared.ring.len()
    }

    /// Whether no value is in the channel.
    pub fn is_empty(&self) -> bool {
        self.shared.ring.is_empty()
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.shared.ring.is_full()
    }

    /// How many values the channel holds at most.
    pub fn capacity(&self) -> usize {
        self.shared.ring.capacity()
    }

    /// Whether both are ends of one channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T, R: Role> Clone for End<T, R> {
    fn clone(&self) -> Self {
        self.ends().add();
        Self::first(self.shared.clone())
    }
}

impl<T, R: Role> Drop for End<T, R> {
    fn drop(&mut self) {
        if self.ends().leave() {
            self.shared.close();
            if !R::SENDS {
                self.shared.ring.drain().for_each(drop);
            }
        }
    }
}

impl<T, R: Role> fmt::Debug for End<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if R::SENDS { "Sender" } else { "Receiver" };
        f.debug_tuple(name).field(&self.shared.ring).finish()
    }
}
