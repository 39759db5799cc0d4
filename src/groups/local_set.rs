//! Tasks that stay on one thread, so that their futures need not be `Send`.
//!
//! The set's ready tasks stand in a ring that holds as many as there may be. Who polls the set (a
//! task, `block_on`, another set) runs them; a wake from anywhere else wakes it.
//!
//! **No wake-up is lost.** Who polls registers its waker, then looks into the ring; who readies a
//! task pushes it, then wakes: the rule of the wake cell.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::{cell::Cell, future::poll_fn, ptr, rc::Rc};

use crate::task::{Colony, JoinError, JoinHandle, Readied, Schedule, TaskRef};
use crate::{budget, ring::Ring, wake_cell::WakeCell};

/// So many tasks run in one poll of the set, then the others of its thread have their turn.
const TURN_TASKS: usize = 61;

/// How many tasks a set holds at most, unless it is told.
const TASKS_MAX: usize = 1 << 16;

thread_local! {
    static CURRENT: Cell<*const LocalSet> = const { Cell::new(ptr::null()) };
}

/// A set of tasks that stay on the thread that made it. They run while the set is polled: by
/// [`LocalSet::run_until`], or, until all of them have ended, by awaiting the set itself. Dropping
/// it drops them.
///
/// One at a time may wait for a set: the last to poll it is woken.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
///
/// let runtime = windlass::Runtime::new()?;
/// let local = windlass::LocalSet::new();
/// let shared = Rc::new(Cell::new(40));
/// let own = shared.clone();
/// let sum = runtime.block_on(local.run_until(async move {
///     let task = windlass::spawn_local(async move {
///         own.set(own.get() + 2);
///         own.get()
///     });
///     task.await
/// }));
/// assert_eq!(sum.unwrap(), 42);
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[derive(Debug)]
#[must_use = "its tasks run only while it is polled"]
pub struct LocalSet {
    colony: Colony<Ready>,
    /// How many tasks have not ended. Being an `Rc` it keeps the set on its thread.
    alive: Rc<Cell<usize>>,
}

/// The tasks that are to run, and who runs them.
#[derive(Debug)]
struct Ready {
    tasks: Ring<TaskRef>,
    runner: WakeCell,
}

impl Schedule for Ready {
    fn schedule(&self, task: TaskRef, _: Readied) {
        let pushed = self.tasks.push(task);
        assert!(pushed.is_ok(), "the ring holds every task there is");
        // SAFETY: the pointer is null, or set on this thread for as long as the set is borrowed.
        let current = unsafe { CURRENT.get().as_ref() };
        if !current.is_some_and(|current| ptr::eq(&*current.colony, self)) {
            self.runner.wake();
        }
    }
}

/// The set that the thread polls; the one around comes back with the drop.
struct Entered<'a> {
    set: &'a LocalSet,
    around: *const LocalSet,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        CURRENT.set(self.around);
    }
}

impl LocalSet {
    /// An empty set, for 65,536 tasks at most.
    pub fn new() -> Self {
        Self::with_tasks_max(TASKS_MAX)
    }

    /// An empty set, for `tasks` at most. Memory is used as tasks come.
    ///
    /// # Panics
    /// When `tasks` is 0 or more than the address space holds.
    pub fn with_tasks_max(tasks: usize) -> Self {
        let ready = Ready { tasks: Ring::new(tasks), runner: WakeCell::new() };
        Self { colony: Colony::new(tasks, 1, ready), alive: Rc::default() }
    }

    /// Starts a task in the set. When it holds as many as it may, the handle resolves to
    /// [`JoinError::Full`].
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        self.alive.set(self.alive.get() + 1);
        let alive = self.alive.clone();
        // SAFETY: tasks are run by `turn` and shut down by `drop`, which borrow the set: on its
        // thread, which it never leaves.
        let spawned = unsafe { self.colony.slab().spawn_unsend(Member { future, alive }) };
        let Ok((task, handle)) = spawned else { return JoinHandle::failed(JoinError::Full) };
        self.colony.slab().schedule(task, Readied::Spawned);
        handle
    }

    /// Polls `future`, and with it the set's tasks, until the future is ready. Tasks that have not
    /// ended then go on when the set is polled again.
    ///
    /// **Cancel safety.** The future may be dropped at any time: the tasks are the set's.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            let entered = self.enter();
            // Before the future is asked: what it readies on its way is found by the turn, what is
            // readied elsewhere wakes.
            self.colony.runner.register(cx.waker());
            let polled = future.as_mut().poll(cx);
            if polled.is_pending() {
                entered.turn(cx);
            }
            polled
        })
        .await
    }

    fn enter(&self) -> Entered<'_> {
        Entered { set: self, around: CURRENT.replace(self) }
    }
}

impl Entered<'_> {
    /// Runs the tasks that are ready, so many at most. The waker was registered before.
    fn turn(&self, cx: &mut Context<'_>) {
        let _budget = budget::grant();
        for _ in 0..TURN_TASKS {
            let Some(task) = self.set.colony.tasks.pop() else { return };
            budget::renew();
            // SAFETY: the task was taken from the ring, where only `schedule` puts it, once for
            // each time it may run.
            unsafe { task.run() };
        }
        cx.waker().wake_by_ref();
    }
}

/// Ends when all tasks have ended.
impl Future for LocalSet {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.colony.runner.register(cx.waker());
        self.enter().turn(cx);
        if self.alive.get() == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for LocalSet {
    fn drop(&mut self) {
        // SAFETY: tasks run while the set is borrowed, and it is not; this is their thread.
        unsafe { self.colony.slab().shut_down_all() };
        // The waker may be that of a task that would else never be freed.
        drop(self.colony.runner.take());
    }
}

/// Starts a task in the [`LocalSet`] that the calling thread polls.
///
/// # Panics
/// When it polls none; [`LocalSet::spawn_local`] never panics.
pub fn spawn_local<F: Future<Output: 'static> + 'static>(future: F) -> JoinHandle<F::Output> {
    // SAFETY: the pointer is null, or set on this thread for as long as the set is borrowed, which
    // is longer than this call from within lasts.
    match unsafe { CURRENT.get().as_ref() } {
        Some(set) => set.spawn_local(future),
        None => panic!("spawn_local was called outside of a LocalSet: use LocalSet::run_until"),
    }
}

/// A future of a set, counted until it is dropped.
struct Member<F> {
    future: F,
    alive: Rc<Cell<usize>>,
}

impl<F: Future> Future for Member<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is pinned with `self`.
        unsafe { self.map_unchecked_mut(|member| &mut member.future) }.poll(cx)
    }
}

impl<F> Drop for Member<F> {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

impl Default for LocalSet {
    fn default() -> Self {
        Self::new()
    }
}
