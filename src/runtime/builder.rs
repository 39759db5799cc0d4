//! The settings of a runtime.

use std::{marker::PhantomData, sync::Arc, thread, time::Duration};

use super::drivers::{self, Reactors};
use super::start::{Parts, Runtime};
use super::{error::BuildError, hooks::Hooks, hosted::Hosted};
use crate::executor::{
    self, BlockingPool, BlockingThreads, Config, CorePlan, Driver, Policy, Rings, RunQueues,
    Settings, Stealing, WORKERS_MAX,
};

/// The most tasks that may be alive.
const TASKS_MAX_MAX: usize = 1 << 26;
const THREADS_MAX: usize = 1 << 16;
const QUEUE_MAX: usize = 1 << 31;
/// Longer looking about than this is no pause before sleeping, but a core given away.
const SPIN_NS_MAX: usize = 1_000_000;

type DriverMaker = Box<dyn FnMut(usize) -> Box<dyn Driver>>;

/// Sets up a [`Runtime`]. The scheduling policy `P` and the kind of run queues `Q` are parameters.
///
/// ```
/// use windlass::{CorePlan, Runtime};
///
/// let runtime = Runtime::builder().workers(1).cores(CorePlan::None).tasks_max(1000).build()?;
/// # drop(runtime);
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<P = Stealing, Q = Rings> {
    pub(super) choices: Choices,
    parameters: PhantomData<fn() -> (P, Q)>,
}

pub(super) struct Choices {
    workers: Option<usize>,
    cores: CorePlan,
    thread_name: String,
    blocking_threads_max: usize,
    blocking_queue_max: usize,
    blocking: Option<Arc<dyn BlockingPool>>,
    driver: Option<DriverMaker>,
    pub(super) settings: Settings,
    hooks: Hooks,
    pub(super) options: drivers::Options,
}

impl Default for Builder {
    fn default() -> Self {
        let choices = Choices {
            workers: None,
            cores: CorePlan::default(),
            thread_name: "windlass".to_owned(),
            blocking_threads_max: 64,
            blocking_queue_max: 1 << 16,
            blocking: None,
            driver: None,
            settings: Settings {
                tasks_max: 1 << 20,
                spin_max: Duration::from_micros(20),
                poll_times: false,
                guests: true,
                hooks: executor::Hooks::default(),
                at_end: Box::new(|| {}),
            },
            hooks: Hooks::default(),
            options: drivers::Options::default(),
        };
        Self::of(choices)
    }
}

impl<P: Policy, Q: RunQueues> Builder<P, Q> {
    /// Another scheduling policy. Default: [`Stealing`].
    pub fn policy<R: Policy>(self) -> Builder<R, Q> {
        Builder::of(self.choices)
    }

    /// Another kind of run queues. Default: windlass's rings, [`Rings`].
    pub fn queues<R: RunQueues>(self) -> Builder<P, R> {
        Builder::of(self.choices)
    }

    fn of(choices: Choices) -> Self {
        Self { choices, parameters: PhantomData }
    }

    /// The number of worker threads, 1 to 48. Default: one for each core that the calling thread
    /// may use, or fewer when a quota is smaller: [`thread::available_parallelism`] counts the
    /// affinity mask (and so cpusets) and, on Linux, the CPU quotas of cgroups v1 and v2, rounded
    /// down.
    pub fn workers(mut self, workers: usize) -> Self {
        self.choices.workers = Some(workers);
        self
    }

    /// Which worker runs on which core. Default: [`CorePlan::Compact`] with the feature `pin`.
    pub fn cores(mut self, plan: CorePlan) -> Self {
        self.choices.cores = plan;
        self
    }

    /// How many tasks may be alive at once, 1 to 2^26. Default 2^20. Memory is used as tasks come.
    pub fn tasks_max(mut self, tasks: usize) -> Self {
        self.choices.settings.tasks_max = tasks;
        self
    }

