//! Polls one future on the calling thread, which sleeps while the future waits.

use std::task::{Context, Poll};
use std::{cell::Cell, pin::pin};

use super::handle::Handle;
use crate::{executor::Stay, park::Parker};

thread_local! {
    /// Whether the thread is a worker or inside `block_on`: blocking it would stop what it is there
    /// for.
    static DRIVING: Cell<bool> = const { Cell::new(false) };
}

/// `block_on` was called inside a task or another `block_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NestedBlockOn;

says!([] NestedBlockOn: |_, f| {
    f.write_str(
        "block_on inside a task or another block_on would stop the thread that drives it: \
         await the future, or call from spawn_blocking",
    )
});

/// Marks the thread as one that must not block, until the guard is dropped.
pub(crate) struct Driving(());

impl Driving {
    pub(crate) fn begin() -> Result<Self, NestedBlockOn> {
        if DRIVING.replace(true) { Err(NestedBlockOn) } else { Ok(Self(())) }
    }

    pub(super) fn is_under_way() -> bool {
        DRIVING.get()
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        DRIVING.set(false);
    }
}

impl Handle {
    /// Runs `future` to its end on the calling thread, which is in the runtime meanwhile. While the
    /// future waits the thread runs the tasks that became ready on it (see
    /// [`Builder::guests`](super::Builder::guests)); it sleeps when there are none. The workers
    /// drive its sockets and timers; after the runtime has shut down they do so no more.
    ///
    /// # Panics
    /// When called inside a task or another `block_on`; [`Handle::try_block_on`] says so instead. A
    /// panic of the future goes through.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.try_block_on(future).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Handle::block_on`].
    ///
    /// # Errors
    /// [`NestedBlockOn`] when called inside a task or another `block_on`; the future is dropped.
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, NestedBlockOn> {
        let _driving = Driving::begin()?;
        let _entered = self.enter();
        let mut parker = Parker::new();
        let waker = parker.waker();
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        let mut output = None;
        let mut root = || match future.as_mut().poll(&mut cx) {
            Poll::Ready(ready) => {
                output = Some(ready);
                true
            }
            Poll::Pending => false,
        };
        loop {
            match self.inside.executor.lodge(&mut root, &mut parker) {
                Stay::Ready => break,
                Stay::Away if root() => break,
                Stay::Away | Stay::Idle => parker.park(),
            }
        }
        Ok(output.expect("the future was ready"))
    }
}
