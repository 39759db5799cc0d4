//! Waiting until a number of tasks have run, once each: cheap for the tasks, and checked.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

/// So many tasks in a row count in one place: neighbours mostly run on one worker, so that counting
/// does not make the workers contend.
const CELL_TASKS: usize = 256;

/// A cell counts arrivals above this bit, and adds up their numbers below.
const COUNT_SHIFT: u32 = 32;

/// After this long a task is taken for lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// Counts tasks as they run, and says when the last one did.
///
/// It lives for ever (`&'static`), so that tasks need no reference count to reach it.
pub(crate) struct Latch {
    cells: Box<[CachePadded<AtomicU64>]>,
    cells_left: CachePadded<AtomicUsize>,
    tasks: AtomicUsize,
    wrong: AtomicBool,
    ended: AtomicBool,
    times: Mutex<Times>,
}

struct Times {
    began: Option<Instant>,
    ended: Option<Instant>,
    waiter: Option<Waker>,
}

/// Wakes a thread that parks.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Latch {
    /// For at most `tasks_max` tasks.
    pub(crate) fn leaked(tasks_max: usize) -> &'static Self {
        let cells = (0..tasks_max.div_ceil(CELL_TASKS)).map(|_| CachePadded::default()).collect();
        Box::leak(Box::new(Self {
            cells,
            cells_left: CachePadded::default(),
            tasks: AtomicUsize::new(0),
            wrong: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            times: Mutex::new(Times { began: None, ended: None, waiter: None }),
        }))
    }

    /// Ready for `tasks` tasks. Time runs from here, unless [`Latch::begin`] says later.
    pub(crate) fn reset(&self, tasks: usize) {
        let cells = tasks.div_ceil(CELL_TASKS);
        for cell in &self.cells[..cells] {
            cell.store(0, Ordering::Relaxed);
        }
        self.cells_left.store(cells, Ordering::Relaxed);
        self.tasks.store(tasks, Ordering::Relaxed);
        self.wrong.store(false, Ordering::Relaxed);
        self.ended.store(tasks == 0, Ordering::Release);
        let now = Instant::now();
        *self.times() =
            Times { began: Some(now), ended: (tasks == 0).then_some(now), waiter: None };
    }

    /// Time runs from here.
    pub(crate) fn begin(&self) {
        self.times().began = Some(Instant::now());
    }

    /// Task `number` has run.
    #[inline]
    pub(crate) fn arrive(&self, number: usize) {
        let (cell, place) = (number / CELL_TASKS, number % CELL_TASKS);
        let tasks = self.tasks.load(Ordering::Relaxed);
        let arrivals = CELL_TASKS.min(tasks.saturating_sub(cell * CELL_TASKS)) as u64;
        let one = 1 << COUNT_SHIFT | place as u64;
        let now = self.cells[cell].fetch_add(one, Ordering::AcqRel) + one;
        if now >> COUNT_SHIFT == arrivals {
            self.cell_done(now, arrivals);
        }
    }

    #[cold]
    fn cell_done(&self, cell: u64, arrivals: u64) {
        if cell & ((1 << COUNT_SHIFT) - 1) != arrivals * (arrivals - 1) / 2 {
            self.wrong.store(true, Ordering::Relaxed);
        }
        if self.cells_left.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut times = self.times();
            times.ended = Some(Instant::now());
            self.ended.store(true, Ordering::Release);
            let waiter = times.waiter.take();
            drop(times);
            if let Some(waiter) = waiter {
                waiter.wake();
            }
        }
    }

    /// Sleeps until the last task has run, and returns the time that took.
    ///
    /// # Errors
    /// A task did not run, or one ran twice.
    pub(crate) fn wait(&self) -> Result<Duration, String> {
        self.times().waiter = Some(Waker::from(Arc::new(Unpark(thread::current()))));
        let deadline = Instant::now() + PATIENCE;
        while !self.ended.load(Ordering::Acquire) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.lost());
            }
            thread::park_timeout(left);
        }
        self.elapsed()
    }

    /// The same for a task; its patience has no end.
    ///
    /// # Errors
    /// A task did not run, or one ran twice.
    pub(crate) fn ended(&self) -> impl Future<Output = Result<Duration, String>> + Send {
        poll_fn(|cx| {
            self.times().waiter = Some(cx.waker().clone());
            if self.ended.load(Ordering::Acquire) {
                self.times().waiter = None;
                Poll::Ready(self.elapsed())
            } else {
                Poll::Pending
            }
        })
    }

    fn elapsed(&self) -> Result<Duration, String> {
        if self.wrong.load(Ordering::Relaxed) {
            return Err("a task ran twice in another's place".to_owned());
        }
        let times = self.times();
        match (times.began, times.ended) {
            (Some(began), Some(ended)) => Ok(ended.saturating_duration_since(began)),
            _ => Err("the tasks ended without a beginning".to_owned()),
        }
    }

    fn lost(&self) -> String {
        let tasks = self.tasks.load(Ordering::Relaxed);
        let cells = &self.cells[..tasks.div_ceil(CELL_TASKS)];
        let ran: u64 = cells.iter().map(|cell| cell.load(Ordering::Relaxed) >> COUNT_SHIFT).sum();
        format!("{ran} of {tasks} tasks ran within {PATIENCE:?}")
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
