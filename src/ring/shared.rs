//! The ring's own methods: any thread, by shared reference, without memory of where it was.

use super::buffer;
use super::drain::{Drain, IntoIter};
use super::error::{PushError, PushManyError};
use super::handle::Handle;
use super::queue::Ring;
use super::side::Shared;
use super::word::{CLOSED, WAITING};

/// What a claim found beside the index: whether somebody waits for what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marked(bool);

impl Marked {
    /// Somebody waits on the other side, and must be told.
    pub(crate) fn waiting(self) -> bool {
        self.0
    }

    #[inline(always)]
    fn from_word(word: usize) -> Self {
        Self(word & WAITING != 0)
    }
}

impl<T> Ring<T> {
    /// Adds a value at the end, or hands it back when the queue is full or closed.
    ///
    /// # Errors
    /// [`PushError::Full`] with the value when `capacity` items were in the queue at one moment
    /// during the call; [`PushError::Closed`] when it was closed.
    #[inline]
    pub fn push(&self, value: T) -> Result<(), PushError<T>> {
        self.push_marked(value).map(|_| ())
    }

    /// Takes the oldest value, or `None` when the queue was empty at one moment during the call.
    #[inline]
    pub fn pop(&self) -> Option<T> {
        Some(self.pop_marked()?.0)
    }

    /// As [`Ring::push`]; whether somebody waited for it.
    #[inline]
    pub(crate) fn push_marked(&self, value: T) -> Result<Marked, PushError<T>> {
        let mut word = self.tail_seen();
        if word & CLOSED != 0 {
            return Err(PushError::Closed(value));
        }
        let claimed = self.push_at::<Shared, Shared>(&mut word, value)?;
        Ok(Marked::from_word(claimed))
    }

    /// As [`Ring::pop`]; whether somebody waited for room.
    #[inline]
    pub(crate) fn pop_marked(&self) -> Option<(T, Marked)> {
        let (value, claimed) = self.pop_at::<Shared, Shared>(&mut self.head_seen())?;
        Some((value, Marked::from_word(claimed)))
    }

    /// Adds a value if that is possible at a glance: for loops that spin. Looks at one slot and
    /// waits for no peer. The value that comes back says only that it was not possible just then;
    /// whether the queue is full or closed, [`Ring::push`] tells.
    ///
    /// # Errors
    /// The value, when the next slot was not free.
    #[inline]
    pub fn try_push(&self, value: T) -> Result<(), T> {
        let mut word = self.tail_seen();
        if word & CLOSED != 0 {
            return Err(value);
        }
        self.try_push_at::<Shared>(&mut word, value)
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
        let mut word = self.tail_seen();
        if word & CLOSED != 0 {
            return Err(PushError::Closed(value));
        }
        self.force_at(&mut word, value)
    }

    /// Adds copies of the first values of a slice, as many as there is room for, as one batch: one
    /// compare-exchange, and nothing of another producer's comes between them. How many; fewer
    /// than asked means full or closed.
    #[inline]
    pub fn push_slice(&self, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: the slice holds so many values, and a `Copy` may be moved out and stay.
        unsafe { self.push_run(values.as_ptr(), values.len()) }.0
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
    #[inline]
    pub fn push_vec(&self, values: &mut Vec<T>) -> usize {
        self.push_vec_marked(values).0
    }

    /// As [`Ring::push_vec`]; whether somebody waited for items.
    #[inline]
    pub(crate) fn push_vec_marked(&self, values: &mut Vec<T>) -> (usize, Marked) {
        let mut marked = Marked(false);
        let push = |start: *const T, count: usize| {
            // SAFETY: the vector holds so many values.
            let (pushed, waiting) = unsafe { self.push_run(start, count) };
            marked = waiting;
            pushed
        };
        // SAFETY: `push_run` moves out as many as it says.
        let pushed = unsafe { buffer::push_vec(values, push) };
        (pushed, marked)
    }

    /// Adds an iterator's values, as batches of up to 32: the iterator's code runs before a batch
    /// is claimed, never within. How many there were.
    ///
    /// # Errors
    /// When not all went in: how many did, and an iterator over all the others.
    ///
    /// # Panics
    /// When the iterator does. What was pulled from it and not pushed yet is dropped.
    #[inline]
    pub fn push_many<I>(&self, values: I) -> Result<usize, PushManyError<T, I::IntoIter>>
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let values = values.into_iter();
        // SAFETY: `push_run` moves out as many as it says.
        unsafe { buffer::push_many(values, |start, count| self.push_run(start, count).0) }
    }

    /// Appends the oldest items to a vector, `max` at most, as one batch: one compare-exchange, and
    /// they stood in the queue one behind the other. How many; 0 means that the queue was empty at
    /// one moment during the call.
    #[inline]
    pub fn pop_many(&self, max: usize, into: &mut Vec<T>) -> usize {
        self.pop_many_marked(max, into).0
    }

    /// As [`Ring::pop_many`]; whether somebody waited for room.
    #[inline]
    pub(crate) fn pop_many_marked(&self, max: usize, into: &mut Vec<T>) -> (usize, Marked) {
        let mut marked = 0;
        let pop = |start: *mut T, room: usize| {
            // SAFETY: the vector has room for so many.
            let (count, word) =
                unsafe { self.pop_into::<Shared>(&mut self.head_seen(), start, room) };
            marked = word;
            count
        };
        // SAFETY: `pop_into` moves in as many as it says.
        let count = unsafe { buffer::pop_many(max, || self.len(), into, pop) };
        (count, Marked::from_word(if count > 0 { marked } else { 0 }))
    }

    /// Hands the oldest items to `sink`, `max` at most, as batches of up to 32: `sink` runs after a
    /// batch has left the queue, never within. How many there were.
    ///
    /// # Panics
    /// When `sink` does. What has left the queue and was not handed over yet is dropped.
    #[inline]
    pub fn pop_each(&self, max: usize, sink: impl FnMut(T)) -> usize {
        let pop = |start: *mut T, room: usize| {
            // SAFETY: the buffer has room for so many.
            unsafe { self.pop_into::<Shared>(&mut self.head_seen(), start, room) }.0
        };
        // SAFETY: `pop_into` moves in as many as it says.
        unsafe { buffer::pop_each(max, sink, pop) }
    }

    /// How many were pushed, and whether somebody waited for them.
    ///
    /// # Safety
    /// `start` points to `count` values; as many as are pushed are moved out.
    #[inline]
    unsafe fn push_run(&self, start: *const T, count: usize) -> (usize, Marked) {
        let mut word = self.tail_seen();
        if word & CLOSED != 0 {
            return (0, Marked(false));
        }
        // SAFETY: as the caller says.
        let (pushed, claimed) = unsafe { self.push_from::<Shared>(&mut word, start, count) };
        (
            pushed,
            Marked::from_word(if pushed > 0 { claimed } else { 0 }),
        )
    }

    /// An iterator that pops until the queue is empty; what is pushed meanwhile comes too. Dropping
    /// it leaves the rest in the queue.
    pub fn drain(&self) -> Drain<'_, T> {
        Drain::new(self)
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
        IntoIter::new(self)
    }
}
