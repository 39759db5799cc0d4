//! Tasks that are always ready, to be in the others' way: each computes a little and yields.

use std::future::{Future, poll_fn};
use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crate::latch::Latch;
use crate::peers::Spawner;

/// Turns of a chain of multiplications: 1 to 3 us in each poll.
const TURNS: u64 = 1024;

/// After this long they are taken for starved.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many of them; they live as long as is asked.
pub(crate) struct Busy {
    tasks: usize,
    polled: AtomicUsize,
    stop: AtomicBool,
    done: &'static Latch,
}

impl Busy {
    pub(crate) fn leaked(tasks: usize) -> &'static Self {
        Box::leak(Box::new(Self {
            tasks,
            polled: AtomicUsize::new(0),
            stop: AtomicBool::new(true),
            done: Latch::leaked(tasks),
        }))
    }

    /// Starts them from outside, and waits until each was polled.
    ///
    /// # Errors
    /// One was not, within 10 s.
    pub(crate) fn start<S: Spawner>(&'static self, spawner: &S) -> Result<(), String> {
        self.arm();
        self.spawn(spawner);
        let began = Instant::now();
        while !self.is_running() {
            if began.elapsed() > PATIENCE {
                return Err(format!("a busy task was not polled within {PATIENCE:?}"));
            }
            thread::yield_now();
        }
        Ok(())
    }

    /// Ready to be spawned, and for its latch to be waited for.
    pub(crate) fn arm(&self) {
        self.polled.store(0, Ordering::Relaxed);
        self.stop.store(false, Ordering::Relaxed);
        self.done.reset(self.tasks);
    }

    /// Starts them, once armed.
    pub(crate) fn spawn<S: Spawner>(&'static self, spawner: &S) {
        for number in 0..self.tasks {
            spawner.detach(self.work::<S>(number));
        }
    }

    /// Whether each was polled.
    pub(crate) fn is_running(&self) -> bool {
        self.polled.load(Ordering::Acquire) == self.tasks
    }

    /// Tells them to end.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// The latch that is done when they have ended.
    pub(crate) fn done(&self) -> &'static Latch {
        self.done
    }

    /// Ends them.
    ///
    /// # Errors
    /// One did not end.
    pub(crate) fn end(&self) -> Result<(), String> {
        self.stop();
        self.done.wait().map(drop)
    }

    async fn work<S: Spawner>(&'static self, number: usize) {
        self.polled.fetch_add(1, Ordering::AcqRel);
        while !self.stop.load(Ordering::Acquire) {
            compute();
            if number.is_multiple_of(2) {
                S::yield_now().await;
            } else {
                wake_self().await;
            }
        }
        self.done.arrive(number);
    }
}

fn compute() {
    let mut value = 1_u64;
    for turn in 0..TURNS {
        value = hint::black_box(value.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ turn);
    }
}

/// Ready again at once, by its own waker.
pub(crate) fn wake_self() -> impl Future<Output = ()> + Send {
    let mut woken = false;
    poll_fn(move |cx| {
        if woken {
            return Poll::Ready(());
        }
        woken = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}
