//! A bounded pool of threads for closures that block.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{
    cell::Cell, collections::VecDeque, fmt, mem, mem::ManuallyDrop, ptr, thread, time::Duration,
};

use super::mask;
use crate::sync::lock;
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
    /// (without end when it is `None`, but not inside a job). Whether all have ended.
    fn shut_down(&self, timeout: Option<Duration>) -> bool;
}

/// A closure on its way to a thread. Dropping it cancels it.
#[derive(Debug)]
pub struct Job(TaskRef);

impl Job {
    /// Runs the closure; its panic is caught and goes to the join handle.
    pub fn run(self) {
        let job = ManuallyDrop::new(self);
        // SAFETY: the job owns the right to run the task, once.
        unsafe { job.0.run_job() };
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: the job owns the right to run the task, so it has not completed, and nobody else
        // ends it.
        unsafe { self.0.cancel_job() };
    }
}

/// Hands a closure to a pool, in a cell of the slab's.
pub(crate) fn spawn<T, F>(slab: &Slab, pool: &dyn BlockingPool, closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let (task, handle) = slab.spawn_job(async move { closure() });
    let taken = pool.execute(Job(task));
    taken.map_or_else(|_refused| JoinHandle::failed(JoinError::Full), |()| handle)
}

thread_local! {
    /// The pool that the calling thread serves.
    static SERVING: Cell<*const Inside> = const { Cell::new(ptr::null()) };
}

/// The default [`BlockingPool`]: threads started on demand up to a limit, and a bounded queue
/// before them. A thread without work ends after ten seconds.
#[derive(Clone)]
pub struct BlockingThreads(Arc<Inside>);

struct Inside {
    threads_max: usize,
    queue_max: usize,
    thread_name: String,
    /// Takes the cores of the thread that made the pool: a worker that starts a thread may be
    /// pinned.
    take_mask: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
    /// A job came, or the pool is closing, or a thread ended while it is.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    threads: usize,
    waiting: usize,
    closing: bool,
}

impl BlockingThreads {
    /// At most `threads_max` threads of this name, and `queue_max` jobs that wait for one.
    pub fn new(threads_max: usize, queue_max: usize, thread_name: &str) -> Self {
        Self(Arc::new(Inside {
            threads_max,
            queue_max,
            thread_name: thread_name.to_owned(),
            take_mask: Box::new(mask::current()),
            state: Mutex::default(),
            changed: Condvar::new(),
        }))
    }

    /// Without one more thread those that run still take from the queue.
    fn start_thread(&self) -> bool {
        let inside = self.0.clone();
        let thread = thread::Builder::new().name(inside.thread_name.clone());
        thread.spawn(move || inside.serve()).is_ok()
    }
}

impl BlockingPool for BlockingThreads {
    fn execute(&self, job: Job) -> Result<(), Job> {
        let mut state = self.0.lock();
        if state.closing {
            return Err(job);
        }
        if state.waiting > state.queue.len() {
            self.0.changed.notify_one();
        } else if state.threads < self.0.threads_max && self.start_thread() {
            state.threads += 1;
        } else if state.threads == 0 || state.queue.len() >= self.0.queue_max {
            return Err(job);
        }
        state.queue.push_back(job);
        Ok(())
    }

    fn shut_down(&self, timeout: Option<Duration>) -> bool {
        let mut state = self.0.lock();
        state.closing = true;
        let cancelled = mem::take(&mut state.queue);
        drop(state);
        self.0.changed.notify_all();
        // What a closure owns may call into the pool.
        drop(cancelled);
        // A thread of the pool cannot wait for its own end, nor two pools' for each other's.
        let serving = SERVING.get();
        let own = usize::from(ptr::eq(serving, Arc::as_ptr(&self.0)));
        let long = if serving.is_null() { Duration::MAX } else { Duration::ZERO };
        let (changed, timeout) = (&self.0.changed, timeout.unwrap_or(long));
        let run = |state: &mut State| state.threads > own;
        let waited = changed.wait_timeout_while(self.0.lock(), timeout, run);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// One thread's life: runs jobs until it is told to end, or has had none for a while.
    fn serve(&self) {
        SERVING.set(self);
        (self.take_mask)();
        let idle = |state: &mut State| state.queue.is_empty() && !state.closing;
        loop {
            let mut state = self.lock();
            state.waiting += 1;
            let waited = self.changed.wait_timeout_while(state, KEEP_ALIVE, idle);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            let Some(job) = state.queue.pop_front() else {
                state.threads -= 1;
                return self.changed.notify_all();
            };
            drop(state);
            job.run();
        }
    }
}

impl fmt::Debug for BlockingThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingThreads").finish_non_exhaustive()
    }
}
