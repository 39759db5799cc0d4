//! Ends with a type each: producers that only push, consumers that only pop, sole or shared.
//!
//! A sole end cannot be cloned and takes `&mut self`, so nobody else moves its index: it needs no
//! compare-exchange, and it knows its index without reading it. The algorithm is the same, with the
//! claim made by a plain store.

use std::marker::PhantomData;

use super::calls::{pops, pushes};
use super::error::{PushError, PushManyError};
use super::side::{Shared, Side, Sole};
use super::way::{Pop, Push, Way};
use super::{queue::Ring, single::LOOK};
use crate::sync::Arc;

/// One producer and one consumer: no compare-exchange on either side.
///
/// ```
/// let (mut producer, mut consumer) = windlass::ring::spsc(8);
/// let thread = std::thread::spawn(move || (1..=3).for_each(|n| producer.push(n).unwrap()));
/// thread.join().unwrap();
/// assert_eq!(consumer.pop(), Some(1));
/// assert!(consumer.is_closed(), "the producer has gone");
/// assert_eq!((consumer.pop(), consumer.pop(), consumer.pop()), (Some(2), Some(3), None));
/// ```
///
/// # Panics
/// As [`Ring::new`].
pub fn spsc<T>(capacity: usize) -> (Producer<T, Sole, Sole>, Consumer<T, Sole, Sole>) {
    ends(capacity)
}

/// One producer, any number of consumers.
///
/// # Panics
/// As [`Ring::new`].
pub fn spmc<T>(capacity: usize) -> (Producer<T, Sole, Shared>, Consumer<T, Shared, Sole>) {
    ends(capacity)
}

/// Any number of producers, one consumer.
///
/// # Panics
/// As [`Ring::new`].
pub fn mpsc<T>(capacity: usize) -> (Producer<T, Shared, Sole>, Consumer<T, Sole, Shared>) {
    ends(capacity)
}

fn ends<T, P: Side, C: Side>(capacity: usize) -> (Producer<T, P, C>, Consumer<T, C, P>) {
    let ring = Arc::new(Ring::new(capacity));
    // The tail's word is a sole producer's alone to change, while it is there.
    (End::first(&ring, true), End::first(&ring, !P::SOLE))
}

/// Closes the ring when the last end of a side goes: by a mark in the tail, or beside it.
struct Closing<T> {
    ring: Arc<Ring<T>>,
    marks: bool,
}

impl<T> Drop for Closing<T> {
    fn drop(&mut self) {
        if self.marks {
            self.ring.close();
        } else {
            self.ring.leave();
        }
    }
}

/// An end has them by type only.
type Sides<W, M, O> = fn() -> (W, M, O);

/// One end of a ring, which pushes or pops as `W` says: `M` says whether it is the only one, `O`
/// whether the other end is.
pub struct End<T, W, M, O> {
    ring: Arc<Ring<T>>,
    /// Where the side's index is, or was.
    at: usize,
    _last: Arc<Closing<T>>,
    sides: PhantomData<Sides<W, M, O>>,
}

/// The pushing end of a ring: `P` says whether it is the only one, `C` whether the consumer is.
pub type Producer<T, P, C> = End<T, Push, P, C>;

/// The popping end of a ring: `C` says whether it is the only one, `P` whether the producer is.
pub type Consumer<T, C, P> = End<T, Pop, C, P>;

impl<T, W, O> Clone for End<T, W, Shared, O> {
    fn clone(&self) -> Self {
        Self { ring: self.ring.clone(), _last: self._last.clone(), ..*self }
    }
}

impl<T, W, M, O> End<T, W, M, O> {
    fn first(ring: &Arc<Ring<T>>, marks: bool) -> Self
    where
        W: Way,
    {
        let _last = Arc::new(Closing { ring: ring.clone(), marks });
        Self { ring: ring.clone(), at: W::seen(ring), _last, sides: PhantomData }
    }

    /// How many items there are, or were a moment ago.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether there is no item, or was none a moment ago.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Whether there is no room, or was none a moment ago.
    pub fn is_full(&self) -> bool {
        self.ring.is_full()
    }

    /// How many items the queue takes.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }
}

impl<T, P: Side, C: Side> Producer<T, P, C> {
    pushes!(at, P, C);

    /// Whether no consumer is left, so that whatever push comes hands its value back.
    pub fn is_closed(&self) -> bool {
        if P::SOLE { self.ring.is_left() } else { self.ring.is_closed() }
    }
}

impl<T, C: Side, P: Side> Consumer<T, C, P> {
    pops!(at, C, P);

    /// Whether no producer is left. What is in the queue can still be popped; once a pop then finds
    /// nothing, nothing will come any more.
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
    }

    /// An iterator that pops until the queue is empty.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.pop())
    }
}

shows!([T, W, M, O] End<T, W, M, O>: |own| End { ring: own.ring });
