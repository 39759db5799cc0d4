//! Ends with a type each: producers that only push, consumers that only pop, sole or shared.
//!
//! A sole end cannot be cloned and takes `&mut self`, so nobody else moves its index: it needs no
//! compare-exchange, and it knows its index without reading it. The algorithm is the same, with the
//! claim made by a plain store.

use std::fmt;
use std::marker::PhantomData;

use super::buffer;
use super::error::{PushError, PushManyError};
use super::queue::Ring;
use super::side::{Shared, Side, Sole};
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
    // A sole producer asks how many hold the ring, and marks nothing but its own end.
    let closing = |marks: bool| {
        let ring = ring.clone();
        Arc::new(Closing { ring, marks })
    };
    let producer = Producer {
        tail: ring.tail_seen(),
        _last: closing(true),
        ring: ring.clone(),
        sides: PhantomData,
    };
    let consumer = Consumer {
        head: ring.head_seen(),
        _last: closing(!P::SOLE),
        ring,
        sides: PhantomData,
    };
    (producer, consumer)
}

/// Closes the ring when the last end of a side goes: by a mark in the tail, unless that belongs to
/// a sole producer who is still there.
struct Closing<T> {
    ring: Arc<Ring<T>>,
    marks: bool,
}

impl<T> Drop for Closing<T> {
    fn drop(&mut self) {
        if self.marks {
            self.ring.close();
        }
    }
}

/// How often a sole end holds the ring: itself and by [`Closing`].
const HELD_BY_ONE_END: usize = 2;

/// The pushing end of a ring: `P` says whether it is the only one, `C` whether the consumer is.
pub struct Producer<T, P, C> {
    ring: Arc<Ring<T>>,
    tail: usize,
    _last: Arc<Closing<T>>,
    sides: PhantomData<fn() -> (P, C)>,
}

/// The popping end of a ring: `C` says whether it is the only one, `P` whether the producer is.
pub struct Consumer<T, C, P> {
    ring: Arc<Ring<T>>,
    head: usize,
    _last: Arc<Closing<T>>,
    sides: PhantomData<fn() -> (P, C)>,
}

impl<T, C> Clone for Producer<T, Shared, C> {
    fn clone(&self) -> Self {
        Self {
            ring: self.ring.clone(),
            tail: self.tail,
            _last: self._last.clone(),
            sides: PhantomData,
        }
    }
}

impl<T, P> Clone for Consumer<T, Shared, P> {
    fn clone(&self) -> Self {
        Self {
            ring: self.ring.clone(),
            head: self.head,
            _last: self._last.clone(),
            sides: PhantomData,
        }
    }
}

impl<T, P: Side, C: Side> Producer<T, P, C> {
    /// As [`Ring::push`]. Closed means that no consumer is left; a value pushed while the last one
    /// goes may be lost with it.
    ///
    /// # Errors
    /// As [`Ring::push`].
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), PushError<T>> {
        if P::SOLE && self.is_alone() {
            return Err(PushError::Closed(value));
        }
        let pushed = self.ring.push_at::<P, C>(&mut self.tail, value);
        pushed.map(|_| ())
    }

    /// As [`Ring::try_push`].
    ///
    /// # Errors
    /// As [`Ring::try_push`].
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), T> {
        if P::SOLE && self.is_alone() {
            return Err(value);
        }
        self.ring.try_push_at::<P>(&mut self.tail, value)
    }

    /// As [`Ring::push_slice`].
    #[inline]
    pub fn push_slice(&mut self, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: the slice holds so many values, and a `Copy` may be moved out and stay.
        unsafe { self.push_run(values.as_ptr(), values.len()) }
    }

    /// As [`Ring::push_vec`].
    #[inline]
    pub fn push_vec(&mut self, values: &mut Vec<T>) -> usize {
        // SAFETY: `push_run` moves out as many as it says.
        unsafe { buffer::push_vec(values, |start, count| self.push_run(start, count)) }
    }

    /// As [`Ring::push_many`].
    ///
    /// # Errors
    /// As [`Ring::push_many`].
    ///
    /// # Panics
    /// As [`Ring::push_many`].
    #[inline]
    pub fn push_many<I>(&mut self, values: I) -> Result<usize, PushManyError<T, I::IntoIter>>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let values = values.into_iter();
        // SAFETY: `push_run` moves out as many as it says.
        unsafe { buffer::push_many(values, |start, count| self.push_run(start, count)) }
    }

    /// # Safety
    /// `start` points to `count` values; as many as are pushed are moved out.
    #[inline]
    unsafe fn push_run(&mut self, start: *const T, count: usize) -> usize {
        if P::SOLE && self.is_alone() {
            return 0;
        }
        // SAFETY: as the caller says.
        unsafe { self.ring.push_from::<P>(&mut self.tail, start, count) }.0
    }

    /// Whether no consumer is left, so that whatever push comes hands its value back.
    pub fn is_closed(&self) -> bool {
        if P::SOLE {
            self.is_alone()
        } else {
            self.ring.is_closed()
        }
    }

    /// Nobody but this end holds the ring. A sole end's own stores of the tail could wipe out a
    /// mark there, so it asks the count, which is read often and written seldom.
    #[inline(always)]
    fn is_alone(&self) -> bool {
        Arc::strong_count(&self.ring) == HELD_BY_ONE_END
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

impl<T, C: Side, P: Side> Consumer<T, C, P> {
    /// As [`Ring::pop`].
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let popped = self.ring.pop_at::<P, C>(&mut self.head);
        popped.map(|(value, _)| value)
    }

    /// As [`Ring::try_pop`].
    #[inline]
    pub fn try_pop(&mut self) -> Option<T> {
        self.ring.try_pop_at::<C>(&mut self.head)
    }

    /// As [`Ring::pop_many`].
    #[inline]
    pub fn pop_many(&mut self, max: usize, into: &mut Vec<T>) -> usize {
        let (ring, head) = (&self.ring, &mut self.head);
        // SAFETY: `pop_into` moves in as many as it says, and the vector has room for so many.
        unsafe {
            buffer::pop_many(
                max,
                || ring.len(),
                into,
                |start, room| ring.pop_into::<C>(head, start, room).0,
            )
        }
    }

    /// As [`Ring::pop_each`].
    ///
    /// # Panics
    /// As [`Ring::pop_each`].
    #[inline]
    pub fn pop_each(&mut self, max: usize, sink: impl FnMut(T)) -> usize {
        let (ring, head) = (&self.ring, &mut self.head);
        // SAFETY: `pop_into` moves in as many as it says, and the buffer has room for so many.
        unsafe {
            buffer::pop_each(max, sink, |start, room| {
                ring.pop_into::<C>(head, start, room).0
            })
        }
    }

    /// Whether no producer is left. What is in the queue can still be popped; once a pop then finds
    /// nothing, nothing will come any more.
    pub fn is_closed(&self) -> bool {
        self.ring.is_closed()
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

    /// An iterator that pops until the queue is empty.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + '_ {
        std::iter::from_fn(|| self.pop())
    }

    /// How many items the queue takes.
    pub fn capacity(&self) -> usize {
        self.ring.capacity()
    }
}

impl<T, P, C> fmt::Debug for Producer<T, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Producer").field(&self.ring).finish()
    }
}

impl<T, C, P> fmt::Debug for Consumer<T, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Consumer").field(&self.ring).finish()
    }
}
