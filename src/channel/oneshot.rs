//! One value from one sender to one receiver.
//!
//! One word says what became of it, one cell holds it, two wake cells hold who waits; all in one
//! allocation.
//!
//! ```text
//!                      +-- (1) send -----------------> SENT    the value is the receiver's
//!                      |
//!   EMPTY -------------+-- (2) the sender is dropped -> LEFT    no value will come
//!                      |
//!                      +-- (3) the receiver closes ---> CLOSED  no value is wanted
//!                              or is dropped
//! ```
//!
//! Each edge is one compare-exchange from EMPTY, so exactly one of the three happens. The sender
//! writes the cell before edge (1); when that fails, the value is still its own, and goes back to
//! the caller.
//!
//! **The race.** (a) The receiver finds EMPTY. (b) The sender sends and wakes: nobody is
//! registered. (c) The receiver registers and sleeps. It does not: who registers looks again, as
//! the wake cell demands. The same holds for a sender that waits for edge (3).
//!
//! **Progress.** All steps but blocking are wait-free.

use std::task::{Context, Poll};
use std::{pin::Pin, time::Duration};

use super::error::{RecvError, SendError, TryRecvError};
use super::sleep::{Ask, block, block_timeout};
use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::sync::{Arc, AtomicUsize, UnsafeCell};
use crate::wake_cell::WakeCell;

const EMPTY: usize = 0;
const SENT: usize = 1;
const LEFT: usize = 2;
const CLOSED: usize = 3;

struct Shared<T> {
    state: AtomicUsize,
    value: UnsafeCell<Option<T>>,
    receiver: WakeCell,
    sender: WakeCell,
}

// SAFETY: the value moves from thread to thread, so `T: Send`; the sender alone touches it before
// SENT, the receiver alone afterwards.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// Edge 1, 2 or 3. Whether it was taken.
    fn end(&self, end: usize) -> bool {
        // [oneshot.ended] pairs with [oneshot.seen]: the value is seen whole.
        self.state.compare_exchange(EMPTY, end, Release, Relaxed).is_ok()
    }

    /// What the receiver finds; `None` while nothing has happened.
    fn look(&self) -> Option<Result<T, RecvError>> {
        // [oneshot.seen] pairs with [oneshot.ended]: the value is seen whole.
        match self.state.load(Acquire) {
            EMPTY => None,
            SENT => {
                // SAFETY: after SENT the receiver alone touches the value, and only it looks.
                let value = self.value.with_mut(|place| unsafe { (*place).take() });
                Some(value.ok_or(RecvError))
            }
            _ => Some(Err(RecvError)),
        }
    }

    fn is_closed(&self) -> bool {
        self.state.load(Relaxed) == CLOSED
    }
}

/// A channel for one value.
///
/// ```
/// use windlass::{channel, spawn};
///
/// # fn main() -> Result<(), windlass::BuildError> {
/// # let runtime = windlass::Runtime::new()?;
/// # runtime.block_on(async {
/// let (reply, answer) = channel::oneshot();
/// drop(spawn(async move { reply.send(6 * 7) }));
/// assert_eq!(answer.await, Ok(42));
/// # });
/// # Ok(())
/// # }
/// ```
pub fn oneshot<T>() -> (OneSender<T>, OneReceiver<T>) {
    let (state, value) = (AtomicUsize::new(EMPTY), UnsafeCell::new(None));
    let (receiver, sender) = (WakeCell::new(), WakeCell::new());
    let shared = Arc::new(Shared { state, value, receiver, sender });
    let sender = OneSender { shared: shared.clone(), waited: false };
    (sender, OneReceiver { shared, waited: false })
}

/// The sending end of [`oneshot`].
pub struct OneSender<T> {
    shared: Arc<Shared<T>>,
    waited: bool,
}

/// The receiving end of [`oneshot`]: a future of the value.
///
/// **Cancel safety.** It may be polled by reference, in turn by any tasks; the last one to poll is
/// woken. When it is dropped, a value that was sent is dropped.
#[must_use = "dropping it tells the sender that no value is wanted"]
pub struct OneReceiver<T> {
    shared: Arc<Shared<T>>,
    waited: bool,
}

/// The future of [`OneSender::closed`].
#[must_use = "it waits for nothing before it is polled"]
pub struct Closed<'a, T>(&'a mut OneSender<T>);

impl<T> OneSender<T> {
    /// Sends the value. Never waits.
    ///
    /// # Errors
    /// [`SendError`] with the value when the receiver is closed or gone.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        let (shared, cell) = (&*self.shared, &self.shared.value);
        // SAFETY: before SENT, which this call alone may set, nobody else touches the value.
        cell.with_mut(|place| unsafe { *place = Some(value) });
        if shared.end(SENT) {
            shared.receiver.wake();
            return Ok(());
        }
        // SAFETY: the state is not SENT and never will be.
        let back = cell.with_mut(|place| unsafe { (*place).take() });
        back.map_or_else(|| unreachable!("nobody else touches it"), |value| Err(SendError(value)))
    }

    /// Whether the receiver is closed or gone.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed()
    }

    /// Waits until the receiver is closed or gone: for who wants to stop work that nobody waits
    /// for.
    ///
    /// **Cancel safety.** The future may be dropped and made anew.
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed(self)
    }
}

impl<T> Drop for OneSender<T> {
    fn drop(&mut self) {
        if self.shared.end(LEFT) {
            self.shared.receiver.wake();
        }
        if self.waited {
            drop(self.shared.sender.take());
        }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let OneSender { shared, waited } = &mut *self.0;
        if !shared.is_closed() {
            *waited = true;
            shared.sender.register(cx.waker());
            if !shared.is_closed() {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}

impl<T> OneReceiver<T> {
    /// The value if it is there.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when it may still come, [`TryRecvError::Closed`] when it never will
    /// or was received before.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        Ok(self.shared.look().ok_or(TryRecvError::Empty)??)
    }

    /// Blocks the thread until the value is there.
    ///
    /// # Errors
    /// [`RecvError`] when it never will be.
    pub fn recv_blocking(mut self) -> Result<T, RecvError> {
        block(&mut self)
    }

    /// Blocks the thread until the value is there, at most for `timeout`.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when it did not come in time, [`TryRecvError::Closed`] when it never
    /// will or was received before.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, TryRecvError> {
        Ok(block_timeout(timeout, self).ok_or(TryRecvError::Empty)??)
    }

    /// Refuses a value that was not sent yet; one that was can still be received.
    pub fn close(&mut self) {
        if self.shared.end(CLOSED) {
            self.shared.sender.wake();
        }
    }
}

impl<T> Future for OneReceiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let found = self.shared.look().or_else(|| {
            self.waited = true;
            self.shared.receiver.register(cx.waker());
            self.shared.look()
        });
        found.map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Ask for &mut OneReceiver<T> {
    fn ask(self: Pin<&mut Self>) -> Option<Result<T, RecvError>> {
        self.shared.look()
    }
}

impl<T> Drop for OneReceiver<T> {
    fn drop(&mut self) {
        self.close();
        drop(self.shared.look());
        if self.waited {
            drop(self.shared.receiver.take());
        }
    }
}

shows!([T] OneSender<T>: |own| OneSender { closed: own.is_closed() });
shows!([T] OneReceiver<T>: |_| OneReceiver {});
shows!([T] Closed<'_, T>: |_| Closed {});
