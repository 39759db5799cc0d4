//! Iterators over what is in a ring.

use super::{handle::Handle, queue::Ring};

/// Pops until the ring is empty; made by [`Ring::drain`].
#[derive(Debug)]
pub struct Drain<'a, T>(pub(super) Handle<&'a Ring<T>>);

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.pop()
    }
}

/// The items of a ring that is no more; made by its `into_iter`. Drops what is left with it.
#[derive(Debug)]
pub struct IntoIter<T>(pub(super) Ring<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.0.len();
        (len, Some(len))
    }
}

impl<T> ExactSizeIterator for IntoIter<T> {}
impl<T> std::iter::FusedIterator for IntoIter<T> {}
