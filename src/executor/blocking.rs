//! A bounded pool of threads for closures that block.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use super::mask::Mask;
use crate::task::{JoinError, JoinHandle, Slab, TaskRef};

/// How long a thread without work stays.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The socket for where blocking closures run: threads by default; a simulation may run them in
/// place.
pub trait BlockingPool: Send + Sync {
    /// Takes a job to run it soon, on a thread that may block; hands it back when it is full or
    /// shutting down.
    ///
    /// # Errors
    /// The job, when it cannot be taken.
    fn execute(&self, job: Job) -> Result<(), Job>;

    /// Drops the jobs that have not begun, and waits for those that have, at most `timeout`
    /// (without end when it is `None`). Whether all have ended.
    fn shut_down(&self, timeout: Option<Duration>) -> bool;
}

/// A closure on its way to a thread. Dropping it cancels it.
#[derive(Debug)]
pub struct Job(Option<TaskRef>);

impl Job {
    /// Runs the closure; its panic is caught and goes to the join handle.
    pub fn run(mut self) {
        if let Some(task) = self.0.take() {
            // SAFETY: the job owns the right to run the task, once.
            unsafe { task.run_job() };
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            // SAFETY: the job owns the right to run the task, so it has not completed, and nobody
            // else ends it.
            unsafe { task.cancel_job() };
        }
    }
}

/// Hands a closure to a pool, in a cell of the slab's.
pub(crate) fn spawn<T, F>(slab: &Slab, pool: &dyn BlockingPool, closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let (task, handle) = slab.spawn_job(Once(Some(closure)));
    match pool.execute(Job(Some(task))) {
        Ok(()) => handle,
        Err(_refused) => JoinHandle::failed(JoinError::Full),
    }
}

/// A closure as a future that is ready at its first poll.
struct Once<F>(Option<F>);

impl<F> Unpin for Once<F> {}

impl<T, F: FnOnce() -> T> Future for Once<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        match self.0.take() {
            Some(closure) => Poll::Ready(closure()),
            None => Poll::Pending,
        }
    }
}

thread_local! {
    /// The pool that the calling thread serves.
    static SERVING: Cell<*const Inside> = const { Cell::new(ptr::null()) };
}

/// The default [`BlockingPool`]: threads started on demand up to a limit, and a bounded queue
/// before them.
#[derive(Clone)]
pub struct BlockingThreads {
    inside: Arc<Inside>,
}

struct Inside {
    threads_max: usize,
    queue_max: usize,
    thread_name: String,
    /// The cores of the thread that made the pool: a worker that starts a thread may be pinned.
    mask: Option<Mask>,
    state: Mutex<State>,
    work: Condvar,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    waiting: usize,
    closing: bool,
}

impl BlockingThreads {
    /// At most `threads_max` threads, and `queue_max` jobs that wait for one.
    pub fn new(threads_max: usize, queue_max: usize, thread_name: &str) -> Self {
        Self {
            inside: Arc::new(Inside {
                threads_max,
                queue_max,
                thread_name: thread_name.to_owned(),
                mask: Mask::current(),
                state: Mutex::default(),
                work: Condvar::new(),
                ended: Condvar::new(),
            }),
        }
    }
}

impl BlockingPool for BlockingThreads {
    fn execute(&self, job: Job) -> Result<(), Job> {
        let mut state = self.inside.lock();
        if state.closing {
            return Err(job);
        }
        if state.waiting > state.queue.len() {
            state.queue.push_back(job);
            self.inside.work.notify_one();
            return Ok(());
        }
        if state.threads < self.inside.threads_max {
            let inside = self.inside.clone();
            let thread = thread::Builder::new().name(self.inside.thread_name.clone());
            // Without one more thread those that run still take from the queue.
            if thread.spawn(move || inside.serve()).is_ok() {
                state.threads += 1;
                state.queue.push_back(job);
                return Ok(());
            }
        }
        if state.threads == 0 || state.queue.len() >= self.inside.queue_max {
            return Err(job);
        }
        state.queue.push_back(job);
        Ok(())
    }

    fn shut_down(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.inside.lock();
        state.closing = true;
        let cancelled = std::mem::take(&mut state.queue);
        self.inside.work.notify_all();
        drop(state);
        drop(cancelled);
        // A thread of the pool cannot wait for its own end.
        let own = usize::from(ptr::eq(SERVING.get(), Arc::as_ptr(&self.inside)));
        let mut state = self.inside.lock();
        while state.threads > own {
            state = match deadline {
                None => self
                    .inside
                    .ended
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let waited = self.inside.ended.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread's life: runs jobs until it is told to end, or has had none for a while.
    fn serve(&self) {
        SERVING.set(self);
        if let Some(mask) = &self.mask {
            mask.apply();
        }
        let mut state = self.lock();
        while !state.closing {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                job.run();
                state = self.lock();
                continue;
            }
            state.waiting += 1;
            let waited = self.work.wait_timeout(state, KEEP_ALIVE);
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            state.waiting -= 1;
            if timeout.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        self.ended.notify_all();
    }
}

impl fmt::Debug for BlockingThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingThreads")
            .field("threads_max", &self.inside.threads_max)
            .field("queue_max", &self.inside.queue_max)
            .finish_non_exhaustive()
    }
}
