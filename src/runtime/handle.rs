//! The way into a running runtime: from its own threads, or from any thread that holds a handle.

use std::{cell::RefCell, marker::PhantomData, sync::Arc};

use super::drivers::{Lent, Reactors};
use crate::executor::{self, BlockingPool, Metrics, Named, Spawner, TrySpawnError};
use crate::task::{JoinError, JoinHandle};

thread_local! {
    static CURRENT: RefCell<Option<Handle>> = const { RefCell::new(None) };
}

/// A handle to a runtime; cheap to clone, may go anywhere. It does not keep the runtime running.
#[derive(Clone)]
pub struct Handle {
    pub(crate) inside: Arc<Inside>,
}

pub(crate) struct Inside {
    pub(super) executor: Arc<dyn Spawner>,
    pub(crate) blocking: Arc<dyn BlockingPool>,
    pub(super) reactors: Reactors,
}

/// The calling thread is in no runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRuntime;

says!([] NoRuntime: |_, f| {
    f.write_str(
        "this thread is in no windlass runtime: call from a task, from block_on, or under \
         Handle::enter",
    )
});

impl Handle {
    /// The runtime of the calling thread.
    ///
    /// # Panics
    /// When there is none; [`Handle::try_current`] says so instead.
    pub fn current() -> Self {
        Self::try_current().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The runtime of the calling thread.
    ///
    /// # Errors
    /// [`NoRuntime`] when there is none.
    pub fn try_current() -> Result<Self, NoRuntime> {
        CURRENT.with_borrow(|current| current.clone().ok_or(NoRuntime))
    }

    /// Makes this the calling thread's runtime until the guard is dropped. Guards are dropped in
    /// the opposite order of their making.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.enter_as(None)
    }

    pub(crate) fn enter_as(&self, worker: Option<usize>) -> EnterGuard<'_> {
        let lent = self.inside.reactors.lend(worker);
        let before = CURRENT.replace(Some(self.clone()));
        EnterGuard { before, _lent: lent, thread: PhantomData }
    }

    /// Starts a task; see [`spawn`].
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.try_spawn(future).unwrap_or_else(TrySpawnError::into_handle)
    }

    /// As [`Handle::spawn`], for who wants to keep the future when there is no room for it.
    ///
    /// # Errors
    /// [`TrySpawnError`], with the future: at `tasks_max` tasks alive, and at the runtime's end.
    ///
    /// ```
    /// use windlass::runtime::TrySpawnError;
    ///
    /// let runtime = windlass::Runtime::builder().tasks_max(1).build()?;
    /// let only = runtime.spawn(std::future::pending::<()>());
    /// match runtime.handle().try_spawn(async { 42 }) {
    ///     Err(TrySpawnError::Full(future)) => assert_eq!(runtime.block_on(future), 42),
    ///     other => panic!("{other:?}"),
    /// }
    /// # drop(only);
    /// # Ok::<(), windlass::BuildError>(())
    /// ```
    pub fn try_spawn<F>(&self, future: F) -> Result<JoinHandle<F::Output>, TrySpawnError<F>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        executor::spawn(&*self.inside.executor, future)
    }

    /// As [`Handle::spawn`], with a name: reports of slow polls tell it, and within the task
    /// [`task_name`](super::task_name). Costs each poll a lock of the worker's own.
    pub fn spawn_named<F>(&self, name: impl Into<Arc<str>>, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.spawn(Named { name: name.into(), future })
    }

    /// Runs a closure that may block on the pool for such, in this runtime; see
    /// [`spawn_blocking`].
    pub fn spawn_blocking<T, F>(&self, closure: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        if self.inside.executor.is_closing() {
            return JoinHandle::failed(JoinError::Shutdown);
        }
        let handle = self.clone();
        let slab = self.inside.executor.slab();
        executor::spawn_blocking(slab, &*self.inside.blocking, move || {
            let _entered = handle.enter();
            closure()
        })
    }

    /// The runtime's figures: a few loads for each worker. Counting costs the workers a plain load
    /// and store an event.
    pub fn metrics(&self) -> Metrics {
        self.inside.executor.metrics()
    }
}

/// While it lives, the thread is in the runtime whose [`Handle::enter`] made it. It stays on its
/// thread.
#[must_use = "the runtime is left when the guard is dropped"]
pub struct EnterGuard<'a> {
    before: Option<Handle>,
    _lent: Lent,
    thread: PhantomData<(&'a Handle, *const ())>,
}

impl Drop for EnterGuard<'_> {
    fn drop(&mut self) {
        CURRENT.replace(self.before.take());
    }
}

/// Starts a task on the runtime of the calling thread. It runs whether or not its handle is
/// awaited.
///
/// At `tasks_max` tasks alive the handle resolves to
/// [`JoinError::Full`]: back pressure begins here, for no wake-up
/// ever fails.
///
/// # Panics
/// When the thread is in no runtime; [`Handle::try_current`] and [`Handle::spawn`] never panic.
///
/// ```
/// let runtime = windlass::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let task = windlass::spawn(async { 1 + 1 });
///     task.await
/// });
/// assert_eq!(sum.unwrap(), 2);
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub fn spawn<F: Future<Output: Send + 'static> + Send + 'static>(
    future: F,
) -> JoinHandle<F::Output> {
    // A refused future is dropped when the borrow has ended: its drop may enter a runtime.
    let spawned = CURRENT.with_borrow(|current| match current {
        Some(handle) => executor::spawn(&*handle.inside.executor, future),
        None => panic!("{NoRuntime}"),
    });
    spawned.unwrap_or_else(TrySpawnError::into_handle)
}

/// Runs a closure that may block on the current runtime's pool of threads. When the pool and its
/// queue are full the handle resolves to [`JoinError::Full`].
///
/// # Panics
/// When the thread is in no runtime.
pub fn spawn_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
    closure: F,
) -> JoinHandle<T> {
    Handle::current().spawn_blocking(closure)
}

shows!([] Handle: |_| Handle {});
shows!([] EnterGuard<'_>: |_| EnterGuard {});
