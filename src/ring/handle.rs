//! A thread's own way into a shared ring: remembers where it was.
//!
//! A handle begins with the compare-exchange, on the index it last left: no load of the contended
//! word comes before. A wrong guess costs a look at a slot, or a failed compare-exchange that
//! brings the right index; it is never believed, since the slot's stamp and the exchange validate
//! it.

use std::ops::Deref;

use super::error::{PushError, PushManyError};
use super::{queue::Ring, side::Shared, single::LOOK, word::CLOSED};

/// A thread's own end of a shared ring: both sides, by exclusive reference.
///
/// `R` is what holds the ring: `&Ring<T>` or `Arc<Ring<T>>`. The ring's questions (`len`,
/// `is_empty`, `close` ..) are asked through it too.
///
/// ```
/// use std::sync::Arc;
/// use windlass::ring::{Handle, Ring};
///
/// let mut mine = Handle::new(Arc::new(Ring::new(64)));
/// let mut yours = mine.clone();
/// std::thread::spawn(move || yours.push(7)).join().unwrap().unwrap();
/// assert_eq!(mine.pop(), Some(7));
/// assert!(mine.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Handle<R> {
    ring: R,
    tail: usize,
    head: usize,
}

impl<R> Deref for Handle<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.ring
    }
}

impl<T, R: Deref<Target = Ring<T>>> Handle<R> {
    /// A handle to the ring that `ring` points to.
    pub fn new(ring: R) -> Self {
        let (tail, head) = (ring.tail_seen() & !CLOSED, ring.head_seen());
        Self { ring, tail, head }
    }

    /// As [`Ring::push`].
    ///
    /// # Errors
    /// As [`Ring::push`].
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), PushError<T>> {
        let pushed = self.ring.push_at::<Shared, Shared, LOOK>(&mut self.tail, value);
        pushed.map(drop)
    }

    /// As [`Ring::pop`].
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let popped = self.ring.pop_at::<Shared, Shared, LOOK>(&mut self.head);
        popped.map(|(value, _)| value)
    }

    /// As [`Ring::try_push`].
    ///
    /// # Errors
    /// As [`Ring::try_push`].
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), T> {
        self.ring.try_push_at::<Shared>(&mut self.tail, value)
    }

    /// As [`Ring::try_pop`].
    #[inline]
    pub fn try_pop(&mut self) -> Option<T> {
        self.ring.try_pop_at::<Shared>(&mut self.head)
    }

    /// As [`Ring::force_push`].
    ///
    /// # Errors
    /// As [`Ring::force_push`].
    pub fn force_push(&mut self, value: T) -> Result<Option<T>, PushError<T>> {
        self.ring.force_at(&mut self.tail, value)
    }

    /// As [`Ring::push_slice`].
    pub fn push_slice(&mut self, values: &[T]) -> usize
    where
        T: Copy,
    {
        self.ring.push_slice_at::<Shared>(&mut self.tail, values)
    }

    /// As [`Ring::push_vec`].
    pub fn push_vec(&mut self, values: &mut Vec<T>) -> usize {
        self.ring.push_vec_at::<Shared>(&mut self.tail, values).0
    }

    /// As [`Ring::push_many`].
    ///
    /// # Errors
    /// As [`Ring::push_many`].
    ///
    /// # Panics
    /// As [`Ring::push_many`].
    pub fn push_many<I>(&mut self, values: I) -> Result<usize, PushManyError<T, I::IntoIter>>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let values = values.into_iter();
        self.ring.push_many_at::<Shared, _>(&mut self.tail, values)
    }

    /// As [`Ring::pop_many`].
    pub fn pop_many(&mut self, max: usize, into: &mut Vec<T>) -> usize {
        self.ring.pop_many_at::<Shared>(&mut self.head, max, into).0
    }

    /// As [`Ring::pop_each`].
    ///
    /// # Panics
    /// As [`Ring::pop_each`].
    pub fn pop_each(&mut self, max: usize, sink: impl FnMut(T)) -> usize {
        self.ring.pop_each_at::<Shared>(&mut self.head, max, sink)
    }
}
