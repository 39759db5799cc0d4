//! Which worker runs on which core.

use std::fmt;

use super::pin;

/// How worker threads are bound to cores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorePlan {
    /// Threads are not bound: the kernel places them.
    None,
    /// Worker `n` on the `n`-th core this process may use, wrapping round when there are more
    /// workers than cores. Needs the feature `pin`.
    Compact,
    /// Worker `n` on the `n`-th core of this list (the kernel's numbers), wrapping round. Needs the
    /// feature `pin`.
    Explicit(Vec<usize>),
}

impl Default for CorePlan {
    /// [`CorePlan::Compact`] with the feature `pin`, else [`CorePlan::None`].
    fn default() -> Self {
        if pin::AVAILABLE {
            Self::Compact
        } else {
            Self::None
        }
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
                write!(
                    f,
                    "core {core} is not one this process may use; it may use {allowed:?}"
                )
            }
        }
    }
}

impl std::error::Error for CoreError {}

/// One entry a worker: the core to bind it to, if any.
pub(crate) fn resolve(plan: &CorePlan, workers: usize) -> Result<Vec<Option<usize>>, CoreError> {
    let cores = match plan {
        CorePlan::None => return Ok(vec![None; workers]),
        CorePlan::Compact => allowed()?,
        CorePlan::Explicit(cores) => {
            let allowed = allowed()?;
            if let Some(&core) = cores.iter().find(|core| !allowed.contains(core)) {
                return Err(CoreError::NoSuchCore { core, allowed });
            }
            cores.clone()
        }
    };
    if cores.is_empty() {
        return Err(CoreError::Empty);
    }
    Ok(cores
        .iter()
        .copied()
        .cycle()
        .take(workers)
        .map(Some)
        .collect())
}

fn allowed() -> Result<Vec<usize>, CoreError> {
    if !pin::AVAILABLE {
        return Err(CoreError::Unavailable);
    }
    pin::allowed().ok_or(CoreError::Unknown)
}
