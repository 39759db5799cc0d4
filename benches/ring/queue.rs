//! What a workload sees of a queue: ends for its threads, so that each workload is written once.
//!
//! A thread owns its end: a handle that remembers something, a clone of a sender, a reference. Ends
//! are made before the clock starts.

use windlass_benches::{Batch, Group, Role};

/// What passes through a queue: a number, in one word or in a whole cache line of them.
pub(crate) trait Value: Copy + Default + Send + Sync + 'static {
    /// How the element is named in ids.
    const NAME: &'static str;

    fn of(number: u64) -> Self;

    fn number(self) -> u64;

    /// Whether no part of it comes from another value.
    fn is_whole(&self) -> bool;
}

impl Value for u64 {
    const NAME: &'static str = "u64";

    #[inline]
    fn of(number: u64) -> Self {
        number
    }

    #[inline]
    fn number(self) -> u64 {
        self
    }

    #[inline]
    fn is_whole(&self) -> bool {
        true
    }
}

/// 64 bytes.
pub(crate) type Line = [u64; 8];

impl Value for Line {
    const NAME: &'static str = "64B";

    #[inline]
    fn of(number: u64) -> Self {
        [number; 8]
    }

    #[inline]
    fn number(self) -> u64 {
        self[0]
    }

    #[inline]
    fn is_whole(&self) -> bool {
        self.iter().all(|word| *word == self[0])
    }
}

/// A producer's end.
pub(crate) trait Push<V: Value>: Send {
    /// Hands the value back when the queue is full.
    fn push(&mut self, value: V) -> Result<(), V>;

    /// How many values from the front went in. One by one, where the queue has no batches.
    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        let refused = values.iter().position(|value| self.push(*value).is_err());
        refused.unwrap_or(values.len())
    }
}

/// A consumer's end.
pub(crate) trait Pop<V: Value>: Send {
    fn pop(&mut self) -> Option<V>;

    /// `None` only when the queue was empty, where `pop` may fail for less.
    #[inline]
    fn pop_exact(&mut self) -> Option<V> {
        self.pop()
    }

    /// Appends up to `max` values and tells how many. One by one, where the queue has no batches;
    /// all there is, where its batches know no limit.
    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        let before = into.len();
        into.extend(std::iter::from_fn(|| self.pop()).take(max));
        into.len() - before
    }
}

impl<V: Value, P: Push<V>> Push<V> for &mut P {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        (**self).push(value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        (**self).push_slice(values)
    }
}

impl<V: Value, P: Pop<V>> Pop<V> for &mut P {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        (**self).pop()
    }

    #[inline]
    fn pop_exact(&mut self) -> Option<V> {
        (**self).pop_exact()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        (**self).pop_many(max, into)
    }
}

/// A bounded queue.
pub(crate) trait Queue<V: Value>: Send + Sized + 'static {
    const NAME: &'static str;
    const ROLE: Role;
    /// More producers than this it cannot have.
    const PRODUCERS_MAX: usize = usize::MAX;
    /// More consumers than this it cannot have.
    const CONSUMERS_MAX: usize = usize::MAX;

    type Push<'a>: Push<V>;
    type Pop<'a>: Pop<V>;
    /// What a thread holds that does both.
    type Both<'a>: Push<V> + Pop<V>;

    fn bounded(capacity: usize) -> Self;

    fn ends(&mut self, producers: usize, consumers: usize) -> Ends<Self::Push<'_>, Self::Pop<'_>>;

    fn both(&mut self, threads: usize) -> Vec<Self::Both<'_>>;
}

/// The ends of all producers, and of all consumers.
pub(crate) type Ends<P, C> = (Vec<P>, Vec<C>);

/// How a workload uses the queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) capacity: usize,
    pub(crate) producers: usize,
    pub(crate) consumers: usize,
}

impl Shape {
    /// Of one thread, or of one to one.
    pub(crate) fn single(capacity: usize) -> Self {
        Self::of(capacity, 1, 1)
    }

    pub(crate) fn of(capacity: usize, producers: usize, consumers: usize) -> Self {
        Self { capacity, producers, consumers }
    }
}

/// One workload for all queues.
pub(crate) trait Workload<V: Value>: Copy + 'static {
    /// Does `ops` operations on an empty queue, leaves it empty, and checks what came out.
    fn run<Q: Queue<V>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String>;
}

/// Adds one contender with a queue of its own, unless it cannot have so many ends.
pub(crate) fn contender<V: Value, Q: Queue<V>>(
    group: &mut Group<'_>,
    shape: Shape,
    workload: impl Workload<V>,
) {
    if shape.producers > Q::PRODUCERS_MAX || shape.consumers > Q::CONSUMERS_MAX {
        return;
    }
    let mut queue = Q::bounded(shape.capacity);
    group.checked(Q::NAME, Q::ROLE, move |ops| workload.run(&mut queue, ops));
}
