//! The join handle: awaits a task's output, aborts it, or lets it go.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::header::TaskRef;

/// Owns the right to a task's output. Awaiting it gives the output, or the [`JoinError`] that says
/// why there is none. Dropping it detaches the task, which goes on.
///
/// Cancel safe: a `JoinHandle` that was polled and dropped, or polled by reference in a `select`,
/// loses nothing but its own right to the output.
#[must_use = "dropping the handle detaches the task; its output and its panic are then lost"]
pub struct JoinHandle<T> {
    held: Held,
    output: PhantomData<fn() -> T>,
}

enum Held {
    Task(TaskRef),
    Failed(Option<JoinError>),
}

/// Why a task gave no output.
pub enum JoinError {
    /// It was aborted, or the runtime shut down before it completed.
    Cancelled,
    /// Its future panicked.
    Panicked(Panic),
    /// It was never started: `tasks_max` tasks were alive, or the blocking pool and its queue were
    /// full.
    Full,
    /// It was never started: the runtime was shutting down.
    Shutdown,
}

/// What a task panicked with.
pub struct Panic(Box<dyn Any + Send + 'static>);

// SAFETY: a shared `Panic` only ever lends a payload that is a `&str` or a `String`, both `Sync`.
unsafe impl Sync for Panic {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// `task` is a cell with output type `T` whose JOIN bit is set; its reference passes to the
    /// handle.
    pub(super) unsafe fn new(task: TaskRef) -> Self {
        Self {
            held: Held::Task(task),
            output: PhantomData,
        }
    }

    /// A handle without a task: resolves to `error`.
    pub(crate) fn failed(error: JoinError) -> Self {
        Self {
            held: Held::Failed(Some(error)),
            output: PhantomData,
        }
    }

    /// Asks the task to end: its future is dropped at the next opportunity, and the handle resolves
    /// to [`JoinError::Cancelled`], unless the task completes first. A closure on the blocking pool
    /// that has begun runs to its end.
    pub fn abort(&self) {
        if let Held::Task(task) = self.held {
            // SAFETY: the handle holds a reference.
            unsafe { task.abort() };
        }
    }

    /// Whether the output (or the error) is there.
    pub fn is_finished(&self) -> bool {
        match self.held {
            // SAFETY: the handle holds a reference.
            Held::Task(task) => unsafe { task.header() }.state.load().is_completed(),
            Held::Failed(_) => true,
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    /// When polled again after it gave its output.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = match &mut self.held {
            Held::Task(task) => *task,
            Held::Failed(error) => {
                return Poll::Ready(Err(error.take().expect("JoinHandle polled after its end")));
            }
        };
        // SAFETY: the handle holds a reference.
        let header = unsafe { task.header() };
        if !header.state.load().is_completed() {
            header.join.register(cx.waker());
            if !header.state.load().is_completed() {
                return Poll::Pending;
            }
        }
        let mut output: Option<Result<T, JoinError>> = None;
        // SAFETY: the task completed while JOIN was set, so the output is this handle's; `T` is its
        // type.
        unsafe { (header.vtable.take_output)(task, (&raw mut output).cast()) };
        Poll::Ready(output.expect("JoinHandle polled after its end"))
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let Held::Task(task) = self.held else {
            return;
        };
        // SAFETY: the handle holds a reference, given up at the end of this function.
        let header = unsafe { task.header() };
        let completed = header.state.drop_join();
        // A task that waits for the task that waits for it would else never be freed.
        drop(header.join.take());
        if completed {
            // SAFETY: the task completed while JOIN was set, so the output was this handle's.
            unsafe { (header.vtable.drop_output)(task) };
        }
        // SAFETY: this is the handle's reference, which ends here.
        unsafe { task.drop_reference() };
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("finished", &self.is_finished())
            .finish()
    }
}

impl JoinError {
    /// Whether the task was aborted or shut down.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Panicked(panic) => match panic.message() {
                Some(message) => write!(f, "the task panicked: {message}"),
                None => f.write_str("the task panicked"),
            },
            Self::Full => f.write_str("the task was not started: the runtime is full"),
            Self::Shutdown => f.write_str("the task was not started: the runtime is shutting down"),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Panicked(panic) => f.debug_tuple("Panicked").field(&panic.message()).finish(),
            Self::Full => f.write_str("Full"),
            Self::Shutdown => f.write_str("Shutdown"),
        }
    }
}

impl std::error::Error for JoinError {}

impl Panic {
    pub(super) fn new(payload: Box<dyn Any + Send + 'static>) -> Self {
        Self(payload)
    }

    /// The text that `panic!` was given, unless the payload is of another type.
    pub fn message(&self) -> Option<&str> {
        let literal = self.0.downcast_ref::<&'static str>().copied();
        literal.or_else(|| self.0.downcast_ref::<String>().map(String::as_str))
    }

    /// The payload, as `std::panic::resume_unwind` takes it.
    pub fn into_payload(self) -> Box<dyn Any + Send + 'static> {
        self.0
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message()).finish()
    }
}
