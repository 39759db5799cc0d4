//! The peers whose tasks never leave the thread that runs them: another class of contender. What
//! they are spared (atomics, other threads' wakes) is what they cannot do.

use std::cell::RefCell;
use std::future::Future;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use monoio::time::TimeDriver;
use monoio::{IoUringDriver, RuntimeBuilder};
use send_wrapper::SendWrapper;

use super::workers::InsideTokio;
use super::{Clocked, Executor, Spawner};

/// tokio's current-thread runtime, without I/O, and without timers unless clocked.
pub(crate) struct TokioOneThread(tokio::runtime::Runtime);

impl TokioOneThread {
    fn build(timers: bool) -> Result<Self, String> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        if timers {
            builder.enable_time();
        }
        builder.build().map(Self).map_err(|error| error.to_string())
    }
}

impl Executor for TokioOneThread {
    const NAME: &'static str = "tokio, one thread";
    type Spawner = InsideTokio;
    type Starter = InsideTokio;

    fn start(_: usize) -> Result<Self, String> {
        Self::build(false)
    }

    fn spawner(&self) -> InsideTokio {
        InsideTokio
    }

    fn starter(&self) -> InsideTokio {
        InsideTokio
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Clocked for TokioOneThread {
    fn start_clocked(_: usize) -> Result<Self, String> {
        Self::build(true)
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }
}

/// Whether this process may use io_uring: containers often forbid it, and glommio panics then.
fn io_uring() -> Result<(), String> {
    // The size of `io_uring_params`, all of them zero: no wishes.
    let mut parameters = [0_u64; 15];
    // SAFETY: the kernel reads and writes 120 bytes, which live; the result is a new descriptor or
    // -1.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) };
    if ring < 0 {
        let error = std::io::Error::last_os_error();
        return Err(format!("io_uring cannot be used here: {error}"));
    }
    // SAFETY: the kernel just gave it, and nobody else has it.
    drop(unsafe { OwnedFd::from_raw_fd(ring as i32) });
    Ok(())
}

/// monoio on io_uring, without wakes from other threads, and without timers unless clocked.
pub(crate) enum Monoio {
    Bare(RefCell<monoio::Runtime<IoUringDriver>>),
    Clocked(RefCell<monoio::Runtime<TimeDriver<IoUringDriver>>>),
}

impl Executor for Monoio {
    const NAME: &'static str = "monoio, one thread";
    type Spawner = InMonoio;
    type Starter = InMonoio;

    fn start(_: usize) -> Result<Self, String> {
        io_uring()?;
        let built = RuntimeBuilder::<IoUringDriver>::new().build();
        built.map(|runtime| Self::Bare(RefCell::new(runtime))).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> InMonoio {
        InMonoio
    }

    fn starter(&self) -> InMonoio {
        InMonoio
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            Self::Bare(runtime) => runtime.borrow_mut().block_on(future),
            Self::Clocked(runtime) => runtime.borrow_mut().block_on(future),
        }
    }
}

impl Clocked for Monoio {
    fn start_clocked(_: usize) -> Result<Self, String> {
        io_uring()?;
        let built = RuntimeBuilder::<IoUringDriver>::new().enable_timer().build();
        built.map(|runtime| Self::Clocked(RefCell::new(runtime))).map_err(|error| error.to_string())
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        SendWrapper::new(monoio::time::sleep(time))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct InMonoio;

impl Spawner for InMonoio {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(monoio::spawn(future));
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = monoio::spawn(future);
        async { Ok(task.await) }
    }
}

/// glommio with its defaults, which need io_uring and some MiB of locked memory.
pub(crate) struct Glommio(glommio::LocalExecutor);

impl Executor for Glommio {
    const NAME: &'static str = "glommio, one thread";
    type Spawner = InGlommio;
    type Starter = InGlommio;

    fn start(_: usize) -> Result<Self, String> {
        io_uring()?;
        let built = glommio::LocalExecutorBuilder::default().make();
        built.map(Self).map_err(|error| error.to_string())
    }

    fn spawner(&self) -> InGlommio {
        InGlommio
    }

    fn starter(&self) -> InGlommio {
        InGlommio
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.run(future)
    }
}

impl Clocked for Glommio {
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        SendWrapper::new(glommio::timer::sleep(time))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct InGlommio;

impl Spawner for InGlommio {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        glommio::spawn_local(future).detach();
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = SendWrapper::new(glommio::spawn_local(future));
        async { Ok(task.await) }
    }
}

/// compio on io_uring.
pub(crate) struct Compio(compio_runtime::Runtime);

impl Executor for Compio {
    const NAME: &'static str = "compio, one thread";
    type Spawner = InCompio;
    type Starter = InCompio;

    fn start(_: usize) -> Result<Self, String> {
        io_uring()?;
        let started = compio_runtime::Runtime::new().map_err(|error| error.to_string())?;
        match started.driver_type() {
            compio_driver::DriverType::IoUring => Ok(Self(started)),
            other => Err(format!("compio found no io_uring, but {other:?}")),
        }
    }

    fn spawner(&self) -> InCompio {
        InCompio
    }

    fn starter(&self) -> InCompio {
        InCompio
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

impl Clocked for Compio {
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        SendWrapper::new(compio_runtime::time::sleep(time))
    }
}

#[derive(Clone, Copy)]
pub(crate) struct InCompio;

impl Spawner for InCompio {
    #[inline]
    fn detach(&self, future: impl Future<Output = ()> + Send + 'static) {
        compio_runtime::spawn(future).detach();
    }

    #[inline]
    fn join<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = Result<T, String>> + Send {
        let task = SendWrapper::new(compio_runtime::spawn(future));
        async { task.await.map_err(|error| format!("{error:?}")) }
    }
}
