//! Signals on their way from the handler to a task.

use std::future::poll_fn;
use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use signal_hook_registry::{FORBIDDEN, SigId, register, unregister};

use crate::net::Async;
use crate::sync::{AtomicU64, Ordering};

/// A signal, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(i32);

impl Signal {
    /// `SIGINT`: Ctrl-C at the terminal.
    pub const INTERRUPT: Self = Self(libc::SIGINT);
    /// `SIGTERM`: the polite request to end.
    pub const TERMINATE: Self = Self(libc::SIGTERM);
    /// `SIGHUP`: the terminal has gone; by custom, "read your configuration again".
    pub const HANG_UP: Self = Self(libc::SIGHUP);
    /// `SIGQUIT`.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// `SIGCHLD`: a child process has ended.
    pub const CHILD: Self = Self(libc::SIGCHLD);
    /// `SIGUSR1`.
    pub const USER_1: Self = Self(libc::SIGUSR1);
    /// `SIGUSR2`.
    pub const USER_2: Self = Self(libc::SIGUSR2);

    /// The signal of that number.
    pub const fn new(number: i32) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> i32 {
        self.0
    }
}

/// A stream of signals, from the moment it was made until it is dropped. A signal that comes again
/// before it was read is read once, as with the kernel's own queue; of those that wait, the one of
/// the lowest number comes first.
pub struct Signals {
    handlers: Vec<SigId>,
    told: Arc<Told>,
    read: Async<PipeReader>,
}

/// What the handlers tell.
struct Told {
    /// A bit for each signal that came; that of signal 1 is the lowest.
    came: AtomicU64,
    /// A byte for each time that one came, as far as there is room.
    write: PipeWriter,
}

impl Told {
    fn tell(&self, bit: u64) {
        // Relaxed: the pipe's own lock orders the bit before the byte, and before a full pipe's
        // next read.
        self.came.fetch_or(bit, Ordering::Relaxed);
        // A full pipe has bytes to read already.
        drop((&self.write).write(&[0]));
    }

    fn take(&self) -> Option<Signal> {
        let came = self.came.load(Ordering::Relaxed);
        let lowest = came & came.wrapping_neg();
        self.came.fetch_and(!lowest, Ordering::Relaxed);
        (lowest != 0).then(|| Signal(lowest.trailing_zeros().cast_signed() + 1))
    }
}

impl Signals {
    /// Listens to `signals` from now on.
    ///
    /// # Errors
    /// `InvalidInput` for a signal that cannot be handled (`SIGKILL`, `SIGSTOP`, `SIGILL`,
    /// `SIGFPE`, `SIGSEGV`, or no signal at all); and the kernel's.
    pub fn new(signals: &[Signal]) -> io::Result<Self> {
        let (read, write) = pipe()?;
        let told = Told { came: AtomicU64::new(0), write: Async::new(write)?.into_std() };
        let (told, read) = (Arc::new(told), Async::new(read)?);
        let mut all = Self { handlers: Vec::new(), told, read };
        for &Signal(number) in signals {
            if !(1..=64).contains(&number) || FORBIDDEN.contains(&number) {
                let said = format!("signal {number} cannot be listened to");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, said));
            }
            let told = all.told.clone();
            let handler = move || told.tell(1 << (number - 1));
            // SAFETY: the handler does one atomic operation and one `write`, both allowed in
            // handlers; the registry keeps `errno`.
            all.handlers.push(unsafe { register(number, handler) }?);
        }
        Ok(all)
    }

    /// The next signal. Cancel safe: a dropped future has taken none.
    ///
    /// # Errors
    /// When called outside a runtime, or when the runtime shuts down.
    pub async fn next(&mut self) -> io::Result<Signal> {
        poll_fn(|cx| self.poll_signal(cx)).await
    }

    fn poll_signal(&self, cx: &mut Context<'_>) -> Poll<io::Result<Signal>> {
        self.read.poll_read_with(cx, |mut read| {
            loop {
                if let Some(signal) = self.told.take() {
                    return Ok(signal);
                }
                let _bytes = read.read(&mut [0; 64])?;
            }
        })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            unregister(handler);
        }
    }
}

impl Stream for Signals {
    type Item = io::Result<Signal>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_signal(cx).map(Some)
    }
}

/// Waits for Ctrl-C (`SIGINT`). Listens from the call on, not from the first poll.
///
/// # Errors
/// As [`Signals::new`] and [`Signals::next`].
pub fn ctrl_c() -> impl Future<Output = io::Result<()>> {
    one(Signal::INTERRUPT)
}

/// Waits for the polite request to end (`SIGTERM`). Otherwise as [`ctrl_c`].
///
/// # Errors
/// As [`ctrl_c`].
pub fn terminate() -> impl Future<Output = io::Result<()>> {
    one(Signal::TERMINATE)
}

fn one(signal: Signal) -> impl Future<Output = io::Result<()>> {
    let signals = Signals::new(&[signal]);
    async move { signals?.next().await.map(drop) }
}

shows!([] Signals: |own| Signals { handlers: own.handlers });
