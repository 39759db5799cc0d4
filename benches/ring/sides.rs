//! Two families of queues: those used through a reference, and those that come in two halves.

use std::marker::PhantomData;

use windlass_benches::Role;

use crate::queue::{Ends, Pop, Push, Queue, Value};

/// A queue that any thread uses through a reference.
pub(crate) trait Shared<V: Value>: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const ROLE: Role;

    fn bounded(capacity: usize) -> Self;

    fn push(&self, value: V) -> Result<(), V>;

    fn pop(&self) -> Option<V>;

    #[inline]
    fn push_slice(&self, values: &[V]) -> usize {
        let refused = values.iter().position(|value| self.push(*value).is_err());
        refused.unwrap_or(values.len())
    }

    #[inline]
    fn pop_many(&self, max: usize, into: &mut Vec<V>) -> usize {
        let before = into.len();
        into.extend(std::iter::from_fn(|| self.pop()).take(max));
        into.len() - before
    }
}

impl<V: Value, Q: Shared<V>> Push<V> for &Q {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        Q::push(self, value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        Q::push_slice(self, values)
    }
}

impl<V: Value, Q: Shared<V>> Pop<V> for &Q {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        Q::pop(self)
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        Q::pop_many(self, max, into)
    }
}

/// `Q`, which all threads share.
pub(crate) struct ByRef<Q>(Q);

impl<V: Value, Q: Shared<V>> Queue<V> for ByRef<Q> {
    const NAME: &'static str = Q::NAME;
    const ROLE: Role = Q::ROLE;

    type Push<'a> = &'a Q;
    type Pop<'a> = &'a Q;
    type Both<'a> = &'a Q;

    fn bounded(capacity: usize) -> Self {
        Self(Q::bounded(capacity))
    }

    fn ends(&mut self, producers: usize, consumers: usize) -> Ends<&Q, &Q> {
        (vec![&self.0; producers], vec![&self.0; consumers])
    }

    fn both(&mut self, threads: usize) -> Vec<&Q> {
        vec![&self.0; threads]
    }
}

/// Each thread gets a clone.
pub(crate) struct Many<E>(pub(crate) E);

/// There is only one; it is lent.
pub(crate) struct One<E>(pub(crate) E);

/// The producing half of a queue.
pub(crate) trait Producers<V: Value>: Send + 'static {
    const MAX: usize;

    type End<'a>: Push<V>;

    fn ends(&mut self, count: usize) -> Vec<Self::End<'_>>;
}

/// The consuming half of a queue.
pub(crate) trait Consumers<V: Value>: Send + 'static {
    const MAX: usize;

    type End<'a>: Pop<V>;

    fn ends(&mut self, count: usize) -> Vec<Self::End<'_>>;
}

impl<V: Value, E: Push<V> + Clone + 'static> Producers<V> for Many<E> {
    const MAX: usize = usize::MAX;

    type End<'a> = E;

    fn ends(&mut self, count: usize) -> Vec<E> {
        vec![self.0.clone(); count]
    }
}

impl<V: Value, E: Pop<V> + Clone + 'static> Consumers<V> for Many<E> {
    const MAX: usize = usize::MAX;

    type End<'a> = E;

    fn ends(&mut self, count: usize) -> Vec<E> {
        vec![self.0.clone(); count]
    }
}

impl<V: Value, E: Push<V> + 'static> Producers<V> for One<E> {
    const MAX: usize = 1;

    type End<'a> = &'a mut E;

    fn ends(&mut self, count: usize) -> Vec<&mut E> {
        assert!(count == 1, "{count} ends asked of a sole producer");
        vec![&mut self.0]
    }
}

impl<V: Value, E: Pop<V> + 'static> Consumers<V> for One<E> {
    const MAX: usize = 1;

    type End<'a> = &'a mut E;

    fn ends(&mut self, count: usize) -> Vec<&mut E> {
        assert!(count == 1, "{count} ends asked of a sole consumer");
        vec![&mut self.0]
    }
}

/// A queue that comes in two halves.
pub(crate) trait Split<V: Value>: Send + 'static {
    const NAME: &'static str;
    const ROLE: Role;

    type Producers: Producers<V>;
    type Consumers: Consumers<V>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers);
}

/// Both halves of `S`.
pub(crate) struct Halves<V: Value, S: Split<V>> {
    producers: S::Producers,
    consumers: S::Consumers,
    of: PhantomData<fn() -> V>,
}

/// Two ends in one thread.
pub(crate) struct Paired<P, C>(P, C);

impl<V: Value, P: Push<V>, C: Send> Push<V> for Paired<P, C> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.0.push(value)
    }

    #[inline]
    fn push_slice(&mut self, values: &[V]) -> usize {
        self.0.push_slice(values)
    }
}

impl<V: Value, P: Send, C: Pop<V>> Pop<V> for Paired<P, C> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.1.pop()
    }

    #[inline]
    fn pop_exact(&mut self) -> Option<V> {
        self.1.pop_exact()
    }

    #[inline]
    fn pop_many(&mut self, max: usize, into: &mut Vec<V>) -> usize {
        self.1.pop_many(max, into)
    }
}

type PushOf<'a, V, S> = <<S as Split<V>>::Producers as Producers<V>>::End<'a>;
type PopOf<'a, V, S> = <<S as Split<V>>::Consumers as Consumers<V>>::End<'a>;

impl<V: Value, S: Split<V>> Queue<V> for Halves<V, S> {
    const NAME: &'static str = S::NAME;
    const ROLE: Role = S::ROLE;
    const PRODUCERS_MAX: usize = S::Producers::MAX;
    const CONSUMERS_MAX: usize = S::Consumers::MAX;

    type Push<'a> = PushOf<'a, V, S>;
    type Pop<'a> = PopOf<'a, V, S>;
    type Both<'a> = Paired<PushOf<'a, V, S>, PopOf<'a, V, S>>;

    fn bounded(capacity: usize) -> Self {
        let (producers, consumers) = S::bounded(capacity);
        Self { producers, consumers, of: PhantomData }
    }

    fn ends(&mut self, producers: usize, consumers: usize) -> Ends<Self::Push<'_>, Self::Pop<'_>> {
        (self.producers.ends(producers), self.consumers.ends(consumers))
    }

    fn both(&mut self, threads: usize) -> Vec<Self::Both<'_>> {
        let (producers, consumers) = self.ends(threads, threads);
        producers.into_iter().zip(consumers).map(|(push, pop)| Paired(push, pop)).collect()
    }
}
