//! A runtime without threads: driven by hand, from the host's own loop.

use std::task::{Context, Poll, Wake, Waker};
use std::{ffi::c_int, pin::pin, sync::Arc, time::Duration};

use crate::executor::{Notify, Policy, Rings, RunQueues, Stealing, Visitor};
use crate::runtime::{BuildError, Builder, Driving, Handle, NestedBlockOn};
use crate::sync::{AtomicBool, Ordering};

/// So many tasks run in one turn at most, so that a host keeps its own pace.
const TURN_TASKS: usize = 256;

/// A runtime whose one worker is the thread that calls it: for a host with a loop of its own (a
/// game, a user interface, another event loop).
///
/// Between calls nothing runs. A host that waits for more than this runtime waits for its
/// [`descriptor`](Hosted::descriptor) to become readable, at most for
/// [`until_timer`](Hosted::until_timer), and then takes a [`turn`](Hosted::turn).
///
/// ```
/// let mut hosted = windlass::Runtime::builder().build_hosted()?;
/// let task = hosted.handle().spawn(async { 6 * 7 });
/// assert_eq!(hosted.run_until_stalled(), 1);
/// assert!(task.is_finished());
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub struct Hosted<P: Policy = Stealing, Q: RunQueues = Rings> {
    handle: Handle,
    visitor: Visitor<P, Q>,
}

impl<P: Policy, Q: RunQueues> Builder<P, Q> {
    /// A runtime without threads of its own, whose one worker runs when its owner calls. The
    /// settings `workers`, `cores`, `thread_name` and `guests` do not count, `on_slow_poll` is
    /// never called.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn build_hosted(self) -> Result<Hosted<P, Q>, BuildError> {
        let (colony, handle, config) = self.one_worker()?.make();
        let driver = config.drivers.into_iter().next().expect("a hosted runtime has one driver");
        Ok(Hosted { handle, visitor: Visitor::new(colony, driver) })
    }
}

impl<P: Policy, Q: RunQueues> Hosted<P, Q> {
    /// A handle to spawn and enter, also from other threads.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Runs tasks until none is ready, without waiting. How many polls that were. A task that wakes
    /// itself for ever keeps this from returning; [`Hosted::turn`] is bounded.
    ///
    /// # Panics
    /// When called inside a task or a `block_on`.
    pub fn run_until_stalled(&mut self) -> usize {
        self.visit(usize::MAX, Some(Duration::ZERO))
    }

    /// Runs at most 256 ready tasks. When none is ready, waits until one is, at most for `timeout`
    /// (without end when it is `None`), and runs what came then. How many polls that were.
    ///
    /// # Panics
    /// When called inside a task or a `block_on`.
    pub fn turn(&mut self, timeout: Option<Duration>) -> usize {
        self.visit(TURN_TASKS, timeout)
    }

    /// Drives the runtime until `future` is ready.
    ///
    /// # Errors
    /// [`NestedBlockOn`] when called inside a task or another `block_on`; the future is dropped.
    pub fn block_on<F: Future>(&mut self, future: F) -> Result<F::Output, NestedBlockOn> {
        let notifier = self.visitor.driver().notifier();
        let root = Arc::new(Root { woken: AtomicBool::new(true), notifier });
        let waker = Waker::from(root.clone());
        let mut future = pin!(future);
        loop {
            // [hosted.polled] pairs with [hosted.woken]: what came before the wake is seen.
            if root.woken.swap(false, Ordering::Acquire) {
                let _driving = Driving::begin()?;
                let _entered = self.handle.enter_as(Some(0));
                let mut cx = Context::from_waker(&waker);
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return Ok(output);
                }
            } else {
                self.turn(None);
            }
        }
    }

    /// The descriptor that becomes readable when there is something to do, but for timers. `None`
    /// without the feature `net`.
    pub fn descriptor(&self) -> Option<c_int> {
        self.visitor.driver().descriptor()
    }

    /// The time until the next timer is due, if there is one.
    pub fn until_timer(&self) -> Option<Duration> {
        self.visitor.driver().until_timer()
    }

    fn visit(&mut self, most: usize, timeout: Option<Duration>) -> usize {
        let ran = self.try_visit(most, timeout);
        ran.expect("a hosted runtime is driven from outside of tasks")
    }

    /// As [`Hosted::turn`], with at most `most` tasks.
    pub(crate) fn try_visit(
        &mut self,
        most: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, NestedBlockOn> {
        let _driving = Driving::begin()?;
        let _entered = self.handle.enter_as(Some(0));
        Ok(self.visitor.visit(most, timeout))
    }
}

/// Drops every task that is left, and ends the blocking pool.
impl<P: Policy, Q: RunQueues> Drop for Hosted<P, Q> {
    fn drop(&mut self) {
        self.visitor.end();
        self.handle.inside.blocking.shut_down(None);
    }
}

/// Wakes the future of [`Hosted::block_on`].
struct Root {
    woken: AtomicBool,
    notifier: Arc<dyn Notify>,
}

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        // [hosted.woken] pairs with [hosted.polled]: as there.
        self.woken.store(true, Ordering::Release);
        self.notifier.notify();
    }
}

shows!([P: Policy, Q: RunQueues] Hosted<P, Q>: |_| Hosted {});
