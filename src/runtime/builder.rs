//! The settings of a runtime.

use std::{marker::PhantomData, sync::Arc, thread, time::Duration};

use super::drivers::{self, Reactors};
use super::start::{Parts, Runtime};
use super::{error::BuildError, hooks::Hooks};
use crate::executor::{
    self, BlockingPool, BlockingThreads, Config, CorePlan, Driver, PanicPolicy, Policy, Rings,
    RunQueues, Settings, SlowPoll, Stealing, WORKERS_MAX,
};
use crate::task::Panic;

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
    settings: Settings,
    hooks: Hooks,
    pub(super) options: drivers::Options,
}

impl Default for Builder {
    fn default() -> Self {
        Self::of(Choices {
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
        })
    }
}

/// Methods that make one of the choices each.
macro_rules! setters {
    ($(
        $(#[$said:meta])*
        $name:ident($($given:ident: $of:ty),+) => $($choice:ident).+ = $value:expr;
    )*) => {
        impl<P, Q> Builder<P, Q> {
            $(
                $(#[$said])*
                pub fn $name(mut self, $($given: $of),+) -> Self {
                    self.choices.$($choice).+ = $value;
                    self
                }
            )*
        }
    };
}

setters! {
    /// The number of worker threads, 1 to 48. Default: one for each core that the calling thread
    /// may use, or fewer when a quota is smaller: [`thread::available_parallelism`] counts the
    /// affinity mask (and so cpusets) and, on Linux, the CPU quotas of cgroups v1 and v2, rounded
    /// down.
    workers(workers: usize) => workers = Some(workers);

    /// Which worker runs on which core. Default: [`CorePlan::Compact`] with the feature `pin`.
    cores(plan: CorePlan) => cores = plan;

    /// How many tasks may be alive at once, 1 to 2^26. Default 2^20. Memory is used as tasks come.
    tasks_max(tasks: usize) => settings.tasks_max = tasks;

    /// The beginning of the threads' names. Default "windlass".
    thread_name(name: &str) => thread_name = name.to_owned();

    /// Called on each worker's thread, with the worker's number, before its first task: it is in
    /// the runtime and may spawn. [`Builder::build`] returns when each worker's call has returned;
    /// if one panics, the runtime is ended and `build` says so. Threads of `spawn_blocking` are not
    /// workers: they call no hook.
    on_thread_start(hook: impl Fn(usize) + Send + Sync + 'static) =>
        hooks.start = Some(Arc::new(hook));

    /// Called on each worker's thread, with the worker's number, after its last task, while tasks
    /// that never ended may still wait to be dropped. A panic in it is caught.
    on_thread_stop(hook: impl Fn(usize) + Send + Sync + 'static) =>
        hooks.stop = Some(Arc::new(hook));

    /// How many threads `spawn_blocking` may use, 1 to 65,536. Default 64.
    blocking_threads_max(threads: usize) => blocking_threads_max = threads;

    /// How many blocking closures may wait for a thread, 0 to 2^31. Default 65,536.
    blocking_queue_max(jobs: usize) => blocking_queue_max = jobs;

    /// Where blocking closures run, in place of threads of this runtime's own. The runtime shuts
    /// the pool down at its end.
    blocking_pool(pool: Arc<dyn BlockingPool>) => blocking = Some(pool);

    /// What workers wait on, in place of reactors or condition variables: called once for each
    /// worker, with its number. Sockets of this crate need the reactors, and report an error
    /// without; timers panic.
    driver(make: impl FnMut(usize) -> Box<dyn Driver> + 'static) => driver = Some(Box::new(make));

    /// How long a worker without work looks about before it sleeps, at most 1 ms. How long it
    /// really does follows from how soon the last sleeps were ended by a task from outside: a
    /// runtime that waits for sockets and timers sleeps at once. Default 20 us; zero: never looks
    /// about.
    spin_max(spin_max: Duration) => settings.spin_max = spin_max;

    /// Whether to measure how long each poll takes, for [`WorkerCounts::poll_times`]: two readings
    /// of the clock a poll. Default: no.
    ///
    /// [`WorkerCounts::poll_times`]: crate::executor::WorkerCounts::poll_times
    poll_times(measure: bool) => settings.poll_times = measure;

    /// Whether threads in `block_on` run the tasks that become ready on them while their future
    /// waits. Default: yes. Without, what they spawn is run by workers only.
    guests(guests: bool) => settings.guests = guests;

    /// What a panic in a task does, beside going to its join handle. Default: nothing.
    panic_policy(policy: PanicPolicy) => settings.hooks.panic_policy = policy;

    /// Calls `hook` with what a task panicked with, on the thread that ran it, before its join
    /// handle hears of it. A panic of the hook's is discarded.
    on_panic(hook: impl Fn(&Panic) + Send + Sync + 'static) =>
        settings.hooks.on_panic = Some(Arc::new(hook));

    /// Calls `hook`, on a thread of its own, once for each poll that lasts for `limit` or more,
    /// while it still lasts: its task blocks its worker. It is noticed within 4 ms after that.
    on_slow_poll(limit: Duration, hook: impl Fn(SlowPoll) + Send + Sync + 'static) =>
        settings.hooks.on_slow_poll = Some((limit, Arc::new(hook)));
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

    /// Starts the runtime.
    ///
    /// # Errors
    /// [`BuildError`]: a setting out of range, a core that does not exist, descriptors or threads
    /// used up, a start hook that panicked.
    pub fn build(self) -> Result<Runtime, BuildError> {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let workers = self.choices.workers.unwrap_or_else(|| cores().min(WORKERS_MAX));
        Runtime::start::<P, Q>(self.choices.parts(workers)?)
    }
}

impl Choices {
    fn parts(self, workers: usize) -> Result<Parts, BuildError> {
        let mut settings = self.settings;
        let spin_ns = settings.spin_max.as_nanos().try_into().unwrap_or(usize::MAX);
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
            Arc::new(BlockingThreads::new(threads, queue, &format!("{thread_name}-blocking")))
        });
        let ending = reactors.clone();
        settings.at_end = Box::new(move || ending.end());
        let config = Config { thread_name, cores, drivers };
        Ok(Parts { settings, config, reactors, blocking, hooks: self.hooks })
    }
}

impl<P, Q> Builder<P, Q> {
    /// What a runtime is made of whose one worker is no thread of its own.
    pub(crate) fn one_worker(mut self) -> Result<Parts, BuildError> {
        self.choices.cores = CorePlan::None;
        self.choices.settings.guests = false;
        self.choices.parts(1)
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
