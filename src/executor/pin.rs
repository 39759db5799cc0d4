//! Binding threads to cores, by the crate `core_affinity`; which are near each other, by `/sys`.

use std::fs::read_to_string;

use super::{topology, topology::Cpu};

pub(super) const AVAILABLE: bool = true;

/// The cores that the calling thread may use: its affinity mask, and so cgroup cpusets, are
/// respected.
pub(super) fn allowed() -> Option<Vec<usize>> {
    let cores = core_affinity::get_core_ids()?;
    Some(cores.into_iter().map(|core| core.id).collect())
}

/// Those of [`allowed`], near ones first.
pub(super) fn compact() -> Option<Vec<usize>> {
    Some(topology::compact(cpus()?))
}

/// Those of [`allowed`], far ones first.
pub(super) fn spread() -> Option<Vec<usize>> {
    Some(topology::spread(cpus()?))
}

fn cpus() -> Option<Vec<Cpu>> {
    let describe = |number| {
        Cpu::describe(number, |file| {
            let list = read_to_string(format!("/sys/devices/system/cpu/cpu{number}/{file}"));
            topology::lowest(&list.ok()?)
        })
    };
    Some(allowed()?.into_iter().map(describe).collect())
}

/// Binds the calling thread. Whether the system did it.
pub(super) fn pin_current_thread(core: usize) -> bool {
    core_affinity::set_for_current(core_affinity::CoreId { id: core })
}
