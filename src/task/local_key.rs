//! Values that belong to a task, wherever it runs: set for the length of a future's polls.

use std::{cell::Cell, fmt, mem::ManuallyDrop, pin::Pin, task::Context, task::Poll, thread};

use crate::sync::within;

/// Declares task-local values, which [`LocalKey::scope`](crate::task::LocalKey::scope) sets for a
/// future and all it awaits.
///
/// ```
/// windlass::task_local! {
///     static REQUEST: u64;
/// }
///
/// async fn log(what: &str) -> String {
///     REQUEST.with(|request| format!("[{request}] {what}"))
/// }
///
/// let runtime = windlass::Runtime::new()?;
/// let task = runtime.spawn(REQUEST.scope(7, async { log("served").await }));
/// assert_eq!(runtime.block_on(task).unwrap(), "[7] served");
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[macro_export]
macro_rules! task_local {
    ($($(#[$attribute:meta])* $vis:vis static $name:ident: $type:ty);+ $(;)?) => {$(
        $(#[$attribute])*
        $vis static $name: $crate::task::LocalKey<$type> = {
            ::std::thread_local! {
                static PLACE: $crate::task::LocalPlace<$type> =
                    const { $crate::task::LocalPlace::empty() };
            }
            $crate::task::LocalKey::new(&PLACE)
        };
    )+};
}

/// A task-local value's name, made by [`task_local!`](crate::task_local).
#[derive(Debug)]
pub struct LocalKey<T: 'static> {
    /// Where the thread finds the value of the innermost scope it is in.
    place: &'static thread::LocalKey<LocalPlace<T>>,
}

/// For [`task_local!`](crate::task_local) alone: nobody else puts a pointer there.
#[doc(hidden)]
#[derive(Debug)]
pub struct LocalPlace<T>(Cell<*const T>);

impl<T> LocalPlace<T> {
    /// Of a thread in no scope.
    pub const fn empty() -> Self {
        Self(Cell::new(std::ptr::null()))
    }
}

/// The value is not set: the code runs in none of the key's scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSet;

impl fmt::Display for NotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a task-local value was read in none of its scopes: use LocalKey::scope")
    }
}

impl std::error::Error for NotSet {}

impl<T> LocalKey<T> {
    /// For [`task_local!`](crate::task_local) alone.
    #[doc(hidden)]
    pub const fn new(place: &'static thread::LocalKey<LocalPlace<T>>) -> Self {
        Self { place }
    }

    /// `future`, with the value set to `value` while it is polled, and while it is dropped. What it
    /// spawns is no part of it.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> Scoped<T, F> {
        Scoped { key: self, value, future: ManuallyDrop::new(future) }
    }

    /// Runs `run` with the value set to `value`.
    pub fn sync_scope<R>(&'static self, value: T, run: impl FnOnce() -> R) -> R {
        self.within(&value, run)
    }

    fn within<R>(&'static self, value: &T, run: impl FnOnce() -> R) -> R {
        within(|value| self.place.with(|place| place.0.replace(value)), &raw const *value, run)
    }

    /// Lends the value to `read`.
    ///
    /// # Panics
    /// When it is not set; [`LocalKey::try_with`] says so instead.
    pub fn with<R>(&'static self, read: impl FnOnce(&T) -> R) -> R {
        self.try_with(read).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Lends the value to `read`.
    ///
    /// # Errors
    /// [`NotSet`] when it is not set.
    pub fn try_with<R>(&'static self, read: impl FnOnce(&T) -> R) -> Result<R, NotSet> {
        let value = self.place.with(|place| place.0.get());
        // SAFETY: the pointer is null, or that of the value which `within` borrows further up this
        // thread's stack: it is put there by `within` alone, and replaced when that returns.
        let value = unsafe { value.as_ref() }.ok_or(NotSet)?;
        Ok(read(value))
    }

    /// A clone of the value.
    ///
    /// # Panics
    /// When it is not set.
    pub fn get(&'static self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}

/// The future of [`LocalKey::scope`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Scoped<T: 'static, F> {
    key: &'static LocalKey<T>,
    value: T,
    future: ManuallyDrop<F>,
}

impl<T, F: Future> Future for Scoped<T, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is not moved; the value is never pinned.
        let Self { key, value, future } = unsafe { self.get_unchecked_mut() };
        // SAFETY: it is pinned with `self`, and dropped in its place.
        let future = unsafe { Pin::new_unchecked(&mut **future) };
        key.within(value, || future.poll(cx))
    }
}

impl<T, F> Drop for Scoped<T, F> {
    fn drop(&mut self) {
        let Self { key, value, future } = self;
        // SAFETY: it is dropped here alone, and never used again.
        key.within(value, || unsafe { ManuallyDrop::drop(future) });
    }
}
