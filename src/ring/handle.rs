//! A thread's own way into a shared ring: remembers where it was.
//!
//! A handle begins with the compare-exchange, on the index it last left: no load of the contended
//! word comes before. A wrong guess costs a look at a slot, or a failed compare-exchange that
//! brings the right index; it is never believed, since the slot's stamp and the exchange validate
//! it.

use std::ops::Deref;

use super::calls::{pops, pushes};
use super::error::{PushError, PushManyError};
use super::side::{Shared, sealed::Side};
use super::{queue::Ring, single::LOOK, word::CLOSED};

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

    pushes!(tail, Shared, Shared);
    pops!(head, Shared, Shared);

    /// As [`Ring::force_push`].
    ///
    /// # Errors
    /// As [`Ring::force_push`].
    pub fn force_push(&mut self, value: T) -> Result<Option<T>, PushError<T>> {
        self.ring.force_at(&mut self.tail, value)
    }
}
