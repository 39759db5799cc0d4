//! Plain memory between the caller's code and the slots: vectors, slices, iterators, closures.
//!
//! Each function is given the way to push or pop a run of values as one batch, and is used by all
//! the kinds of ends.

use std::mem::MaybeUninit;

use super::error::PushManyError;

/// How many values of an iterator, or for a closure, are claimed at a time.
const BUFFER: usize = 32;

/// Larger values are buffered on the heap: the stack of a thread may be small.
const ON_STACK_BYTES_MAX: usize = 128;

type Places<T> = [MaybeUninit<T>; BUFFER];

/// Up to [`BUFFER`] values; dropped with it.
struct Buffer<'a, T> {
    values: &'a mut [MaybeUninit<T>],
    /// Values stand from `first` to `end`.
    first: usize,
    end: usize,
}

#[inline(always)]
fn places<T>() -> Places<T> {
    [const { MaybeUninit::uninit() }; BUFFER]
}

fn places_on_heap<T>() -> Vec<MaybeUninit<T>> {
    let mut places = Vec::with_capacity(BUFFER);
    places.resize_with(BUFFER, MaybeUninit::uninit);
    places
}

impl<'a, T> Buffer<'a, T> {
    #[inline(always)]
    fn over(values: &'a mut [MaybeUninit<T>]) -> Self {
        Self {
            values,
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

impl<T> Drop for Buffer<'_, T> {
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
    values: I,
    push: impl FnMut(*const T, usize) -> usize,
) -> Result<usize, PushManyError<T, I>> {
    if size_of::<T>() <= ON_STACK_BYTES_MAX {
        push_by_stack(values, push)
    } else {
        push_by(&mut places_on_heap(), values, push)
    }
}

/// By itself, so that the others' frames are small.
#[inline(never)]
fn push_by_stack<T, I: ExactSizeIterator<Item = T>>(
    values: I,
    push: impl FnMut(*const T, usize) -> usize,
) -> Result<usize, PushManyError<T, I>> {
    push_by(&mut places(), values, push)
}

#[inline]
fn push_by<T, I: ExactSizeIterator<Item = T>>(
    places: &mut [MaybeUninit<T>],
    mut values: I,
    mut push: impl FnMut(*const T, usize) -> usize,
) -> Result<usize, PushManyError<T, I>> {
    let mut pushed = 0;
    loop {
        let mut buffer = Buffer::over(places);
        // A panic of the iterator's finds the values in the buffer: they are dropped with it.
        for value in values.by_ref().take(BUFFER) {
            buffer.values[buffer.end].write(value);
            buffer.end += 1;
        }
        let pulled = buffer.end;
        buffer.first = match pulled {
            0 => 0,
            _ => push(buffer.values.as_ptr().cast(), pulled),
        };
        pushed += buffer.first;
        if buffer.first < buffer.end {
            let rest: Vec<T> = std::iter::from_fn(|| buffer.next()).collect();
            let rest = rest.into_iter().chain(values);
            return Err(PushManyError { pushed, rest });
        }
        if pulled < BUFFER {
            return Ok(pushed);
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
        let items = there();
        if items == 0 {
            return 0;
        }
        into.reserve(max.min(items));
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
    sink: impl FnMut(T),
    pop: impl FnMut(*mut T, usize) -> usize,
) -> usize {
    if size_of::<T>() <= ON_STACK_BYTES_MAX {
        pop_by_stack(max, sink, pop)
    } else {
        pop_by(&mut places_on_heap(), max, sink, pop)
    }
}

/// By itself, so that the others' frames are small.
#[inline(never)]
fn pop_by_stack<T>(
    max: usize,
    sink: impl FnMut(T),
    pop: impl FnMut(*mut T, usize) -> usize,
) -> usize {
    pop_by(&mut places(), max, sink, pop)
}

#[inline]
fn pop_by<T>(
    places: &mut [MaybeUninit<T>],
    max: usize,
    mut sink: impl FnMut(T),
    mut pop: impl FnMut(*mut T, usize) -> usize,
) -> usize {
    let mut popped = 0;
    while popped < max {
        let mut buffer = Buffer::over(places);
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
