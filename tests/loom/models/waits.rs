//! Futures as roles: they run until they sleep, and are asked afterwards whether they should.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::hands::{Counting, Note, Patience, counting};
use crate::explore::Role;

/// A future that owns its end of the channel, so that it may outlive its role.
pub(crate) struct Waits<R> {
    future: Pin<Box<dyn Future<Output = R>>>,
    wakes: Arc<Counting>,
    pub(crate) waker: Waker,
    /// The wakes that it has answered.
    taken: usize,
}

impl<R> Waits<R> {
    pub(crate) fn new(future: impl Future<Output = R> + 'static) -> Self {
        let (wakes, waker) = counting();
        Self { future: Box::pin(future), wakes, waker, taken: 0 }
    }

    pub(crate) fn poll(&mut self) -> Option<R> {
        let mut cx = Context::from_waker(&self.waker);
        match self.future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// Polls as often as it is woken; what came out, if it does not sleep.
    pub(crate) fn run(&mut self) -> Option<R> {
        let mut patience = Patience::new();
        loop {
            if let Some(output) = self.poll() {
                return Some(output);
            }
            let woken = self.wakes.wakes();
            if woken == self.taken {
                return None;
            }
            self.taken = woken;
            patience.turn();
        }
    }
}

/// What a role that waits leaves behind.
pub(crate) struct Left<R>(pub(crate) Note<Option<(Option<R>, Waits<R>)>>);

impl<R: 'static> Left<R> {
    /// A role that runs the future until it sleeps or is done.
    pub(crate) fn role(future: impl Future<Output = R> + 'static) -> (Role, Self) {
        let note = Note::new(None);
        let left = Self(note.clone());
        let mut waits = Waits::new(future);
        let role = Box::new(move || {
            let output = waits.run();
            *note.get() = Some((output, waits));
        });
        (role, left)
    }

    /// What came out so far; when it sleeps and was woken since, what comes out now.
    pub(crate) fn output(&self) -> Option<R> {
        let left = self.0.get().take();
        let Some((output, mut waits)) = left else {
            panic!("the role has not run");
        };
        if output.is_some() {
            return output;
        }
        let output = if waits.wakes.wakes() > waits.taken { waits.run() } else { None };
        if output.is_none() {
            *self.0.get() = Some((None, waits));
        }
        output
    }
}