    /// The beginning of the threads' names. Default "windlass".
    pub fn thread_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.choices.thread_name);
        self
    }

    /// Called on each worker's thread, with the worker's number, before its first task: it is in
    /// the runtime and may spawn. [`Builder::build`] returns when each worker's call has returned;
    /// if one panics, the runtime is ended and `build` says so. Threads of `spawn_blocking` are not
    /// workers: they call no hook.
    pub fn on_thread_start(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.choices.hooks.start = Some(Arc::new(hook));
        self
    }

    /// Called on each worker's thread, with the worker's number, after its last task, while tasks
    /// that never ended may still wait to be dropped. A panic in it is caught.
    pub fn on_thread_stop(mut self, hook: impl Fn(usize) + Send + Sync + 'static) -> Self {
        self.choices.hooks.stop = Some(Arc::new(hook));
        self
    }

    /// How many threads `spawn_blocking` may use, 1 to 65,536. Default 64.
    pub fn blocking_threads_max(mut self, threads: usize) -> Self {
        self.choices.blocking_threads_max = threads;
        self
    }

    /// How many blocking closures may wait for a thread, 0 to 2^31. Default 65,536.
    pub fn blocking_queue_max(mut self, jobs: usize) -> Self {
        self.choices.blocking_queue_max = jobs;
        self
    }

    /// Where blocking closures run, in place of threads of this runtime's own. The runtime shuts
    /// the pool down at its end.
    pub fn blocking_pool(mut self, pool: Arc<dyn BlockingPool>) -> Self {
        self.choices.blocking = Some(pool);
        self
    }

    /// What workers wait on, in place of reactors or condition variables: called once for each
    /// worker, with its number. Sockets of this crate need the reactors, and report an error
    /// without; timers panic.
    pub fn driver(mut self, make: impl FnMut(usize) -> Box<dyn Driver> + 'static) -> Self {
        self.choices.driver = Some(Box::new(make));
        self
    }

    /// Starts the runtime.
    ///
    /// # Errors
    /// [`BuildError`]: a setting out of range, a core that does not exist, descriptors or threads
    /// used up, a start hook that panicked.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let workers = self.choices.workers;
        let workers = workers.unwrap_or_else(|| cores().min(WORKERS_MAX));
        Runtime::start::<P, Q>(self.choices.parts(workers)?)
    }
}

impl Choices {
    fn parts(self, workers: usize) -> Result<Parts, BuildError> {
        let mut settings = self.settings;
        let spin_ns = settings.spin_max.as_nanos();
        let spin_ns = spin_ns.try_into().unwrap_or(usize::MAX);
        let (threads, queue) = (self.blocking_threads_max, self.blocking_queue_max);
        for (name, value, min, max) in [
            ("workers", workers, 1, WORKERS_MAX),
            ("tasks_max", settings.tasks_max, 1, TASKS_MAX_MAX),
            ("blocking_threads_max", threads, 1, THREADS_MAX),
            ("blocking_queue_max", queue, 0, QUEUE_MAX),
            ("spin_max (ns)", spin_ns, 0, SPIN_NS_MAX),
        ] {
            if !(min..=max).contains(&value) {
                return Err(BuildError::Setting { name, value, min, max });
            }
        }
        let thread_name = self.thread_name;
        if thread_name.contains('\0') {
            return Err(BuildError::ThreadName(thread_name));
        }
        let cores = self.cores.cores(workers).map_err(BuildError::Cores)?;
        let (drivers, reactors) = match self.driver {
            Some(make) => ((0..workers).map(make).collect(), Reactors::default()),
            None => drivers::make(workers, self.options).map_err(BuildError::Reactor)?,
        };
        let blocking = self.blocking.unwrap_or_else(|| {
            let name = format!("{thread_name}-blocking");
            Arc::new(BlockingThreads::new(threads, queue, &name))
        });
        let ending = reactors.clone();
        settings.at_end = Box::new(move || ending.end());
        Ok(Parts {
            settings,
            config: Config { thread_name, cores, drivers },
            reactors,
            blocking,
            hooks: self.hooks,
        })
    }
}

impl Builder {
    /// A runtime without threads of its own, whose one worker runs when its owner calls. The
    /// settings `workers`, `cores`, `thread_name` and `guests` do not count, `on_slow_poll` is
    /// never called.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn build_hosted(mut self) -> Result<Hosted, BuildError> {
        self.choices.cores = CorePlan::None;
        self.choices.settings.guests = false;
        Ok(Hosted::start(self.choices.parts(1)?))
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

shows!([P, Q] Builder<P, Q>: |Self { choices, .. }| Builder {
    workers: choices.workers,
    cores: choices.cores,
    tasks_max: choices.settings.tasks_max,
    thread_name: choices.thread_name
});
