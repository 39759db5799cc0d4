//! Peers that are queues and nothing else, used through a reference.

use std::thread;

use concurrent_queue::ConcurrentQueue;
use crossbeam::queue::ArrayQueue;
use heapless::mpmc;
use thingbuf::ThingBuf;
use windlass_benches::Role;

use crate::queue::Value;
use crate::sides::Shared;

pub(crate) const CROSSBEAM: &str = "crossbeam ArrayQueue";
pub(crate) const CONCURRENT_QUEUE: &str = "concurrent-queue";
pub(crate) const THINGBUF: &str = "thingbuf";
pub(crate) const HEAPLESS: &str = "heapless mpmc";

/// Room to build the largest heapless queue by value, unoptimised too.
const HEAPLESS_STACK_BYTES: usize = 64 << 20;

impl<V: Value> Shared<V> for ArrayQueue<V> {
    const NAME: &'static str = CROSSBEAM;
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.push(value)
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.pop()
    }
}

impl<V: Value> Shared<V> for ConcurrentQueue<V> {
    const NAME: &'static str = CONCURRENT_QUEUE;
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        Self::bounded(capacity)
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_inner())
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.pop().ok()
    }
}

impl<V: Value> Shared<V> for ThingBuf<V> {
    const NAME: &'static str = THINGBUF;
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_inner())
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.pop()
    }
}

/// A heapless queue of `N` slots on the heap: its capacity is part of its type.
pub(crate) struct Heapless<V, const N: usize>(Box<mpmc::Queue<V, N>>);

impl<V: Value, const N: usize> Shared<V> for Heapless<V, N> {
    const NAME: &'static str = HEAPLESS;
    const ROLE: Role = Role::Peer;

    fn bounded(capacity: usize) -> Self {
        assert!(capacity == N, "capacity {capacity} of a queue of {N}");
        let built = thread::Builder::new()
            .stack_size(HEAPLESS_STACK_BYTES)
            .spawn(|| Box::new(mpmc::Queue::default()))
            .map(thread::JoinHandle::join);
        match built {
            Ok(Ok(queue)) => Self(queue),
            _ => panic!("no thread to build a heapless queue of {N} on"),
        }
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.0.enqueue(value)
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.0.dequeue()
    }
}
