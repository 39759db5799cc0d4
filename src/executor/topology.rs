//! In which order a core plan takes the hardware threads. Pure: `pin.rs` asks the system.

use std::collections::BTreeMap;

/// A hardware thread. Whatever it shares is named by the lowest number among the sharers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cpu {
    /// The kernel's number.
    pub(crate) number: usize,
    /// Its physical core.
    pub(crate) core: usize,
    /// The threads with which it shares the last cache before memory.
    pub(crate) cache: usize,
    /// Its package.
    pub(crate) package: usize,
}

impl Cpu {
    /// Asks `lowest` for the first number in a file below the thread's folder in `/sys`. What the
    /// system does not tell is shared by the least: each thread is a core, each package a cache.
    pub(crate) fn describe(number: usize, lowest: impl Fn(&str) -> Option<usize>) -> Self {
        let package = lowest("topology/core_siblings_list").unwrap_or(0);
        Self {
            number,
            core: lowest("topology/thread_siblings_list").unwrap_or(number),
            cache: lowest("cache/index3/shared_cpu_list").unwrap_or(package),
            package,
        }
    }
}

/// The first number of a list such as `0-3,8-11`, which the kernel writes in ascending order.
pub(crate) fn lowest(list: &str) -> Option<usize> {
    list.trim().split([',', '-']).next()?.parse().ok()
}

/// One cache after the other, in each one every physical core before any sibling: so workers share
/// a cache, and two of them a core only when all the cache's cores are taken.
pub(crate) fn compact(cpus: Vec<Cpu>) -> Vec<usize> {
    let mut ranked = ranked(cpus);
    ranked.sort_by_key(|&(rank, cpu)| (cpu.package, cpu.cache, rank, cpu.core));
    numbers(ranked)
}

/// Every physical core before any sibling, alternating between packages, and in each between
/// caches.
pub(crate) fn spread(cpus: Vec<Cpu>) -> Vec<usize> {
    let mut ranked = ranked(cpus);
    ranked.sort_by_key(|&(_, cpu)| (cpu.package, cpu.cache, cpu.core));
    let by_cache = alternate(ranked, |cpu| cpu.cache);
    numbers(alternate(by_cache, |cpu| cpu.package))
}

/// Each with its rank among the threads of its core: 0, or more for a sibling.
fn ranked(mut cpus: Vec<Cpu>) -> Vec<(usize, Cpu)> {
    cpus.sort_by_key(|cpu| cpu.number);
    let mut taken = BTreeMap::new();
    let rank = |cpu: Cpu| (next(taken.entry(cpu.core).or_default()), cpu);
    cpus.into_iter().map(rank).collect()
}

/// Takes one of each group in turn, the lower ranks first; the groups keep the order they have.
fn alternate(ranked: Vec<(usize, Cpu)>, group: fn(Cpu) -> usize) -> Vec<(usize, Cpu)> {
    let mut taken = BTreeMap::new();
    let mut turn = |rank, cpu| (rank, next(taken.entry((rank, group(cpu))).or_default()));
    let placed = ranked.into_iter().map(|(rank, cpu)| (turn(rank, cpu), cpu));
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by_key(|&(turn, _)| turn);
    placed.into_iter().map(|((rank, _), cpu)| (rank, cpu)).collect()
}

fn next(taken: &mut usize) -> usize {
    *taken += 1;
    *taken - 1
}

fn numbers(ranked: Vec<(usize, Cpu)>) -> Vec<usize> {
    ranked.into_iter().map(|(_, cpu)| cpu.number).collect()
}
