//! Plain memory between the caller's code and the slots: vectors, slices, iterators, closures.
//!
//! Each function is given the way to push or pop a run of values as one batch, and is used by all
//! the kinds of ends.

use std::mem::MaybeUninit;

use super::error::PushManyError;

/// How many values of an iterator, or for a closure, are claimed at a time.
const BUFFER: usize = 32;

/// Up to [`BUFFER`] values; dropped with it.
struct Buffer<T> {
    values: [MaybeUninit<T>; BUFFER],
    /// Values stand from `first` to `end`.
    first: usize,
    end: usize,
}

impl<T> Buffer<T> {
    fn new() -> Self {
        Self {
            values: [const { MaybeUninit::uninit() }; BUFFER],
            first: 0,
            end: 0,
        }
    }

    fn next(&mut self) -> Option<T> {
        if self.first == self.end {
            return None;
        }
        self.first += 1;
        // SAFETY: a value stood there, and is out of the range from now on.
        Some(unsafe { self.values[self.first - 1].assume_init_read() })
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        let left = &raw mut self.values[self.first..self.end];
        // SAFETY: values stand from `first` to `end`, each once; a slice's drop goes on when one
        // of them panics.
        unsafe { (left as *mut [T]).drop_in_place() };
    }
}

/// Pushes the first values of a vector, as many as there is room for, and removes them from it.
///
/// # Safety
/// `push` moves out as many of the values it is pointed to as it says.
#[inline]
pub(super) unsafe fn push_vec<T>(
    values: &mut Vec<T>,
    push: impl FnOnce(*const T, usize) -> usize,
) -> usize {
    let count = values.len();
    let pushed = push(values.as_ptr(), count);
    // SAFETY: the first `pushed` are moved out, and `push` runs nobody's code; the others move to
    // the front.
    unsafe {
        let start = values.as_mut_ptr();
        start.copy_from(start.add(pushed), count - pushed);
        values.set_len(count - pushed);
    }
    pushed
}

/// Pulls values from the iterator into a buffer, and pushes them from there.
///
/// # Safety
/// As [`push_vec`].
#[inline]
pub(super) unsafe fn push_many<T, I: ExactSizeIterator<Item = T>>(
    mut values: I,
    mut push: impl FnMut(*const T, usize) -> usize,
) -> Result<usize, PushManyError<T, I>> {
    let mut pushed = 0;
    loop {
        let mut buffer = Buffer::new();
        // A panic of the iterator's finds the values in the buffer: they are dropped with it.
        for value in values.by_ref().take(BUFFER) {
            buffer.values[buffer.end].write(value);
            buffer.end += 1;
        }
        if buffer.end == 0 {
            return Ok(pushed);
        }
        buffer.first = push(buffer.values.as_ptr().cast(), buffer.end);
        pushed += buffer.first;
        if buffer.first < buffer.end {
            let rest: Vec<T> = std::iter::from_fn(|| buffer.next()).collect();
            let rest = rest.into_iter().chain(values);
            return Err(PushManyError { pushed, rest });
        }
    }
}

/// Appends what `pop` gives to a vector, `max` values at most.
///
/// # Safety
/// `pop` moves in as many values as it says, and no more than it is told there is room for.
#[inline]
pub(super) unsafe fn pop_many<T>(
    max: usize,
    there: impl FnOnce() -> usize,
    into: &mut Vec<T>,
    pop: impl FnOnce(*mut T, usize) -> usize,
) -> usize {
    if into.capacity() - into.len() < max {
        into.reserve(max.min(there().max(1)));
    }
    let room = (into.capacity() - into.len()).min(max);
    let popped = pop(into.spare_capacity_mut().as_mut_ptr().cast(), room);
    // SAFETY: so many values were moved in behind the last.
    unsafe { into.set_len(into.len() + popped) };
    popped
}

/// Hands what `pop` gives to `sink`, by way of a buffer, until there is no more or it were `max`.
///
/// # Safety
/// As [`pop_many`].
#[inline]
pub(super) unsafe fn pop_each<T>(
    max: usize,
    mut sink: impl FnMut(T),
    mut pop: impl FnMut(*mut T, usize) -> usize,
) -> usize {
    let mut popped = 0;
    while popped < max {
        let mut buffer = Buffer::new();
        let asked = (max - popped).min(BUFFER);
        buffer.end = pop(buffer.values.as_mut_ptr().cast(), asked);
        let came = buffer.end;
        popped += came;
        // A panic of the sink's finds the others in the buffer: they are dropped with it.
        while let Some(value) = buffer.next() {
            sink(value);
        }
        if came < asked {
            break;
        }
    }
    popped
}
