//! The order in which core plans take hardware threads, on machines that are made up.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::executor::topology::{Cpu, compact, lowest, spread};

/// Numbered as Linux does it on most x86 machines: first every core of each package, then every
/// sibling.
fn machine(packages: usize, caches: usize, cores: usize, threads: usize) -> Vec<Cpu> {
    let all = packages * caches * cores;
    let cpu = |number: usize| {
        let core = number % all;
        let cache = core / cores * cores;
        let package = core / (caches * cores) * (caches * cores);
        Cpu { number, core, cache, package }
    };
    (0..all * threads).map(cpu).collect()
}

fn without(cpus: Vec<Cpu>, holes: &[usize]) -> Vec<Cpu> {
    let stays = |cpu: &Cpu| !holes.contains(&cpu.number);
    cpus.into_iter().filter(stays).collect()
}

#[test]
fn two_packages_of_four_cores_of_two_threads() {
    let machine = machine(2, 1, 4, 2);
    let near = [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15];
    assert_eq!(compact(machine.clone()), near);
    let far = [0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15];
    assert_eq!(spread(machine), far);
}

#[test]
fn two_packages_of_two_caches_of_two_cores() {
    let machine = machine(2, 2, 2, 1);
    assert_eq!(compact(machine.clone()), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(spread(machine), [0, 4, 2, 6, 1, 5, 3, 7]);
}

#[test]
fn a_mask_with_holes_changes_who_is_a_sibling() {
    // Of cores 0 and 5 only the second thread is allowed; of package 1 one core more is gone.
    let machine = without(machine(2, 1, 4, 2), &[0, 5, 6, 14]);
    assert_eq!(compact(machine.clone()), [8, 1, 2, 3, 9, 10, 11, 4, 13, 7, 12, 15]);
    assert_eq!(spread(machine), [8, 4, 1, 13, 2, 7, 3, 9, 12, 10, 15, 11]);
}

#[test]
fn siblings_numbered_side_by_side_are_siblings_too() {
    let cpu = |number| Cpu { number, core: number / 2 * 2, cache: 0, package: 0 };
    let machine: Vec<_> = (0..8).map(cpu).collect();
    assert_eq!(compact(machine.clone()), [0, 2, 4, 6, 1, 3, 5, 7]);
    assert_eq!(spread(machine), [0, 2, 4, 6, 1, 3, 5, 7]);
}

#[test]
fn where_the_system_tells_nothing_the_order_is_the_kernels() {
    let cpus: Vec<_> = [7, 3, 5].map(|n| Cpu::describe(n, |_| None)).into();
    assert_eq!(compact(cpus.clone()), [3, 5, 7]);
    assert_eq!(spread(cpus), [3, 5, 7]);
}

#[test]
fn what_the_system_tells_is_read() {
    let cpu = Cpu::describe(13, |file| {
        lowest(match file {
            "topology/thread_siblings_list" => "5,13\n",
            "topology/core_siblings_list" => "4-7,12-15\n",
            _ => return None,
        })
    });
    let expected = Cpu { number: 13, core: 5, cache: 4, package: 4 };
    assert_eq!(cpu, expected);
    assert_eq!(lowest("\n"), None);
    assert_eq!(lowest("0\n"), Some(0));
}

/// How many of `numbers` have one value of `of`.
fn most_and_least(cpus: &[Cpu], numbers: &[usize], of: fn(&Cpu) -> usize) -> (usize, usize) {
    let values: BTreeSet<usize> = cpus.iter().map(of).collect();
    let taken = |value: usize| {
        let has = |cpu: &&Cpu| of(cpu) == value && numbers.contains(&cpu.number);
        cpus.iter().filter(has).count()
    };
    let counts: Vec<usize> = values.into_iter().map(taken).collect();
    let most = counts.iter().max().copied().unwrap_or(0);
    (most, counts.iter().min().copied().unwrap_or(0))
}

proptest! {
    #![proptest_config(super::cases(256))]

    #[test]
    fn each_thread_is_taken_once_whatever_the_mask(
        (packages, caches, cores, threads) in (1..4_usize, 1..4_usize, 1..5_usize, 1..4_usize),
        holes in prop::collection::vec(0..100_usize, 0..40),
    ) {
        let cpus = without(machine(packages, caches, cores, threads), &holes);
        let all: Vec<usize> = cpus.iter().map(|cpu| cpu.number).collect();
        for mut taken in [compact(cpus.clone()), spread(cpus)] {
            taken.sort_unstable();
            prop_assert_eq!(&taken, &all);
        }
    }

    #[test]
    fn spread_is_even_and_compact_fills_up_at_any_number_of_workers(
        (packages, caches, cores, threads) in (1..4_usize, 1..4_usize, 1..5_usize, 1..4_usize),
        part in 0.0..1.0_f64,
    ) {
        let cpus = machine(packages, caches, cores, threads);
        let workers = 1 + (part * (cpus.len() - 1) as f64) as usize;
        let far = spread(cpus.clone());
        for of in [|cpu: &Cpu| cpu.package, |cpu: &Cpu| cpu.cache, |cpu: &Cpu| cpu.core] {
            let (most, least) = most_and_least(&cpus, &far[..workers], of);
            prop_assert!(most - least <= 1, "{far:?}");
        }
        let near = compact(cpus.clone());
        let used: BTreeSet<usize> = cpus.iter()
            .filter(|cpu| near[..workers].contains(&cpu.number))
            .map(|cpu| cpu.cache)
            .collect();
        prop_assert_eq!(used.len(), workers.div_ceil(cores * threads), "{:?}", near);
        let last = near[workers - 1];
        let own = cpus.iter().find(|cpu| cpu.number == last).unwrap().cache;
        let of_last: Vec<Cpu> = cpus.iter().filter(|cpu| cpu.cache == own).copied().collect();
        let (most, least) = most_and_least(&of_last, &near[..workers], |cpu| cpu.core);
        prop_assert!(most - least <= 1, "{near:?}");
    }
}
