//! The same crowd as threads: each parks until it is unparked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::crowd::Lived;
use crate::latch::Latch;

/// For each thread that has ended: the kernel cleans up after it, which would be told of whoever is
/// measured next.
const SETTLING: Duration = Duration::from_micros(20);

/// Threads that wait.
pub(crate) struct Threads {
    threads: Vec<JoinHandle<()>>,
    go: &'static AtomicBool,
    done: &'static Latch,
}

/// What threads are spawned into; it lives for ever.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    go: &'static AtomicBool,
    idle: &'static Latch,
    done: &'static Latch,
}

impl Places {
    /// For `threads` threads.
    pub(crate) fn leaked(threads: usize) -> Self {
        Self {
            go: Box::leak(Box::new(AtomicBool::new(false))),
            idle: Latch::leaked(threads),
            done: Latch::leaked(threads),
        }
    }

    /// Starts `threads` threads and waits until each parks, or is about to.
    ///
    /// # Errors
    /// A thread could not be started; those that were are ended.
    pub(crate) fn gather(self, threads: usize) -> Result<(Threads, Duration), String> {
        self.go.store(false, Ordering::Release);
        self.idle.reset(threads);
        self.done.reset(threads);
        let mut gathered =
            Threads { threads: Vec::with_capacity(threads), go: self.go, done: self.done };
        for number in 0..threads {
            let wait = move || {
                self.idle.arrive(number);
                while !self.go.load(Ordering::Acquire) {
                    thread::park();
                }
                self.done.arrive(number);
            };
            match thread::Builder::new().spawn(wait) {
                Ok(thread) => gathered.threads.push(thread),
                Err(error) => {
                    gathered.release();
                    return Err(format!("thread {number} of {threads}: {error}"));
                }
            }
        }
        let spawned = self.idle.wait()?;
        Ok((gathered, spawned))
    }

    /// Starts them, unparks them, and waits until each is done.
    ///
    /// # Errors
    /// A thread could not be started.
    pub(crate) fn live(self, threads: usize) -> Result<Lived, String> {
        let (gathered, spawned) = self.gather(threads)?;
        let began = Instant::now();
        gathered.unpark();
        gathered.done.wait()?;
        let woken = began.elapsed();
        gathered.release();
        thread::sleep(SETTLING * threads as u32);
        Ok(Lived { spawned, woken })
    }
}

impl Threads {
    fn unpark(&self) {
        self.go.store(true, Ordering::Release);
        for thread in &self.threads {
            thread.thread().unpark();
        }
    }

    /// Ends them all.
    pub(crate) fn release(self) {
        self.unpark();
        for thread in self.threads {
            // None of them panics, and one that did has nothing to say.
            let _ = thread.join();
        }
    }
}
