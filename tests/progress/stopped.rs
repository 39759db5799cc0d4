//! Threads that are stopped anywhere, by a signal whose handler waits to be let go.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::gate::joined;
use crate::support::{bounded, wait_until};
use crate::totals::{Total, add};

/// From which the handler reads the byte that lets it go.
static PIPE: AtomicI32 = AtomicI32::new(-1);
static STOPPED: AtomicUsize = AtomicUsize::new(0);
static WENT_ON: AtomicUsize = AtomicUsize::new(0);

/// Runs a test with a victim, bounded; one at a time, as the handler is the process's.
pub(crate) fn alone(test: impl FnOnce() + Send + 'static) {
    static VICTIM: Mutex<()> = Mutex::new(());
    let _alone = VICTIM.lock().unwrap_or_else(PoisonError::into_inner);
    bounded(test);
}

extern "C" fn stop(_signal: libc::c_int) {
    STOPPED.fetch_add(1, Ordering::SeqCst);
    let mut byte = 0_u8;
    // SAFETY: `read` may be called in a handler, and the byte is there for it. Its errno is put
    // back, which the code that was interrupted may be about to look at.
    unsafe {
        let errno = *libc::__errno_location();
        while libc::read(PIPE.load(Ordering::SeqCst), (&raw mut byte).cast(), 1) < 0 {}
        *libc::__errno_location() = errno;
    }
    WENT_ON.fetch_add(1, Ordering::SeqCst);
}

/// A thread that does the same again and again, and can be stopped anywhere in it.
pub(crate) struct Victim {
    thread: libc::pthread_t,
    worker: Option<JoinHandle<()>>,
    over: Arc<AtomicBool>,
    _reads: PipeReader,
    lets_go: PipeWriter,
}

impl Victim {
    pub(crate) fn doing(mut act: impl FnMut() + Send + 'static) -> Self {
        let (reads, lets_go) = io::pipe().expect("a pipe");
        PIPE.store(reads.as_raw_fd(), Ordering::SeqCst);
        // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = stop as extern "C" fn(libc::c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: the handler reads from a pipe and touches atomics, which it may do anywhere; the
        // old action may be left out.
        let set =
            unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
        assert_eq!(set, 0, "{}", io::Error::last_os_error());
        let over = Arc::new(AtomicBool::new(false));
        let (told, (say, heard)) = (over.clone(), std::sync::mpsc::channel());
        let worker = thread::spawn(move || {
            // SAFETY: no argument, and it cannot fail.
            say.send(unsafe { libc::pthread_self() }).expect("somebody hears");
            while !told.load(Ordering::Relaxed) {
                act();
            }
        });
        let thread = heard.recv().expect("it begins");
        Self { thread, worker: Some(worker), over, _reads: reads, lets_go }
    }

    /// Stops the thread where it is, does something meanwhile, and lets it go on.
    pub(crate) fn stopped<R>(&mut self, meanwhile: impl FnOnce() -> R) -> R {
        let (stopped, went_on) = (STOPPED.load(Ordering::SeqCst), WENT_ON.load(Ordering::SeqCst));
        // SAFETY: the thread runs until this is dropped.
        assert_eq!(unsafe { libc::pthread_kill(self.thread, libc::SIGUSR1) }, 0);
        wait_until(|| STOPPED.load(Ordering::SeqCst) > stopped);
        add(Total::Stops, 1);
        let done = meanwhile();
        self.lets_go.write_all(&[0]).expect("the handler reads");
        wait_until(|| WENT_ON.load(Ordering::SeqCst) > went_on);
        done
    }

    /// Stops the thread again and again at other moments. In each round `free` must end while it
    /// stands still, and what `bound` starts may wait for it, but must end when it has gone on. In
    /// how many rounds that did wait.
    pub(crate) fn rounds(
        &mut self,
        rounds: u32,
        mut free: impl FnMut(),
        bound: impl Fn() + Clone + Send + 'static,
    ) -> u32 {
        /// So long a helper is given to show that it does not wait: many times what it takes.
        const PATIENCE: Duration = Duration::from_millis(2);
        let mut waited = 0;
        for round in 0..rounds {
            (0..round % 97).for_each(|_| std::hint::spin_loop());
            let helper = self.stopped(|| {
                free();
                let (act, begins) = (bound.clone(), Arc::new(AtomicBool::new(false)));
                let told = begins.clone();
                let helper = thread::spawn(move || {
                    told.store(true, Ordering::Release);
                    act();
                });
                wait_until(|| begins.load(Ordering::Acquire));
                let begun = Instant::now();
                while !helper.is_finished() && begun.elapsed() < PATIENCE {
                    thread::yield_now();
                }
                waited += u32::from(!helper.is_finished());
                helper
            });
            joined(helper);
        }
        waited
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker.take() {
            joined(worker);
        }
    }
}
