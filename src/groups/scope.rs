//! Tasks that borrow: all of them end before what they borrow does.
//!
//! In the manner of `std::thread::scope`. Each task of a scope holds a ticket; the scope returns
//! when all tickets are back, and a ticket comes back when the task's future is gone, and its
//! output where nobody may reach it any more. The task owns the ticket: so whoever keeps the task
//! from ending keeps the scope from returning.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use std::{marker::PhantomData, mem, pin::Pin};

use crate::runtime::{Driving, Handle, NestedBlockOn};
use crate::sync::{Arc, Condvar, Mutex, lock};
use crate::task::{JoinError, JoinHandle};

/// Where tasks that borrow are spawned; see [`Handle::scope`].
///
/// What is made in the closure itself cannot be borrowed, nor can a handle leave it:
///
/// ```compile_fail
/// let runtime = windlass::Runtime::new().unwrap();
/// runtime.scope(|scope| {
///     let local = 1;
///     drop(scope.spawn(async { println!("{local}") }));
/// });
/// ```
///
/// ```compile_fail
/// let runtime = windlass::Runtime::new().unwrap();
/// let task = runtime.scope(|scope| scope.spawn(async {}));
/// ```
#[derive(Debug)]
pub struct Scope<'scope, 'env: 'scope> {
    handle: Handle,
    tally: Arc<Tally>,
    /// As in the standard library: neither lifetime may be shrunk or stretched.
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// As [`JoinHandle`], for a task of a scope.
#[must_use = "a panic of the task that nobody awaits becomes one of the scope"]
#[derive(Debug)]
pub struct ScopedJoinHandle<'scope, T> {
    task: JoinHandle<()>,
    output: Arc<Mutex<Option<T>>>,
    tally: Arc<Tally>,
    scope: PhantomData<&'scope ()>,
}

/// What of a scope's tasks is left.
#[derive(Debug, Default)]
struct Tally {
    counts: Mutex<Counts>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Counts {
    tickets: usize,
    /// Panics that no handle has told.
    panics: usize,
}

/// One task's part in the tally, given back when it is dropped.
struct Ticket(Arc<Tally>);

/// A future of a scope. The order of the fields is that of their drop: the ticket is the last.
struct Member<F: Future> {
    future: Option<F>,
    output: Arc<Mutex<Option<F::Output>>>,
    ticket: Ticket,
}

impl Tally {
    /// Waits until no ticket is out. How many panics nobody knows of.
    fn wait(&self) -> usize {
        let waits = |counts: &mut Counts| counts.tickets > 0;
        let waited = self.ended.wait_while(lock(&self.counts), waits);
        waited.unwrap_or_else(PoisonError::into_inner).panics
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = lock(&self.0.counts);
        counts.tickets -= 1;
        if counts.tickets == 0 {
            self.0.ended.notify_all();
        }
    }
}

impl<F: Future> Future for Member<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the future is not moved: it is polled and dropped in its place.
        let this = unsafe { self.get_unchecked_mut() };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let future = this.future.as_mut()?;
            // SAFETY: as above, it is pinned with `self`.
            let polled = unsafe { Pin::new_unchecked(future) }.poll(cx);
            if polled.is_ready() {
                this.future = None;
            }
            Some(polled)
        }));
        match polled {
            Ok(Some(Poll::Ready(output))) => *lock(&this.output) = Some(output),
            Ok(_) => return Poll::Pending,
            Err(panic) => {
                lock(&this.ticket.0.counts).panics += 1;
                resume_unwind(panic);
            }
        }
        Poll::Ready(())
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a task that may borrow all that outlives the scope, and the scope itself.
    ///
    /// At `tasks_max` tasks alive, and at the runtime's end, the handle resolves to an error, as
    /// with [`Handle::spawn`].
    pub fn spawn<F>(&'scope self, future: F) -> ScopedJoinHandle<'scope, F::Output>
    where
        F: Future<Output: Send + 'scope> + Send + 'scope,
    {
        lock(&self.tally.counts).tickets += 1;
        let output = Arc::new(Mutex::new(None));
        let ticket = Ticket(self.tally.clone());
        let member = Member { future: Some(future), output: output.clone(), ticket };
        let member: Pin<Box<dyn Future<Output = ()> + Send + 'scope>> = Box::pin(member);
        // SAFETY: the box is used as if it lived for ever. What it borrows lives for `'scope`,
        // which does not end before `try_scope` has returned or unwound; and that happens when the
        // ticket inside is dropped, since `wait` stands behind `catch_unwind`, and nothing between
        // them panics. The ticket is the last field, dropped after the future and this end of the
        // output: what then remains of the box is memory that borrows nothing. If the box is
        // forgotten, it is not touched again, and the scope never returns. A cell that a waker
        // keeps longer holds the box no more: completion drops it, or shutdown. The output's other
        // end is the handle, which `'scope` bounds: it is dropped within the scope, or never.
        let member: Pin<Box<dyn Future<Output = ()> + Send + 'static>> =
            unsafe { mem::transmute(member) };
        let (task, tally) = (self.handle.spawn(member), self.tally.clone());
        ScopedJoinHandle { task, output, tally, scope: PhantomData }
    }
}

