//! What is to be done in a transaction, and who waits for the answer.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Transaction;

use super::error::WriteError;
use super::fault::Fault;
use crate::channel::{OneReceiver, OneSender, oneshot};
use crate::sync::discard;

/// Something to be done in a transaction. First `run`, unless the transaction cannot begin; then
/// `answer`.
pub(super) trait Job: Any + Send {
    /// Does it. Whether its changes shall be kept.
    #[must_use]
    fn run(&mut self, tx: &Transaction<'_>) -> bool;

    /// Tells what became of the transaction: that it is committed, or why it is not.
    fn answer(self: Box<Self>, fate: Result<(), &Fault>);
}

/// The answer to a job.
pub(super) type Answer<T, E> = Result<T, WriteError<E>>;

/// A closure, and who waits for its result.
pub(super) struct Work<F, T, E> {
    closure: Option<F>,
    done: Option<Answer<T, E>>,
    reply: OneSender<Answer<T, E>>,
}

impl<F, T, E> Work<F, T, E> {
    pub(super) fn new(closure: F) -> (Box<Self>, OneReceiver<Answer<T, E>>) {
        let (reply, answer) = oneshot();
        (Box::new(Self { closure: Some(closure), done: None, reply }), answer)
    }

    /// The closure, which was not run.
    pub(super) fn into_closure(self) -> Option<F> {
        self.closure
    }
}

impl<F, T, E> Job for Work<F, T, E>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    fn run(&mut self, tx: &Transaction<'_>) -> bool {
        let Some(closure) = self.closure.take() else { return false };
        let done = match catch_unwind(AssertUnwindSafe(|| closure(tx))) {
            Ok(result) => result.map_err(WriteError::Job),
            Err(payload) => Err(WriteError::Panicked(said(payload))),
        };
        let keep = done.is_ok();
        self.done = Some(done);
        keep
    }

    fn answer(self: Box<Self>, fate: Result<(), &Fault>) {
        let answer = match (self.done, fate) {
            (Some(Err(own)), _) => Err(own),
            (done, Err(fault)) => {
                let before = NOT_KEPT.replace(true);
                discard(|| drop(done));
                NOT_KEPT.set(before);
                Err(WriteError::Database(fault.clone()))
            }
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(WriteError::Closed),
        };
        // Whoever asked may have gone: then the answer is dropped, here, on this thread.
        let unheard = self.reply.send(answer);
        discard(|| drop(unheard));
    }
}

thread_local! {
    static NOT_KEPT: Cell<bool> = const { Cell::new(false) };
}

/// Whether what is being dropped here is the result of a job whose transaction was not kept.
pub(in crate::workflow) fn is_not_kept() -> bool {
    NOT_KEPT.get()
}

/// What a panic said.
fn said(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    discard(|| drop(payload));
    text.unwrap_or_else(|| "something that is no text".to_owned())
}
