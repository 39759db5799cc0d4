//! The contenders behind one trait, so that each workload is written once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use concurrent_queue::ConcurrentQueue;
use crossbeam::queue::ArrayQueue;
use windlass::ring::Ring;
use windlass_benches::{Batch, Group, Role};

/// The name the claims are made against.
pub(crate) const CROSSBEAM: &str = "crossbeam ArrayQueue";

/// A bounded queue that any thread pushes into and pops from.
pub(crate) trait Queue: Send + Sync {
    const NAME: &'static str;
    const ROLE: Role;

    fn bounded(capacity: usize) -> Self;

    /// Hands the value back when the queue is full.
    fn push(&self, value: u64) -> Result<(), u64>;

    fn pop(&self) -> Option<u64>;
}

/// One workload for all queues.
pub(crate) trait Workload: Copy {
    /// Does `ops` operations on an empty queue, leaves it empty, and checks what came out.
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String>;
}

/// Adds all contenders, each with a queue of its own.
pub(crate) fn contenders(
    group: &mut Group<'_>,
    capacity: usize,
    workload: impl Workload + 'static,
) {
    contender::<Ring<u64>>(group, capacity, workload);
    contender::<ArrayQueue<u64>>(group, capacity, workload);
    contender::<ConcurrentQueue<u64>>(group, capacity, workload);
    contender::<Locked>(group, capacity, workload);
}

fn contender<Q: Queue + 'static>(
    group: &mut Group<'_>,
    capacity: usize,
    workload: impl Workload + 'static,
) {
    let queue = Q::bounded(capacity);
    group.checked(Q::NAME, Q::ROLE, move |ops| workload.run(&queue, ops));
}

impl Queue for Ring<u64> {
    const NAME: &'static str = "windlass Ring";
    const ROLE: Role = Role::Subject;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: u64) -> Result<(), u64> {
        self.push(value).map_err(|full| full.into_value())
    }

    #[inline]
    fn pop(&self) -> Option<u64> {
        self.pop()
    }
}

impl Queue for ArrayQueue<u64> {
    const NAME: &'static str = CROSSBEAM;
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: u64) -> Result<(), u64> {
        self.push(value)
    }

    #[inline]
    fn pop(&self) -> Option<u64> {
        self.pop()
    }
}

impl Queue for ConcurrentQueue<u64> {
    const NAME: &'static str = "concurrent-queue";
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        Self::bounded(capacity)
    }

    #[inline]
    fn push(&self, value: u64) -> Result<(), u64> {
        self.push(value).map_err(|full| full.into_inner())
    }

    #[inline]
    fn pop(&self) -> Option<u64> {
        self.pop().ok()
    }
}

/// The blocking way: threads wait for the lock in the kernel.
pub(crate) struct Locked {
    values: Mutex<VecDeque<u64>>,
    capacity: usize,
}

impl Queue for Locked {
    const NAME: &'static str = "Mutex<VecDeque>";
    const ROLE: Role = Role::Baseline;

    fn bounded(capacity: usize) -> Self {
        Self {
            values: Mutex::new(VecDeque::with_capacity(capacity)),
            capacity,
        }
    }

    #[inline]
    fn push(&self, value: u64) -> Result<(), u64> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() == self.capacity {
            return Err(value);
        }
        values.push_back(value);
        Ok(())
    }

    #[inline]
    fn pop(&self) -> Option<u64> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.pop_front()
    }
}
