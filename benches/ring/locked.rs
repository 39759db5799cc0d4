//! The blocking way: a deque under a lock, which threads wait for in the kernel.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use windlass_benches::Role;

use crate::queue::Value;
use crate::sides::Shared;

pub(crate) const LOCKED: &str = "Mutex<VecDeque>";
pub(crate) const LOCKED_BATCH: &str = "Mutex<VecDeque>, batches";

/// One lock for each value.
pub(crate) struct Locked<V> {
    values: Mutex<VecDeque<V>>,
    capacity: usize,
}

impl<V> Locked<V> {
    #[inline]
    fn lock(&self) -> MutexGuard<'_, VecDeque<V>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Value> Shared<V> for Locked<V> {
    const NAME: &'static str = LOCKED;
    const ROLE: Role = Role::Baseline;

    fn bounded(capacity: usize) -> Self {
        Self { values: Mutex::new(VecDeque::with_capacity(capacity)), capacity }
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        let mut values = self.lock();
        if values.len() == self.capacity {
            return Err(value);
        }
        values.push_back(value);
        Ok(())
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.lock().pop_front()
    }
}

/// One lock for each batch: extend, and drain.
pub(crate) struct LockedBatch<V>(Locked<V>);

impl<V: Value> Shared<V> for LockedBatch<V> {
    const NAME: &'static str = LOCKED_BATCH;
    const ROLE: Role = Role::Baseline;

    fn bounded(capacity: usize) -> Self {
        Self(Locked::bounded(capacity))
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.0.push(value)
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.0.pop()
    }

    #[inline]
    fn push_slice(&self, values: &[V]) -> usize {
        let mut queue = self.0.lock();
        let fit = values.len().min(self.0.capacity - queue.len());
        queue.extend(&values[..fit]);
        fit
    }

    #[inline]
    fn pop_many(&self, max: usize, into: &mut Vec<V>) -> usize {
        let mut queue = self.0.lock();
        let count = max.min(queue.len());
        into.extend(queue.drain(..count));
        count
    }
}
