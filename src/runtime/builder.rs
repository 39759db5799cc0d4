//! The settings of a runtime.

use std::fmt;
use std::sync::Arc;
use std::thread;

use super::drivers::{self, Reactors};
use super::error::BuildError;
use super::hooks::Hooks;
use super::start::{Parts, Runtime};
use crate::executor::{BlockingPool, BlockingThreads, CorePlan, Driver, WORKERS_MAX};

/// The most places a task registry may have.
const TASKS_MAX_MAX: usize = 1 << 26;
const THREADS_MAX: usize = 1 << 16;
const QUEUE_MAX: usize = 1 << 31;

type DriverMaker = Box<dyn FnMut(usize) -> Box<dyn Driver>>;

/// Sets up a [`Runtime`].
///
/// ```
/// use windlass::{CorePlan, Runtime};
///
/// let runtime = Runtime::builder().workers(1).cores(CorePlan::None).tasks_max(1000).build()?;
/// # drop(runtime);
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    workers: Option<usize>,
    cores: CorePlan,
    tasks_max: usize,
    thread_name: String,
    blocking_threads_max: usize,
    blocking_queue_max: usize,
    blocking: Option<Arc<dyn BlockingPool>>,
    driver: Option<DriverMaker>,
    hooks: Hooks,
    pub(super) options: drivers::Options,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            workers: None,
            cores: CorePlan::default(),
            tasks_max: 1 << 20,
            thread_name: "windlass".to_owned(),
            blocking_threads_max: 64,
            blocking_queue_max: 1 << 16,
            blocking: None,
            driver: None,
            hooks: Hooks::default(),
            options: drivers::Options::default(),
        }
    }
}

impl Builder {
    /// The number of worker threads, 1 to 48. Default: one for each core that the calling thread
    /// may use, or fewer when a quota is smaller: [`thread::available_parallelism`] counts the
    /// affinity mask (and so cpusets) and, on Linux, the CPU quotas of cgroups v1 and v2, rounded
    /// down.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Which worker runs on which core. Default: [`CorePlan::Compact`] with the feature `pin`.
    pub fn cores(mut self, plan: CorePlan) -> Self {
        self.cores = plan;
        self
    }

    /// How many tasks may be alive at once, 1 to 2^26. Default 2^20. Memory is used as tasks come.
    pub fn tasks_max(mut self, tasks: usize) -> Self {
        self.tasks_max = tasks;
        self
    }

    /// The beginning of the threads' names. Default "windlass".
    pub fn thread_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.thread_name);
        self
    }

    /// Called on each worker's thread, with the worker's number, before its first task: it is in
    /// the runtime and may spawn. [`Builder::build`] returns when each worker's call has returned;
    /// if one panics, the runtime is ended and `build` says so. Threads of `spawn_blocking` are not
    /// workers: they call no hook.
    pub fn on_thread_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.start = Some(Arc::new(hook));
        self
    }

    /// Called on each worker's thread, with the worker's number, after its last task, while tasks
    /// that never ended may still wait to be dropped. A panic in it is caught.
    pub fn on_thread_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.hooks.stop = Some(Arc::new(hook));
        self
    }

    /// How many threads `spawn_blocking` may use, 1 to 65,536. Default 64.
    pub fn blocking_threads_max(mut self, threads: usize) -> Self {
        self.blocking_threads_max = threads;
        self
    }

    /// How many blocking closures may wait for a thread, 0 to 2^31. Default 65,536.
    pub fn blocking_queue_max(mut self, jobs: usize) -> Self {
        self.blocking_queue_max = jobs;
        self
    }

    /// Where blocking closures run, in place of threads of this runtime's own. The runtime shuts
    /// the pool down at its end.
    pub fn blocking_pool(mut self, pool: Arc<dyn BlockingPool>) -> Self {
        self.blocking = Some(pool);
        self
    }

    /// What workers wait on, in place of reactors or condition variables: called once for each
    /// worker, with its number. Sockets of this crate need the reactors, and report an error
    /// without; timers panic.
    pub fn driver(mut self, make: impl FnMut(usize) -> Box<dyn Driver> + 'static) -> Self {
        self.driver = Some(Box::new(make));
        self
    }

    /// Starts the runtime.
    ///
    /// # Errors
    /// [`BuildError`]: a setting out of range, a core that does not exist, descriptors or threads
    /// used up, a start hook that panicked.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let workers = self.workers.unwrap_or_else(default_workers);
        in_range("workers", workers, 1, WORKERS_MAX)?;
        in_range("tasks_max", self.tasks_max, 1, TASKS_MAX_MAX)?;
        in_range(
            "blocking_threads_max",
            self.blocking_threads_max,
            1,
            THREADS_MAX,
        )?;
        in_range("blocking_queue_max", self.blocking_queue_max, 0, QUEUE_MAX)?;
        if self.thread_name.contains('\0') {
            return Err(BuildError::ThreadName(self.thread_name));
        }
        let cores = self.cores.cores(workers).map_err(BuildError::Cores)?;
        let (drivers, reactors) = match self.driver {
            Some(make) => ((0..workers).map(make).collect(), Reactors::none()),
            None => drivers::make(workers, &self.options).map_err(BuildError::Reactor)?,
        };
        let blocking = self.blocking.unwrap_or_else(|| {
            let name = format!("{}-blocking", self.thread_name);
            let (threads, queue) = (self.blocking_threads_max, self.blocking_queue_max);
            Arc::new(BlockingThreads::new(threads, queue, &name))
        });
        Runtime::start(Parts {
            tasks_max: self.tasks_max,
            thread_name: self.thread_name,
            cores,
            drivers,
            reactors,
            blocking,
            hooks: self.hooks,
        })
    }
}

impl Runtime {
    /// A runtime with the default settings of [`Builder`].
    ///
    /// # Errors
    /// [`BuildError`]: descriptors or threads used up.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build()
    }

    /// The settings, to be changed before [`Builder::build`].
    pub fn builder() -> Builder {
        Builder::default()
    }
}

fn default_workers() -> usize {
    thread::available_parallelism()
        .map_or(1, usize::from)
        .min(WORKERS_MAX)
}

fn in_range(name: &'static str, value: usize, min: usize, max: usize) -> Result<(), BuildError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(BuildError::Setting {
            name,
            value,
            min,
            max,
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("workers", &self.workers)
            .field("cores", &self.cores)
            .field("tasks_max", &self.tasks_max)
            .field("thread_name", &self.thread_name)
            .field("blocking_threads_max", &self.blocking_threads_max)
            .field("blocking_queue_max", &self.blocking_queue_max)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
