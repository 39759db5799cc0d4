//! Peers with one producer and one consumer.

use ringbuf::traits::{Consumer, Producer, Split as _};
use windlass_benches::Role;

use crate::queue::{Pop, Push, Value};
use crate::sides::{One, Split};

pub(crate) const RTRB: &str = "rtrb";
pub(crate) const RINGBUF: &str = "ringbuf";

pub(crate) struct Rtrb;

impl<V: Value> Split<V> for Rtrb {
    const NAME: &'static str = RTRB;
    const ROLE: Role = Role::Peer;

    type Producers = One<rtrb::Producer<V>>;
    type Consumers = One<rtrb::Consumer<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = rtrb::RingBuffer::new(capacity);
        (One(producer), One(consumer))
    }
}

impl<V: Value> Push<V> for rtrb::Producer<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.push(value).map_err(|rtrb::PushError::Full(value)| value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.push_partial_slice(values).0.len()
    }
}

impl<V: Value> Pop<V> for rtrb::Consumer<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.pop().ok()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        let seen = self.cached_slots();
        let count = max.min(if seen < max { self.slots() } else { seen });
        if let Ok(chunk) = self.read_chunk(count) {
            let (first, second) = chunk.as_slices();
            into.extend_from_slice(first);
            into.extend_from_slice(second);
            chunk.commit_all();
        }
        count
    }
}

pub(crate) struct Ringbuf;

impl<V: Value> Split<V> for Ringbuf {
    const NAME: &'static str = RINGBUF;
    const ROLE: Role = Role::Peer;

    type Producers = One<ringbuf::HeapProd<V>>;
    type Consumers = One<ringbuf::HeapCons<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = ringbuf::HeapRb::new(capacity).split();
        (One(producer), One(consumer))
    }
}

impl<V: Value> Push<V> for ringbuf::HeapProd<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_push(value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        Producer::push_slice(self, values)
    }
}

impl<V: Value> Pop<V> for ringbuf::HeapCons<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_pop()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        let before = into.len();
        into.resize(before + max, V::default());
        let count = self.pop_slice(&mut into[before..]);
        into.truncate(before + count);
        count
    }
}
