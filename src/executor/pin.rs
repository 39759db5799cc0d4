//! Binding threads to cores, by the crate `core_affinity`; which are near each other, by `/sys`.

use std::fs::read_to_string;

use core_affinity::CoreId;

use super::{topology, topology::Cpu};

pub(super) const AVAILABLE: bool = true;

/// The cores that the calling thread may use, near ones first, or `far` ones: its affinity mask,
/// and so cgroup cpusets, are respected.
pub(super) fn cores(far: bool) -> Option<Vec<usize>> {
    let describe = |core: CoreId| {
        Cpu::describe(core.id, |file| {
            let list = read_to_string(format!("/sys/devices/system/cpu/cpu{}/{file}", core.id));
            topology::lowest(&list.ok()?)
        })
    };
    let cpus = core_affinity::get_core_ids()?.into_iter().map(describe).collect();
    Some(if far { topology::spread(cpus) } else { topology::compact(cpus) })
}

/// Binds the calling thread. Whether the system did it.
pub(super) fn pin_current_thread(core: usize) -> bool {
    core_affinity::set_for_current(CoreId { id: core })
}
