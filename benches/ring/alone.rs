//! One thread alone with the queue: what an operation costs when nobody contends.

use std::hint::black_box;
use std::time::{Duration, Instant};

use windlass_benches::{Batch, Harness};

use crate::queues::{CROSSBEAM, Queue, Workload, contenders};

const CAPACITY: usize = 1024;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("pair", |group| {
        group
            .title("push and pop, one thread")
            .question("What does one push followed by one pop cost when nobody else is there?")
            .method("One thread, capacity 1024, queue otherwise empty; values added up.")
            .not_shown("Anything about contention, or about a queue that is not in the cache.")
            .claim("push and pop no dearer than crossbeam's", CROSSBEAM, 1.0);
        contenders(group, CAPACITY, Pair);
    });
    bench.group("fill_drain_1024", |group| {
        group
            .title("fill, then drain 1024, one thread")
            .question("What does a value cost when the queue is filled and then emptied?")
            .method("One thread pushes 1024 values, then pops them; time for each value.")
            .not_shown("Anything about contention.");
        contenders(group, CAPACITY, FillDrain);
    });
    bench.group("pop_empty", |group| {
        group
            .title("pop on an empty queue, one thread")
            .question("What does it cost to find that there is nothing?")
            .method("One thread, capacity 1024; every answer must be \"empty\".")
            .not_shown("Polling a queue that others push into.");
        contenders(group, CAPACITY, PopEmpty);
    });
    bench.group("push_full", |group| {
        group
            .title("push on a full queue, one thread")
            .question("What does it cost to find that there is no room?")
            .method("One thread, capacity 1024; every push must hand its value back.")
            .not_shown("Polling a queue that others pop from.");
        contenders(group, CAPACITY, PushFull);
    });
}

#[derive(Clone, Copy)]
struct Pair;

impl Workload for Pair {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let (mut sum, mut refused) = (0_u64, 0_u64);
        let began = Instant::now();
        for value in 0..ops {
            refused += u64::from(black_box(queue).push(value).is_err());
            sum = sum.wrapping_add(black_box(queue).pop().unwrap_or_default());
        }
        let elapsed = began.elapsed();
        same("sum of the values popped", sum, sum_below(ops))?;
        same("pushes refused", refused, 0)?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct FillDrain;

impl Workload for FillDrain {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let (mut sum, mut refused, mut next) = (0_u64, 0_u64, 0_u64);
        let began = Instant::now();
        while next < ops {
            let end = ops.min(next + CAPACITY as u64);
            for value in next..end {
                refused += u64::from(black_box(queue).push(value).is_err());
            }
            for _ in next..end {
                sum = sum.wrapping_add(black_box(queue).pop().unwrap_or_default());
            }
            next = end;
        }
        let elapsed = began.elapsed();
        same("sum of the values popped", sum, sum_below(ops))?;
        same("pushes refused", refused, 0)?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct PopEmpty;

impl Workload for PopEmpty {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let mut found = 0;
        let began = Instant::now();
        for _ in 0..ops {
            found += u64::from(black_box(queue).pop().is_some());
        }
        let elapsed = began.elapsed();
        same("values found in an empty queue", found, 0)?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct PushFull;

impl Workload for PushFull {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let filled = (0..=CAPACITY as u64)
            .take_while(|&value| queue.push(value).is_ok())
            .count();
        let elapsed = refused(queue, ops);
        let mut drained = 0_u64;
        while queue.pop().is_some() {
            drained += 1;
        }
        same("values a full queue holds", filled as u64, CAPACITY as u64)?;
        same("values drained from a full queue", drained, CAPACITY as u64)?;
        Ok(elapsed?.into())
    }
}

fn refused<Q: Queue>(queue: &Q, ops: u64) -> Result<Duration, String> {
    let mut handed_back = 0_u64;
    let began = Instant::now();
    for value in 0..ops {
        handed_back += u64::from(black_box(queue).push(value) == Err(value));
    }
    let elapsed = began.elapsed();
    same("values handed back by a full queue", handed_back, ops)?;
    Ok(elapsed)
}

/// 0 + 1 + ... + (count - 1), wrapping.
fn sum_below(count: u64) -> u64 {
    let (even, odd) = if count.is_multiple_of(2) {
        (count / 2, count.wrapping_sub(1))
    } else {
        (count, count / 2)
    };
    even.wrapping_mul(odd)
}

fn same(what: &str, seen: u64, right: u64) -> Result<(), String> {
    if seen == right {
        Ok(())
    } else {
        Err(format!("{what}: {seen}, right is {right}"))
    }
}
