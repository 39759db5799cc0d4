//! windlass's own ways in: by reference, by handle, by typed ends.

use windlass::ring::{Consumer, Handle, Producer, Ring, Shared as Clones, Side, Sole};
use windlass_benches::Role;

use crate::queue::{Ends, Pop, Push, Queue, Value};
use crate::sides::{Many, One, Shared, Split};

pub(crate) const HANDLE: &str = "windlass Handle";
pub(crate) const WEAK: &str = "windlass Handle, weak poll";
pub(crate) const RING: &str = "windlass Ring";
pub(crate) const SPSC: &str = "windlass spsc";
pub(crate) const WEAK_SPSC: &str = "windlass spsc, weak poll";
pub(crate) const SPMC: &str = "windlass spmc";
pub(crate) const MPSC: &str = "windlass mpsc";

impl<V: Value> Shared<V> for Ring<V> {
    const NAME: &'static str = RING;
    const ROLE: Role = Role::Subject;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_value())
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.pop()
    }

    #[inline]
    fn push_slice(&self, values: &[V]) -> usize {
        self.push_slice(values)
    }

    #[inline]
    fn pop_many(&self, max: usize, into: &mut Vec<V>) -> usize {
        self.pop_many(max, into)
    }
}

/// A handle for each thread.
pub(crate) struct Handles<V>(Ring<V>);

impl<V: Value> Queue<V> for Handles<V> {
    const NAME: &'static str = HANDLE;
    const ROLE: Role = Role::Subject;

    type Push<'a> = Handle<&'a Ring<V>>;
    type Pop<'a> = Handle<&'a Ring<V>>;
    type Both<'a> = Handle<&'a Ring<V>>;

    fn bounded(capacity: usize) -> Self {
        Self(Ring::new(capacity))
    }

    fn ends(&mut self, producers: usize, consumers: usize) -> Ends<Self::Push<'_>, Self::Pop<'_>> {
        let handle = self.0.handle();
        (vec![handle.clone(); producers], vec![handle; consumers])
    }

    fn both(&mut self, threads: usize) -> Vec<Self::Both<'_>> {
        vec![self.0.handle(); threads]
    }
}

impl<V: Value> Push<V> for Handle<&Ring<V>> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_value())
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.push_slice(values)
    }
}

impl<V: Value> Pop<V> for Handle<&Ring<V>> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.pop()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        self.pop_many(max, into)
    }
}

/// A handle for each thread, which polls by `try_push` and `try_pop`.
pub(crate) struct WeakHandles<V>(Ring<V>);

#[derive(Clone)]
pub(crate) struct Weak<'a, V>(Handle<&'a Ring<V>>);

impl<V: Value> Queue<V> for WeakHandles<V> {
    const NAME: &'static str = WEAK;
    const ROLE: Role = Role::Subject;

    type Push<'a> = Weak<'a, V>;
    type Pop<'a> = Weak<'a, V>;
    type Both<'a> = Weak<'a, V>;

    fn bounded(capacity: usize) -> Self {
        Self(Ring::new(capacity))
    }

    fn ends(&mut self, producers: usize, consumers: usize) -> Ends<Self::Push<'_>, Self::Pop<'_>> {
        let handle = Weak(self.0.handle());
        (vec![handle.clone(); producers], vec![handle; consumers])
    }

    fn both(&mut self, threads: usize) -> Vec<Self::Both<'_>> {
        vec![Weak(self.0.handle()); threads]
    }
}

impl<V: Value> Push<V> for Weak<'_, V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.0.try_push(value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.0.push_slice(values)
    }
}

impl<V: Value> Pop<V> for Weak<'_, V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.0.try_pop()
    }

    #[inline]
    fn pop_exact(&mut self) -> Option<V> {
        self.0.pop()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        self.0.pop_many(max, into)
    }
}

/// One producer, one consumer.
pub(crate) struct Spsc;

impl<V: Value> Split<V> for Spsc {
    const NAME: &'static str = SPSC;
    const ROLE: Role = Role::Subject;

    type Producers = One<Producer<V, Sole, Sole>>;
    type Consumers = One<Consumer<V, Sole, Sole>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = windlass::ring::spsc(capacity);
        (One(producer), One(consumer))
    }
}

/// One producer, one consumer, who poll by `try_push` and `try_pop`.
pub(crate) struct WeakSpsc;

/// An end that polls weakly.
pub(crate) struct WeakEnd<E>(E);

impl<V: Value> Split<V> for WeakSpsc {
    const NAME: &'static str = WEAK_SPSC;
    const ROLE: Role = Role::Subject;

    type Producers = One<WeakEnd<Producer<V, Sole, Sole>>>;
    type Consumers = One<WeakEnd<Consumer<V, Sole, Sole>>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = windlass::ring::spsc(capacity);
        (One(WeakEnd(producer)), One(WeakEnd(consumer)))
    }
}

impl<V: Value> Push<V> for WeakEnd<Producer<V, Sole, Sole>> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.0.try_push(value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.0.push_slice(values)
    }
}

impl<V: Value> Pop<V> for WeakEnd<Consumer<V, Sole, Sole>> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.0.try_pop()
    }

    #[inline]
    fn pop_exact(&mut self) -> Option<V> {
        self.0.pop()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        self.0.pop_many(max, into)
    }
}

/// One producer.
pub(crate) struct Spmc;

impl<V: Value> Split<V> for Spmc {
    const NAME: &'static str = SPMC;
    const ROLE: Role = Role::Subject;

    type Producers = One<Producer<V, Sole, Clones>>;
    type Consumers = Many<Consumer<V, Clones, Sole>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = windlass::ring::spmc(capacity);
        (One(producer), Many(consumer))
    }
}

/// One consumer.
pub(crate) struct Mpsc;

impl<V: Value> Split<V> for Mpsc {
    const NAME: &'static str = MPSC;
    const ROLE: Role = Role::Subject;

    type Producers = Many<Producer<V, Clones, Sole>>;
    type Consumers = One<Consumer<V, Sole, Clones>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (producer, consumer) = windlass::ring::mpsc(capacity);
        (Many(producer), One(consumer))
    }
}

impl<V: Value, P: Side, C: Side> Push<V> for Producer<V, P, C>
where
    Self: Send,
{
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_value())
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.push_slice(values)
    }
}

impl<V: Value, C: Side, P: Side> Pop<V> for Consumer<V, C, P>
where
    Self: Send,
{
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.pop()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        self.pop_many(max, into)
    }
}
