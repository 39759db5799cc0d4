//! Iterators over what is in a ring.

use super::queue::Ring;
use super::side::Shared;

/// Pops until the ring is empty; made by [`Ring::drain`].
#[derive(Debug)]
pub struct Drain<'a, T> {
    ring: &'a Ring<T>,
    head: usize,
}

impl<'a, T> Drain<'a, T> {
    pub(super) fn new(ring: &'a Ring<T>) -> Self {
        let head = ring.head_seen();
        Self { ring, head }
    }
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let popped = self.ring.pop_at::<Shared, Shared>(&mut self.head);
        popped.map(|(value, _)| value)
    }
}

/// The items of a ring that is no more; made by its `into_iter`. Drops what is left with it.
#[derive(Debug)]
pub struct IntoIter<T> {
    ring: Ring<T>,
}

impl<T> IntoIter<T> {
    pub(super) fn new(ring: Ring<T>) -> Self {
        Self { ring }
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let popped = self
            .ring
            .pop_at::<Shared, Shared>(&mut self.ring.head_seen());
        popped.map(|(value, _)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.ring.len();
        (len, Some(len))
    }
}

impl<T> ExactSizeIterator for IntoIter<T> {}
impl<T> std::iter::FusedIterator for IntoIter<T> {}
