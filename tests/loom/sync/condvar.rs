//! loom's condition variable, with the waits that it lacks. No time passes under the models: a wait
//! with a bound ends when it is notified, and a wake-up that is lost is a deadlock.

use std::sync::LockResult;
use std::time::Duration;

use loom::sync::MutexGuard;

#[derive(Debug, Default)]
pub(crate) struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.0.wait(guard)
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        _: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        self.0.wait(guard).map(|guard| (guard, ())).map_err(|_| unreachable!("loom poisons none"))
    }

    pub(crate) fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut still: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        while still(&mut guard) {
            guard = self.wait_timeout(guard, timeout)?.0;
        }
        Ok((guard, ()))
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}
