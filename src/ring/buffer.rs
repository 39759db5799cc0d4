//! Plain memory between the caller's code and the slots: slices, vectors, iterators, closures. Used
//! by all the kinds of ends, each with its own guess of the index.

use std::mem::MaybeUninit;

use super::way::{Pop, Push};
use super::{error::PushManyError, queue::Ring, side::sealed::Side};

/// How many values of an iterator, or for a closure, are claimed at a time.
const BUFFER: usize = 32;

/// Larger values are buffered on the heap: the stack of a thread may be small.
const ON_STACK_BYTES_MAX: usize = 128;

/// Up to [`BUFFER`] values; dropped with it.
struct Buffer<'a, T> {
    places: &'a mut [MaybeUninit<T>],
    /// Values stand from `first` to `end`.
    first: usize,
    end: usize,
}

impl<T> Iterator for Buffer<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.first == self.end {
            return None;
        }
        self.first += 1;
        // SAFETY: a value stood there, and is out of the range from now on.
        Some(unsafe { self.places[self.first - 1].assume_init_read() })
    }
}

impl<T> Drop for Buffer<'_, T> {
    fn drop(&mut self) {
        let left = &raw mut self.places[self.first..self.end];
        // SAFETY: values stand from `first` to `end`, each once; a slice's drop goes on when one
        // of them panics.
        unsafe { (left as *mut [T]).drop_in_place() };
    }
}

#[inline(always)]
fn with_places<T, R>(work: impl FnOnce(&mut [MaybeUninit<T>]) -> R) -> R {
    if size_of::<T>() <= ON_STACK_BYTES_MAX {
        with_places_on_stack(work)
    } else {
        work(&mut Box::new_uninit_slice(BUFFER))
    }
}

/// By itself, so that the others' frames are small.
#[inline(never)]
fn with_places_on_stack<T, R>(work: impl FnOnce(&mut [MaybeUninit<T>]) -> R) -> R {
    work(&mut [const { MaybeUninit::uninit() }; BUFFER])
}

impl<T> Ring<T> {
    /// # Safety
    /// `values` points to `count` values; those that were pushed are moved out.
    #[inline]
    unsafe fn push_from<P: Side>(
        &self,
        tail: &mut usize,
        values: *const T,
        count: usize,
    ) -> (usize, usize) {
        if P::SOLE && self.is_left() {
            return (0, *tail);
        }
        // SAFETY: as the caller says; the values are only read.
        unsafe { self.pass::<Push, P>(tail, values.cast_mut(), count) }
    }

    /// As [`Ring::push_slice`].
    #[inline]
    pub(super) fn push_slice_at<P: Side>(&self, tail: &mut usize, values: &[T]) -> usize
    where
        T: Copy,
    {
        // SAFETY: the slice holds so many values, and a `Copy` may be moved out and stay.
        unsafe { self.push_from::<P>(tail, values.as_ptr(), values.len()) }.0
    }

    /// As [`Ring::push_vec`]; the word that the claim moved.
    #[inline]
    pub(super) fn push_vec_at<P: Side>(
        &self,
        tail: &mut usize,
        values: &mut Vec<T>,
    ) -> (usize, usize) {
        let (start, count) = (values.as_mut_ptr(), values.len());
        // SAFETY: the first `pushed` are moved out, and nobody's code runs meanwhile; the others
        // move to the front.
        unsafe {
            let (pushed, word) = self.push_from::<P>(tail, start, count);
            start.copy_from(start.add(pushed), count - pushed);
            values.set_len(count - pushed);
            (pushed, word)
        }
    }

    /// As [`Ring::push_many`].
    #[inline]
    pub(super) fn push_many_at<P: Side, I: ExactSizeIterator<Item = T>>(
        &self,
        tail: &mut usize,
        mut values: I,
    ) -> Result<usize, PushManyError<T, I>> {
        // All that the loop uses is moved to its frame.
        with_places(move |places| {
            let mut pushed = 0;
            loop {
                let (places, first, end) = (&mut *places, 0, 0);
                let mut buffer = Buffer { places, first, end };
                // A panic of the iterator's finds the values in the buffer: dropped with it.
                for value in values.by_ref().take(BUFFER) {
                    buffer.places[buffer.end].write(value);
                    buffer.end += 1;
                }
                let (start, pulled) = (buffer.places.as_ptr().cast(), buffer.end);
                // SAFETY: so many values stand there; those that are pushed leave the range.
                buffer.first = unsafe { self.push_from::<P>(tail, start, pulled) }.0;
                pushed += buffer.first;
                if buffer.first < pulled {
                    let rest = buffer.collect::<Vec<T>>().into_iter().chain(values);
                    return Err(PushManyError { pushed, rest });
                }
                if pulled < BUFFER {
                    return Ok(pushed);
                }
            }
        })
    }

    /// As [`Ring::pop_many`]; the word that the claim moved.
    #[inline]
    pub(super) fn pop_many_at<C: Side>(
        &self,
        head: &mut usize,
        max: usize,
        into: &mut Vec<T>,
    ) -> (usize, usize) {
        if into.capacity() - into.len() < max {
            let items = self.len();
            if items == 0 {
                return (0, *head);
            }
            into.reserve(max.min(items));
        }
        let room = (into.capacity() - into.len()).min(max);
        let start = into.spare_capacity_mut().as_mut_ptr().cast();
        // SAFETY: there is room for so many; as many as were popped stand behind the last.
        unsafe {
            let (popped, word) = self.pass::<Pop, C>(head, start, room);
            into.set_len(into.len() + popped);
            (popped, word)
        }
    }

    /// As [`Ring::pop_each`].
    #[inline]
    pub(super) fn pop_each_at<C: Side>(
        &self,
        head: &mut usize,
        max: usize,
        mut sink: impl FnMut(T),
    ) -> usize {
        with_places(move |places| {
            let mut popped = 0;
            while popped < max {
                let asked = (max - popped).min(BUFFER);
                let start = places.as_mut_ptr().cast();
                // SAFETY: there is room for so many.
                let (came, _) = unsafe { self.pass::<Pop, C>(head, start, asked) };
                popped += came;
                let (places, first, end) = (&mut *places, 0, came);
                // A panic of the sink's finds the others in the buffer: they are dropped with it.
                Buffer { places, first, end }.for_each(&mut sink);
                if came < asked {
                    break;
                }
            }
            popped
        })
    }
}