impl Handle {
    /// Runs `run`, which may start tasks that borrow from around the call, and returns when all of
    /// them have ended, also when `run` panics. Blocks the thread meanwhile. When the runtime ends
    /// first, the tasks that are left are dropped, and count as ended.
    ///
    /// A task that waits for what only comes after the call makes it wait for ever. So does a
    /// hosted runtime that nobody drives.
    ///
    /// # Panics
    /// When called inside a task or a `block_on`; [`Handle::try_scope`] says so instead. A panic of
    /// `run` goes through; one of a task becomes one of the scope, unless its handle told it.
    ///
    /// ```
    /// let runtime = windlass::Runtime::new()?;
    /// let mut words = vec!["heave".to_owned(), "ho".to_owned()];
    /// let letters = runtime.scope(|scope| {
    ///     let tasks: Vec<_> = words
    ///         .iter_mut()
    ///         .map(|word| {
    ///             scope.spawn(async {
    ///                 word.push('!');
    ///                 word.len()
    ///             })
    ///         })
    ///         .collect();
    ///     let lengths = tasks.into_iter().map(|task| runtime.block_on(task).unwrap());
    ///     lengths.sum::<usize>()
    /// });
    /// assert_eq!(letters, 9);
    /// assert_eq!(words, ["heave!", "ho!"]);
    /// # Ok::<(), windlass::BuildError>(())
    /// ```
    pub fn scope<'env, R>(
        &self,
        run: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    ) -> R {
        self.try_scope(run).unwrap_or_else(|error| panic!("scope: {error}"))
    }

    /// As [`Handle::scope`].
    ///
    /// # Errors
    /// [`NestedBlockOn`] when called inside a task or a `block_on`: `run` is not called.
    ///
    /// # Panics
    /// A panic of `run` goes through; one of a task becomes one of the scope, unless its handle
    /// told it.
    pub fn try_scope<'env, R>(
        &self,
        run: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> R,
    ) -> Result<R, NestedBlockOn> {
        drop(Driving::begin()?);
        let (scope, env) = (PhantomData, PhantomData);
        let scope = Scope { handle: self.clone(), tally: Arc::default(), scope, env };
        let result = catch_unwind(AssertUnwindSafe(|| run(&scope)));
        let panics = scope.tally.wait();
        match result {
            Ok(_) if panics > 0 => panic!("{panics} tasks of the scope panicked"),
            Ok(output) => Ok(output),
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<T> ScopedJoinHandle<'_, T> {
    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.task.abort();
    }

    /// As [`JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }
}

impl<T> Future for ScopedJoinHandle<'_, T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    /// When polled again after it gave its output.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.task).poll(cx));
        if ended.as_ref().is_err_and(JoinError::is_panic) {
            let mut counts = lock(&self.tally.counts);
            counts.panics = counts.panics.saturating_sub(1);
        }
        let output = lock(&self.output).take();
        Poll::Ready(ended.map(|()| output.expect("a task that has completed has an output")))
    }
}
