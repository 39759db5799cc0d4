//! The ring's own methods: any thread, by shared reference, without memory of where it was.

use super::drain::{Drain, IntoIter};
use super::error::{PushError, PushManyError};
use super::word::{CLOSED, WAITING};
use super::{handle::Handle, queue::Ring, side::Shared, single::LOOK, way::Way};
use crate::sync::Ordering;

impl<T> Ring<T> {
    /// Adds a value at the end, or hands it back when the queue is full or closed.
    ///
    /// # Errors
    /// [`PushError::Full`] with the value when `capacity` items were in the queue at one moment
    /// during the call; [`PushError::Closed`] when it was closed.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), PushError<T>> {
        self.push_marked(value).map(drop)
    }

    /// Takes the oldest value, or `None` when the queue was empty at one moment during the call.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        Some(self.pop_marked()?.0)
    }

    /// As [`Ring::push`]; whether somebody waits for items, and must be told.
    #[inline]
    pub(crate) fn push_marked(&self, value: T) -> Result<bool, PushError<T>> {
        let Some(mut tail) = self.open_tail() else { return Err(PushError::Closed(value)) };
        Ok(self.push_at::<Shared, Shared, LOOK>(&mut tail, value)? & WAITING != 0)
    }

    /// As [`Ring::pop`]; whether somebody waits for room, and must be told.
    #[inline]
    pub(crate) fn pop_marked(&self) -> Option<(T, bool)> {
        let (value, claimed) = self.pop_at::<Shared, Shared, LOOK>(&mut self.head_seen())?;
        Some((value, claimed & WAITING != 0))
    }

    /// Asks that whoever moves the word next, by a push or by a pop, be told that somebody waits
    /// for it, or asks no more. Then the caller looks again: it is there, or who brings it is told.
    pub(crate) fn mark<W: Way>(&self, waits: bool) {
        if waits {
            W::word(self).fetch_or(WAITING, Ordering::Relaxed);
        } else {
            W::word(self).fetch_and(!WAITING, Ordering::Relaxed);
        }
    }

    /// Where the tail is, unless it is closed.
    #[inline(always)]
    fn open_tail(&self) -> Option<usize> {
        let tail = self.tail_seen();
        (tail & CLOSED == 0).then_some(tail)
    }

    /// Adds a value if that is possible at a glance: for loops that spin. Looks at one slot and
    /// waits for no peer. The value that comes back says only that it was not possible just then;
    /// whether the queue is full or closed, [`Ring::push`] tells.
    ///
    /// # Errors
    /// The value, when the next slot was not free.
    #[inline]
    pub fn try_push(&self, value: T) -> Result<(), T> {
        let Some(mut tail) = self.open_tail() else { return Err(value) };
        self.try_push_at::<Shared>(&mut tail, value)
    }

    /// Takes the oldest value if it is there at a glance: for loops that spin. Looks at one slot
    /// and waits for no peer. `None` says only that there was nothing just then in the slot that
    /// is next; a value pushed behind one that is being pushed is not found. Whether the queue is
    /// empty, [`Ring::pop`] tells.
    #[inline]
    pub fn try_pop(&self) -> Option<T> {
        self.try_pop_at::<Shared>(&mut self.head_seen())
    }

    /// Adds a value at the end; when the queue is full, takes the oldest item out to make room and
    /// gives it. No more than that one item goes, and none when a consumer was quicker.
    ///
    /// # Errors
    /// [`PushError::Closed`] with the value, and then nothing was taken out.
    pub fn force_push(&self, value: T) -> Result<Option<T>, PushError<T>> {
        self.force_at(&mut (self.tail_seen() & !CLOSED), value)
    }

    /// Adds copies of the first values of a slice, as many as there is room for, as one batch: one
    /// compare-exchange, and nothing of another producer's comes between them. How many; fewer
    /// than asked means full or closed.
    pub fn push_slice(&self, values: &[T]) -> usize
    where
        T: Copy,
    {
        self.push_slice_at::<Shared>(&mut self.tail_seen(), values)
    }

    /// Moves the first values out of a vector, as many as there is room for, as one batch. How
    /// many; the others stay in it. Fewer than it held means full or closed.
    ///
    /// ```
    /// let ring = windlass::ring::Ring::new(2);
    /// let mut values = vec!["a", "b", "c"];
    /// assert_eq!(ring.push_vec(&mut values), 2);
    /// assert_eq!(values, ["c"]);
    /// ```
    pub fn push_vec(&self, values: &mut Vec<T>) -> usize {
        self.push_vec_marked(values).0
    }

    /// As [`Ring::push_vec`]; whether somebody waits for items, if any were pushed.
    pub(crate) fn push_vec_marked(&self, values: &mut Vec<T>) -> (usize, bool) {
        let (pushed, word) = self.push_vec_at::<Shared>(&mut self.tail_seen(), values);
        (pushed, word & WAITING != 0)
    }

    /// Adds an iterator's values, as batches of up to 32: the iterator's code runs before a batch
    /// is claimed, never within. How many there were.
    ///
    /// # Errors
    /// When not all went in: how many did, and an iterator over all the others.
    ///
    /// # Panics
    /// When the iterator does. What was pulled from it and not pushed yet is dropped.
    pub fn push_many<I>(&self, values: I) -> Result<usize, PushManyError<T, I::IntoIter>>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        self.push_many_at::<Shared, _>(&mut self.tail_seen(), values.into_iter())
    }

    /// Appends the oldest items to a vector, `max` at most, as one batch: one compare-exchange, and
    /// they stood in the queue one behind the other. How many; 0 means that the queue was empty at
    /// one moment during the call.
    pub fn pop_many(&self, max: usize, into: &mut Vec<T>) -> usize {
        self.pop_many_marked(max, into).0
    }

    /// As [`Ring::pop_many`]; whether somebody waits for room, if any were popped.
    pub(crate) fn pop_many_marked(&self, max: usize, into: &mut Vec<T>) -> (usize, bool) {
        let (popped, word) = self.pop_many_at::<Shared>(&mut self.head_seen(), max, into);
        (popped, word & WAITING != 0)
    }

    /// Hands the oldest items to `sink`, `max` at most, as batches of up to 32: `sink` runs after a
    /// batch has left the queue, never within. How many there were.
    ///
    /// # Panics
    /// When `sink` does. What has left the queue and was not handed over yet is dropped.
    pub fn pop_each(&self, max: usize, sink: impl FnMut(T)) -> usize {
        self.pop_each_at::<Shared>(&mut self.head_seen(), max, sink)
    }

    /// An iterator that pops until the queue is empty; what is pushed meanwhile comes too. Dropping
    /// it leaves the rest in the queue.
    pub fn drain(&self) -> Drain<'_, T> {
        Drain(self.handle())
    }

    /// An end of this ring's that remembers where it was: faster for a thread that comes often.
    pub fn handle(&self) -> Handle<&Self> {
        Handle::new(self)
    }
}

impl<T> IntoIterator for Ring<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    /// The items, oldest first.
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self)
    }
}
