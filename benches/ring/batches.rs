//! 32 values at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use windlass_benches::{Batch, Group, Harness};

use crate::alone::{BUDGET, only};
use crate::channels_polled::KANAL;
use crate::checks::{Seen, number, same};
use crate::contenders::{Field, contenders};
use crate::lock_free::{CONCURRENT_QUEUE, CROSSBEAM};
use crate::locked::{LOCKED, LOCKED_BATCH};
use crate::queue::{Pop, Push, Queue, Shape, Value, Workload};
use crate::subject::{Handles, RING};
use crate::threads::{POLICY, READING, Retry, Work, push_all};
use crate::transfer::{Transfer, Way};

const BATCH: usize = 32;
const CAPACITY_ALONE: usize = 1024;
const CAPACITY_SHARED: usize = 65_536;

/// In the default run.
const MAIN: &[&str] = &[RING, CROSSBEAM, CONCURRENT_QUEUE, KANAL, LOCKED, LOCKED_BATCH];

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let field = Field::of(bench.all(), MAIN);
    bench.group("batch_alone", |group| {
        group
            .title("batches of 32, one thread")
            .question("What does a value cost in a batch when nobody else is there?")
            .unit("ns per value", windlass_benches::Better::Lower)
            .limit("a value in a batch costs at most 1.6 ns", 1.6)
            .beats("batches faster than a mutex's", LOCKED_BATCH)
            .not_shown("Making the values and using them: the same 32 go in each time.");
        let method = "One thread, capacity 1024: 32 values in from a slice, then 32 out into a \
                      Vec; time for each value, in and out.";
        describe(group, method);
        contenders::<u64, Handles<u64>>(group, field, Shape::single(CAPACITY_ALONE), Alone);
    });
    bench.group("batch_2p2c", |group| {
        group
            .title("batches of 32, 2p2c, spin64+yield")
            .question("How many values a second pass in batches?")
            .rate("values per second")
            .claim("batches 3 times as many values as crossbeam", CROSSBEAM, 3.0)
            .claim("batches 3 times as many values as concurrent-queue", CONCURRENT_QUEUE, 3.0)
            .claim("batches 1.5 times as many values as a mutex's", LOCKED_BATCH, 1.5)
            .not_shown("Four cores: here half of the threads wait for a core.")
            .crowded()
            .sample(Duration::from_millis(60))
            .rounds(10, 30)
            .without_criterion();
        let method = format!(
            "Two producers and two consumers, one of each on either core (on two cores), capacity \
             65536. A producer fills 32 values and pushes them from a slice; what did not fit is \
             tried again. A consumer pops up to 32 into a Vec and checks each. fairness_push and \
             fairness_pop: the values of the poorest thread of a side by those of the richest. \
             {POLICY} {READING}"
        );
        describe(group, &method);
        let shape = Shape::of(CAPACITY_SHARED, 2, 2);
        contenders::<u64, Handles<u64>>(group, field, shape, Shared(Transfer::of(shape)));
    });
}

fn describe(group: &mut Group<'_>, method: &str) {
    let whole = format!(
        "{method} Queues without batches do it one by one. kanal and flume have a batch at the \
         consumer's end alone: it takes all there is."
    );
    group.method(&whole).budget(BUDGET);
}

#[derive(Clone, Copy)]
struct Alone;

impl Workload<u64> for Alone {
    fn run<Q: Queue<u64>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut end = only(queue)?;
        let values: [u64; BATCH] = std::array::from_fn(|at| at as u64 + 1);
        let mut out = Vec::with_capacity(CAPACITY_ALONE);
        let (mut pushed, mut popped, mut sum) = (0, 0, 0_u64);
        let began = Instant::now();
        let mut left = ops as usize;
        while left > 0 {
            let batch = left.min(BATCH);
            pushed += end.push_slice(std::hint::black_box(&values[..batch]));
            popped += end.pop_many(BATCH, &mut out);
            sum = out.iter().fold(sum, |sum, value| sum + value);
            out.clear();
            left -= batch;
        }
        let elapsed = began.elapsed();
        let of = |count: u64| count * (count + 1) / 2;
        let (whole, part) = (ops / BATCH as u64, ops % BATCH as u64);
        same("values pushed", pushed as u64, ops)?;
        same("values popped", popped as u64, ops)?;
        same("sum of the values popped", sum, whole * of(BATCH as u64) + of(part))?;
        Ok(elapsed.into())
    }
}

#[derive(Clone, Copy)]
struct Shared(Transfer);

impl<V: Value> Workload<V> for Shared {
    fn run<Q: Queue<V>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        self.0.run_by::<V, Q, InBatches>(queue, ops)
    }
}

struct InBatches;

impl Way for InBatches {
    fn produce<V: Value>(end: &mut impl Push<V>, producer: usize, work: &Work) -> Seen {
        let mut seen = Seen::default();
        let mut values = [V::default(); BATCH];
        loop {
            let mut left = work.take() as usize;
            if left == 0 {
                return seen;
            }
            while left > 0 {
                let batch = left.min(BATCH);
                for value in &mut values[..batch] {
                    let number = number(producer, seen.count);
                    seen.add(number);
                    *value = V::of(number);
                }
                push_all(end, &values[..batch]);
                left -= batch;
            }
        }
    }

    fn consume<V: Value>(end: &mut impl Pop<V>, producers: usize, producing: &AtomicUsize) -> Seen {
        let mut seen = Seen::from(producers);
        let mut retry = Retry::default();
        let mut out = Vec::with_capacity(CAPACITY_SHARED);
        loop {
            let over = producing.load(Ordering::Acquire) == 0;
            if end.pop_many(BATCH, &mut out) > 0 {
                out.iter().for_each(|value| seen.take(*value));
                out.clear();
                retry = Retry::default();
            } else if over {
                return seen;
            } else {
                retry.wait();
            }
        }
    }
}
