//! Binding threads to cores, by the crate `core_affinity`.

pub(super) const AVAILABLE: bool = true;

/// The cores this process may use: the affinity mask, and so cgroup cpusets, are respected.
pub(super) fn allowed() -> Option<Vec<usize>> {
    let cores = core_affinity::get_core_ids()?;
    Some(cores.into_iter().map(|core| core.id).collect())
}

/// Binds the calling thread. Whether the system did it.
pub(super) fn pin_current_thread(core: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: core })
}
