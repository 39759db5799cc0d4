//! Which worker runs on which core.
//!
//! What the hardware shares comes from `/sys/devices/system/cpu` on Linux: siblings of a physical
//! core (SMT), the last cache, the package. Where a file is missing each core stands alone, and a
//! package is one cache.

use std::fmt;

use super::pin;

/// How worker threads are bound to cores: "core" here is what the kernel numbers, one hardware
/// thread.
///
/// A plan takes only cores that the thread which builds the runtime may use: affinity masks
/// (`taskset`) and cpusets of cgroups are respected. A runtime built *in a task* of a pinned worker
/// therefore has that worker's core only; build it in `spawn_blocking`, or outside. With more
/// workers than cores a plan begins again.
///
/// ```
/// use windlass::CorePlan;
///
/// for plan in [CorePlan::Compact, CorePlan::Spread] {
///     // Without the feature `pin` this is an error.
///     if let Ok(cores) = plan.cores(4) {
///         println!("{plan:?}: {cores:?}");
///     }
/// }
/// assert_eq!(CorePlan::None.cores(2), Ok(vec![None, None]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorePlan {
    /// Threads are not bound: the kernel places them.
    None,
    /// Near each other: one last-level cache after the other, in each one every physical core
    /// before any SMT sibling. Few workers then hand tasks over through a cache they share, and two
    /// share a core's execution units only when the cache has no free core. Needs the feature
    /// `pin`.
    Compact,
    /// Far from each other: every physical core of the machine before any SMT sibling, alternating
    /// between packages, and in each between last-level caches. Few workers then have the most
    /// cache and memory bandwidth each, and pay more for a hand-over. Needs the feature `pin`.
    Spread,
    /// Worker `n` on the `n`-th core of this list (the kernel's numbers), wrapping round. Needs the
    /// feature `pin`.
    Explicit(Vec<usize>),
}

impl Default for CorePlan {
    /// [`CorePlan::Compact`] with the feature `pin`, else [`CorePlan::None`].
    fn default() -> Self {
        if pin::AVAILABLE { Self::Compact } else { Self::None }
    }
}

/// Why a core plan cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreError {
    /// The crate was built without the feature `pin`.
    Unavailable,
    /// The system does not tell which cores this process may use.
    Unknown,
    /// The explicit list was empty.
    Empty,
    /// A core of the explicit list does not exist or is not allowed to this process.
    NoSuchCore {
        /// The core that was asked for.
        core: usize,
        /// The cores that this process may use.
        allowed: Vec<usize>,
    },
}

impl fmt::Display for CoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str(
                "this build cannot pin threads: enable the feature `pin`, or use CorePlan::None",
            ),
            Self::Unknown => f.write_str(
                "the system does not say which cores this process may use: use CorePlan::None",
            ),
            Self::Empty => f.write_str("the list of cores is empty: name at least one"),
            Self::NoSuchCore { core, allowed } => {
                write!(f, "core {core} is not one this process may use; it may use {allowed:?}")
            }
        }
    }
}

impl std::error::Error for CoreError {}

impl CorePlan {
    /// What the plan means here and now: one entry a worker, the core it is bound to, if any.
    ///
    /// # Errors
    /// [`CoreError`]: the plan cannot be carried out.
    pub fn cores(&self, workers: usize) -> Result<Vec<Option<usize>>, CoreError> {
        let cores = match self {
            Self::None => return Ok(vec![None; workers]),
            Self::Compact => known_cores(false)?,
            Self::Spread => known_cores(true)?,
            Self::Explicit(cores) => {
                let mut allowed = known_cores(false)?;
                allowed.sort_unstable();
                if let Some(&core) = cores.iter().find(|core| !allowed.contains(core)) {
                    return Err(CoreError::NoSuchCore { core, allowed });
                }
                cores.clone()
            }
        };
        if cores.is_empty() {
            return Err(CoreError::Empty);
        }
        Ok(cores.into_iter().map(Some).cycle().take(workers).collect())
    }
}

fn known_cores(far: bool) -> Result<Vec<usize>, CoreError> {
    let unknown = if pin::AVAILABLE { CoreError::Unknown } else { CoreError::Unavailable };
    pin::cores(far).ok_or(unknown)
}
