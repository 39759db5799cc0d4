//! `std::task::Waker` over a task cell: each waker is one reference.

use std::{
    mem::ManuallyDrop, ptr, ptr::NonNull, task::RawWaker, task::RawWakerVTable, task::Waker,
};

use super::{header::TaskRef, state::State};

static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |data| {
        // SAFETY: the waker that is cloned holds a reference, or is borrowed from a poll.
        unsafe { task(data).add_reference() };
        RawWaker::new(data, &VTABLE)
    },
    // SAFETY: the waker holds a reference, which ends with it. It is kept through the wake: were it
    // given up in the same step, shutdown could free the cell before it stands in a queue.
    |data| unsafe {
        task(data).ready_by(State::wake);
        task(data).drop_reference();
    },
    // SAFETY: the waker holds a reference, or is borrowed from a poll.
    |data| unsafe { task(data).ready_by(State::wake) },
    // SAFETY: the waker holds a reference, which ends with it.
    |data| unsafe { task(data).drop_reference() },
);

/// A waker that lasts as long as the poll, and so needs no reference of its own.
///
/// # Safety
/// The cell is alive until the result is gone.
pub(super) unsafe fn borrowed(task: TaskRef) -> ManuallyDrop<Waker> {
    // SAFETY: the table's functions keep the contract of `RawWakerVTable` for pointers to live
    // headers.
    ManuallyDrop::new(unsafe { Waker::new(task.as_ptr().cast_const().cast(), &VTABLE) })
}

/// A waker with a reference of its own.
///
/// # Safety
/// The caller holds the cell.
pub(super) unsafe fn owned(task: TaskRef) -> Waker {
    // SAFETY: the caller keeps the cell alive through this call.
    (*unsafe { borrowed(task) }).clone()
}

/// Whether the waker is one of that task's.
pub(super) fn is_of(waker: &Waker, task: *const ()) -> bool {
    ptr::eq(waker.data(), task) && ptr::eq(waker.vtable(), &VTABLE)
}

/// The task of a waker of this table, by its data.
pub(super) fn task(data: *const ()) -> TaskRef {
    // SAFETY: every waker of this table was made from the non-null pointer of a `TaskRef`.
    TaskRef(unsafe { NonNull::new_unchecked(data.cast_mut().cast()) })
}
