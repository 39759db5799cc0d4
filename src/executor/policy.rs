//! Where ready tasks go, and who may take them: the scheduling policy, a parameter of the executor.

/// A scheduling policy: constants and one rule, all known when the executor is compiled.
///
/// ```
/// use windlass::executor::Policy;
///
/// /// As `Stealing`, but what was woken last does not run first.
/// struct Fifo;
///
/// impl Policy for Fifo {
///     const LIFO_RUN_MAX: u32 = 0;
/// }
/// let runtime = windlass::Runtime::builder().workers(2).policy::<Fifo>().build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Whether each worker has a queue of its own for what becomes ready on it. Else all tasks go
    /// through one queue that all workers share.
    const OWN_QUEUES: bool = true;

    /// Whether a task is run by one worker all its life: the one whose task spawned it, or the next
    /// in turn for a task spawned from outside. Needs `OWN_QUEUES`.
    const PINNED: bool = false;

    /// How many tasks in a row a worker takes from its LIFO slot, where the task waits that another
    /// woke last while it was polled, before it looks at its queue. 0: there is no such slot.
    const LIFO_RUN_MAX: u32 = 16;

    /// Every so many tasks a worker looks at its driver (sockets, timers) and takes from the queue
    /// of what came from outside. At least 1.
    const TURN_TASKS: u32 = 61;

    /// How many tasks a worker without work takes from the queue of another that holds `len`; more
    /// than 128 count as 128. `woken`: it was woken to help; else it only ran out of work itself.
    fn steal(len: usize, woken: bool) -> usize {
        if woken || len >= Self::TURN_TASKS as usize { len.div_ceil(2) } else { 0 }
    }
}

/// A queue for each worker; who has no tasks takes half of another's, 128 at most. The default.
///
/// Work stays on one worker while it keeps up: see `docs/decisions/002` and `006`.
#[derive(Debug)]
pub struct Stealing;

impl Policy for Stealing {}

/// One queue for all workers: first come, first served, and every push and pop on shared lines.
#[derive(Debug)]
pub struct Shared;

impl Policy for Shared {
    const OWN_QUEUES: bool = false;
    const LIFO_RUN_MAX: u32 = 0;
}

/// A queue for each worker, and each task stays on its worker. One that blocks its worker blocks
/// the tasks beside it.
#[derive(Debug)]
pub struct Pinned;

impl Policy for Pinned {
    const PINNED: bool = true;
}
