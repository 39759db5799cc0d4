//! One thread alone with the queue: what an operation costs when nobody contends.

use std::time::{Duration, Instant};

use windlass_benches::{Batch, Harness};

use crate::channels_polled::KANAL;
use crate::checks::{same, sum_below};
use crate::contenders::{Field, contenders};
use crate::lock_free::{CONCURRENT_QUEUE, CROSSBEAM, HEAPLESS};
use crate::locked::LOCKED;
use crate::queue::{Pop, Push, Queue, Shape, Workload};
use crate::subject::{Handles, RING};

const CAPACITY: usize = 1024;
/// One thread alone varies little from round to round.
pub(crate) const BUDGET: Duration = Duration::from_secs(3);

/// In the default run.
const MAIN: &[&str] = &[RING, CROSSBEAM, CONCURRENT_QUEUE, KANAL, HEAPLESS, LOCKED];

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let field = Field::of(bench.all(), MAIN);
    passing(bench, field, Shape::single(CAPACITY));
    refusing(bench, field, Shape::single(CAPACITY));
}

fn passing(bench: &mut Harness, field: Field, shape: Shape) {
    bench.group("pair", |group| {
        group
            .title("push and pop, one thread")
            .question("What does one push followed by one pop cost when nobody else is there?")
            .method("One thread, capacity 1024, queue otherwise empty; values added up.")
            .not_shown("Anything about contention, or about a queue that is not in the cache.")
            .no_worse("push and pop no dearer than crossbeam's", CROSSBEAM, 1.0)
            .claim("push and pop 1.25 times as fast as concurrent-queue", CONCURRENT_QUEUE, 1.25);
        group.budget(BUDGET);
        contenders::<u64, Handles<u64>>(group, field, shape, Pairs);
    });
    bench.group("fill_drain_1024", |group| {
        group
            .title("fill, then drain 1024, one thread")
            .question("What does a value cost when the queue is filled and then emptied?")
            .method("One thread pushes 1024 values, then pops them; time for each value.")
            .not_shown("Anything about contention.")
            .claim("fill and drain 1.5 times as fast as crossbeam", CROSSBEAM, 1.5)
            .claim("fill and drain 1.5 times as fast as concurrent-queue", CONCURRENT_QUEUE, 1.5)
            .claim("fill and drain 1.2 times as fast as kanal", KANAL, 1.2);
        group.budget(BUDGET);
        contenders::<u64, Handles<u64>>(group, field, shape, FillDrain);
    });
}

fn refusing(bench: &mut Harness, field: Field, shape: Shape) {
    bench.group("pop_empty", |group| {
        group
            .title("pop on an empty queue, one thread")
            .question("What does it cost to find that there is nothing?")
            .method(&format!("One thread, capacity 1024; every answer must be \"empty\". {STRICT}"))
            .not_shown("Polling a queue that others push into.")
            .claim("empty found 6 times as fast as crossbeam", CROSSBEAM, 6.0)
            .claim("empty found 6 times as fast as concurrent-queue", CONCURRENT_QUEUE, 6.0);
        group.budget(BUDGET);
        contenders::<u64, Handles<u64>>(group, field, shape, PopEmpty);
    });
    bench.group("push_full", |group| {
        group
            .title("push on a full queue, one thread")
            .question("What does it cost to find that there is no room?")
            .method(&format!(
                "One thread, capacity 1024; every push must hand its value back. {STRICT}"
            ))
            .not_shown("Polling a queue that others pop from.")
            .claim("full found 6 times as fast as crossbeam", CROSSBEAM, 6.0)
            .claim("full found 6 times as fast as concurrent-queue", CONCURRENT_QUEUE, 6.0);
        group.budget(BUDGET);
        contenders::<u64, Handles<u64>>(group, field, shape, PushFull);
    });
}

const STRICT: &str = "The subject's answer is strict: at one moment during the call the queue was \
                      as it says. heapless looks at one slot's stamp only, and may call a queue \
                      empty or full that is neither.";

/// A push, then a pop.
#[derive(Clone, Copy)]
pub(crate) struct Pairs;

impl Workload<u64> for Pairs {
    fn run<Q: Queue<u64>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut end = only(queue)?;
        let (mut sum, mut refused) = (0_u64, 0_u64);
        let began = Instant::now();
        for value in 0..ops {
            refused += u64::from(end.push(value).is_err());
            sum = sum.wrapping_add(end.pop().unwrap_or_default());
        }
        let elapsed = began.elapsed();
        same("sum of the values popped", sum, sum_below(ops))?;
        same("pushes refused", refused, 0)?;
        Ok(elapsed.into())
    }
}

/// All of the capacity in, then all out.
#[derive(Clone, Copy)]
pub(crate) struct FillDrain;

impl Workload<u64> for FillDrain {
    fn run<Q: Queue<u64>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut end = only(queue)?;
        let (mut sum, mut refused, mut next) = (0_u64, 0_u64, 0_u64);
        let began = Instant::now();
        while next < ops {
            let until = ops.min(next + CAPACITY as u64);
            for value in next..until {
                refused += u64::from(end.push(value).is_err());
            }
            for _ in next..until {
                sum = sum.wrapping_add(end.pop().unwrap_or_default());
            }
            next = until;
        }
        let elapsed = began.elapsed();
        same("sum of the values popped", sum, sum_below(ops))?;
        same("pushes refused", refused, 0)?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct PopEmpty;

impl Workload<u64> for PopEmpty {
    fn run<Q: Queue<u64>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut end = only(queue)?;
        let mut found = 0;
        let began = Instant::now();
        for _ in 0..ops {
            found += u64::from(end.pop().is_some());
        }
        let elapsed = began.elapsed();
        same("values found in an empty queue", found, 0)?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct PushFull;

impl Workload<u64> for PushFull {
    fn run<Q: Queue<u64>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut end = only(queue)?;
        let filled = (0..=CAPACITY as u64).take_while(|&value| end.push(value).is_ok()).count();
        let mut handed_back = 0_u64;
        let began = Instant::now();
        for value in 0..ops {
            handed_back += u64::from(end.push(value) == Err(value));
        }
        let elapsed = began.elapsed();
        let mut drained = 0_u64;
        while end.pop_exact().is_some() {
            drained += 1;
        }
        same("values a full queue holds", filled as u64, CAPACITY as u64)?;
        same("values handed back by a full queue", handed_back, ops)?;
        same("values drained from a full queue", drained, CAPACITY as u64)?;
        Ok(elapsed.into())
    }
}

/// The end of the only thread.
pub(crate) fn only<Q: Queue<u64>>(queue: &mut Q) -> Result<Q::Both<'_>, String> {
    // What the optimiser knows of the queue ends here.
    let queue = std::hint::black_box(queue);
    queue.both(1).pop().ok_or_else(|| "no end".to_owned())
}
