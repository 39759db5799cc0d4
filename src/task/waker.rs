//! `std::task::Waker` over a task cell: each waker is one reference.

use std::{mem::ManuallyDrop, task::RawWaker, task::RawWakerVTable, task::Waker};

use super::header::{Header, TaskRef};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that lasts as long as the poll, and so needs no reference of its own.
///
/// # Safety
/// The cell is alive until the result is gone.
pub(super) unsafe fn borrowed(task: TaskRef) -> ManuallyDrop<Waker> {
    // SAFETY: the table's functions keep the contract of `RawWakerVTable` for pointers to live
    // headers.
    ManuallyDrop::new(unsafe { Waker::new(task.as_ptr().cast_const().cast(), &VTABLE) })
}

/// Whether the waker is one of that task's.
pub(super) fn is_of(waker: &Waker, task: *const ()) -> bool {
    std::ptr::eq(waker.data(), task) && std::ptr::eq(waker.vtable(), &VTABLE)
}

fn task(data: *const ()) -> TaskRef {
    // SAFETY: every waker of this table was made from the non-null pointer of a `TaskRef`.
    TaskRef::new(unsafe { std::ptr::NonNull::new_unchecked(data.cast_mut().cast::<Header>()) })
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker that is cloned holds a reference, or is borrowed from a poll.
    unsafe { task(data).add_reference() };
    RawWaker::new(data, &VTABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: the waker holds a reference, which ends with it. It is kept through the wake: were it
    // given up in the same step, shutdown could free the cell before it stands in a queue.
    unsafe {
        task(data).wake();
        task(data).drop_reference();
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker holds a reference, or is borrowed from a poll.
    unsafe { task(data).wake() };
}

unsafe fn drop(data: *const ()) {
    // SAFETY: the waker holds a reference, which ends with it.
    unsafe { task(data).drop_reference() };
}
