//! What topics and subscribers share: the desk where values are numbered, and a ring for each.

use std::task::Waker;

use crate::sync::{Arc, Mutex, lock};
use crate::{channel::ends::Ends, ring::Ring, wake_cell::WakeCell};

pub(super) struct Shared<T> {
    pub(super) capacity: usize,
    pub(super) topics: Ends,
    pub(super) desk: Mutex<Desk<T>>,
}

pub(super) struct Desk<T> {
    /// The number of the next value.
    pub(super) next: u64,
    pub(super) closed: bool,
    pub(super) subscriptions: Vec<Arc<Subscription<T>>>,
}

pub(super) struct Subscription<T> {
    pub(super) ring: Ring<Numbered<T>>,
    pub(super) wake: WakeCell,
}

pub(super) struct Numbered<T> {
    pub(super) number: u64,
    pub(super) value: T,
}

impl<T> Shared<T> {
    pub(super) fn desk<R>(&self, work: impl FnOnce(&mut Desk<T>) -> R) -> R {
        // A clone that panicked leaves nothing half done: who did not get the value finds a gap.
        work(&mut lock(&self.desk))
    }

    pub(super) fn close(&self) -> bool {
        let (was_open, subscriptions) = self.desk(|desk| {
            let subscriptions = std::mem::take(&mut desk.subscriptions);
            (!std::mem::replace(&mut desk.closed, true), subscriptions)
        });
        for subscription in subscriptions {
            subscription.ring.close();
            subscription.wake.wake();
        }
        was_open
    }
}

/// What is left to wake and to drop when the desk is free again: wakers and values run foreign
/// code, which may come back to the desk.
pub(super) type Afterwards<T> = (Option<Waker>, Option<Numbered<T>>);

impl<T> Subscription<T> {
    /// Whether the subscriber is there and will find the value.
    pub(super) fn give(&self, number: u64, value: T, after: &mut Vec<Afterwards<T>>) -> bool {
        let given = self.ring.force_push(Numbered { number, value });
        let reached = given.is_ok();
        let left = match given {
            Ok(displaced) => (self.wake.take(), displaced),
            Err(closed) => (None, Some(closed.into_value())),
        };
        if left.0.is_some() || left.1.is_some() {
            after.push(left);
        }
        reached
    }
}
