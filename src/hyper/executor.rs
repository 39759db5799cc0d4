//! hyper's background tasks as tasks of the runtime.

use ::hyper::rt;

use crate::runtime;

/// Runs what hyper wants run beside a connection: the streams of HTTP/2. (HTTP/1 connections run in
/// the task that awaits them, and need none.)
///
/// hyper's trait has no way to refuse. At `tasks_max` tasks alive, and while the runtime shuts
/// down, the future is dropped, and hyper tells both ends what that means: the peer sees its stream
/// reset, a client's request fails as cancelled. Nothing waits for what never runs.
///
/// # Panics
/// `execute` panics when the thread is in no runtime, as [`spawn`](crate::spawn) does: hyper calls
/// it from where its connection is polled or made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Executor;

impl<F> rt::Executor<F> for Executor
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    fn execute(&self, future: F) {
        runtime::spawn(future).detach();
    }
}
