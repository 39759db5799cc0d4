//! Spawning that hands the future back when there is no room.

use std::fmt;
use std::future::Future;

use super::handle::Handle;
use crate::executor::{self, Refused};
use crate::task::{JoinError, JoinHandle};

/// Why [`Handle::try_spawn`] started no task; with the future.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrySpawnError<F> {
    /// `tasks_max` tasks are alive.
    Full(F),
    /// The runtime is shutting down, or has shut down.
    Shutdown(F),
}

impl<F> TrySpawnError<F> {
    /// The future that was not started.
    pub fn into_inner(self) -> F {
        match self {
            Self::Full(future) | Self::Shutdown(future) => future,
        }
    }

    fn why(&self) -> JoinError {
        match self {
            Self::Full(_) => JoinError::Full,
            Self::Shutdown(_) => JoinError::Shutdown,
        }
    }
}

impl Handle {
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
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spawned = executor::spawn(&*self.inside().executor, future);
        spawned.map_err(|Refused { future, error }| match error {
            JoinError::Full => TrySpawnError::Full(future),
            _ => TrySpawnError::Shutdown(future),
        })
    }
}

impl<F> fmt::Debug for TrySpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why().fmt(f)
    }
}

impl<F> fmt::Display for TrySpawnError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.why(), f)
    }
}

impl<F> std::error::Error for TrySpawnError<F> {}
