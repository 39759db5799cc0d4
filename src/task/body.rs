//! What stands in a cell for a future: the future, or a box where it or its output is too large.

use std::{marker::PhantomData, pin::Pin, task::Context, task::Poll, task::ready};

/// What stands in a cell.
pub(super) trait Body {
    /// What is polled.
    type Future: Future;
    /// What the join handle gives.
    type Output;
    /// Whose name the task has.
    type Named;
    /// Whether it is a job: see [`Slab::spawn_job`](super::header::Slab).
    const JOB: bool;

    fn unpack(output: <Self::Future as Future>::Output) -> Self::Output;
}

/// The future itself.
pub(super) struct Within<F, const JOB: bool>(PhantomData<F>);

impl<F: Future, const JOB: bool> Body for Within<F, JOB> {
    type Future = F;
    type Output = F::Output;
    type Named = F;
    const JOB: bool = JOB;

    #[inline]
    fn unpack(output: F::Output) -> F::Output {
        output
    }
}

/// A box of the future, and then one of its output.
pub(super) struct Apart<F, const JOB: bool>(pub(super) Pin<Box<F>>);

impl<F: Future, const JOB: bool> Future for Apart<F, JOB> {
    type Output = Box<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Box::new(ready!(self.0.as_mut().poll(cx))))
    }
}

impl<F: Future, const JOB: bool> Body for Apart<F, JOB> {
    type Future = Self;
    type Output = F::Output;
    type Named = F;
    const JOB: bool = JOB;

    fn unpack(output: Box<F::Output>) -> F::Output {
        *output
    }
}
