//! Threads that meet in the queue: how much goes through, and how fairly.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_benches::{Batch, Harness};

use crate::queues::{Queue, Workload, contenders};
use crate::threads::{POLICY, Retry, fairness, together};

const CAPACITY: usize = 1024;

/// A value is its producer's number above this bit, and a sequence number below.
const PRODUCER_SHIFT: u32 = 48;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("pairs_two_threads", |group| {
        let method = "Two threads on two cores, each pushes one value, then pops one, over and \
                      over; capacity 1024, never full nor empty for long.";
        group
            .title("push and pop, two threads")
            .question("How many pushes and pops a second do two cores do that never wait?")
            .rate("pairs per second")
            .method(&format!(
                "{method} {POLICY} fairness: slower thread by faster."
            ))
            .not_shown("Producers and consumers of different speed.");
        contenders(group, CAPACITY, Pairs { threads: 2 });
    });
    bench.group("transfer_1p1c", |group| {
        let method = "One producer and one consumer on two cores, capacity 1024.";
        group
            .title("one producer to one consumer")
            .question("How many values a second pass from one core to the other?")
            .rate("values per second")
            .method(&format!("{method} {POLICY}"))
            .not_shown("Queues made for one producer and one consumer, which are faster.");
        contenders(group, CAPACITY, Transfer { pairs: 1 });
    });
    bench.group("transfer_2p2c", |group| {
        let method = "Two producers and two consumers, one of each on either core (on two cores), \
                      capacity 1024.";
        let sides = "fairness_pop: values of the poorer consumer by the richer one's; \
                     fairness_push: time of the faster producer by the slower one's.";
        group
            .title("two producers to two consumers")
            .question("How many values a second pass when twice as many threads as cores meet?")
            .rate("values per second")
            .method(&format!("{method} {POLICY} {sides}"))
            .not_shown("Four cores: here half of the threads wait for a core.")
            .crowded();
        contenders(group, CAPACITY, Transfer { pairs: 2 });
    });
}

#[derive(Clone, Copy)]
struct Pairs {
    threads: usize,
}

impl Workload for Pairs {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let ran = together(self.threads, |number| {
            let (mut pushed, mut popped) = (0_u64, 0_u64);
            for sequence in 0..share(ops, self.threads, number) {
                let value = (number as u64) << PRODUCER_SHIFT | sequence;
                pushed = pushed.wrapping_add(value);
                push(queue, value);
                popped = popped.wrapping_add(pop(queue));
            }
            Ok((pushed, popped))
        })?;
        let sum = |pick: fn(&(u64, u64)) -> u64| {
            ran.each
                .iter()
                .fold(0_u64, |sum, (_, sums)| sum.wrapping_add(pick(sums)))
        };
        let (pushed, popped) = (sum(|sums| sums.0), sum(|sums| sums.1));
        if pushed != popped || queue.pop().is_some() {
            return Err(format!(
                "values pushed add up to {pushed}, values popped to {popped}"
            ));
        }
        let times = ran.each.iter().map(|(time, _)| time.as_secs_f64());
        Ok(Batch::from(ran.elapsed).with("fairness", fairness(times)))
    }
}

#[derive(Clone, Copy)]
struct Transfer {
    pairs: usize,
}

/// What a thread saw: how many values, their sum, how many came from nowhere or too late.
#[derive(Default)]
struct Seen {
    count: u64,
    sum: u64,
    misplaced: u64,
}

impl Workload for Transfer {
    fn run<Q: Queue>(self, queue: &Q, ops: u64) -> Result<Batch, String> {
        let producers = AtomicUsize::new(self.pairs);
        let ran = together(self.pairs * 2, |number| {
            if number < self.pairs {
                let sum = produce(queue, number, share(ops, self.pairs, number));
                producers.fetch_sub(1, Ordering::Release);
                Ok(Seen {
                    sum,
                    ..Seen::default()
                })
            } else {
                Ok(consume(queue, self.pairs, &producers))
            }
        })?;
        let (producing, consuming) = ran.each.split_at(self.pairs);
        let pushed = producing
            .iter()
            .fold(0_u64, |sum, (_, seen)| sum.wrapping_add(seen.sum));
        let popped = consuming
            .iter()
            .fold(0_u64, |sum, (_, seen)| sum.wrapping_add(seen.sum));
        let count: u64 = consuming.iter().map(|(_, seen)| seen.count).sum();
        if (count, popped) != (ops, pushed) {
            return Err(format!(
                "{ops} values with the sum {pushed} went in, {count} with the sum {popped} came out"
            ));
        }
        let misplaced: u64 = consuming.iter().map(|(_, seen)| seen.misplaced).sum();
        if misplaced > 0 {
            return Err(format!(
                "{misplaced} of {ops} values came out of thin air or overtaken"
            ));
        }
        let batch = Batch::from(ran.elapsed);
        if self.pairs == 1 {
            return Ok(batch);
        }
        let times = producing.iter().map(|(time, _)| time.as_secs_f64());
        let counts = consuming.iter().map(|(_, seen)| seen.count as f64);
        Ok(batch
            .with("fairness_push", fairness(times))
            .with("fairness_pop", fairness(counts)))
    }
}

fn produce<Q: Queue>(queue: &Q, number: usize, count: u64) -> u64 {
    let mut sum = 0_u64;
    for sequence in 0..count {
        let value = (number as u64) << PRODUCER_SHIFT | sequence;
        sum = sum.wrapping_add(value);
        push(queue, value);
    }
    sum
}

/// Pops until the producers have gone and the queue is empty; checks each producer's order. A wrong
/// value ends nothing: the other threads wait for this one.
fn consume<Q: Queue>(queue: &Q, producers: usize, producing: &AtomicUsize) -> Seen {
    let mut seen = Seen::default();
    let mut next = vec![0; producers];
    let mut retry = Retry::default();
    loop {
        let over = producing.load(Ordering::Acquire) == 0;
        let Some(value) = black_box(queue).pop() else {
            if over {
                return seen;
            }
            retry.wait();
            continue;
        };
        retry = Retry::default();
        let sequence = value & ((1 << PRODUCER_SHIFT) - 1);
        match next.get_mut((value >> PRODUCER_SHIFT) as usize) {
            Some(next) if *next <= sequence => *next = sequence + 1,
            _ => seen.misplaced += 1,
        }
        seen.count += 1;
        seen.sum = seen.sum.wrapping_add(value);
    }
}

#[inline]
fn push<Q: Queue>(queue: &Q, value: u64) {
    let mut retry = Retry::default();
    let mut value = value;
    while let Err(back) = black_box(queue).push(value) {
        value = back;
        retry.wait();
    }
}

#[inline]
fn pop<Q: Queue>(queue: &Q) -> u64 {
    let mut retry = Retry::default();
    loop {
        match black_box(queue).pop() {
            Some(value) => return value,
            None => retry.wait(),
        }
    }
}

/// The operations of thread `number` out of `threads`.
fn share(ops: u64, threads: usize, number: usize) -> u64 {
    let threads = threads as u64;
    ops / threads + u64::from((number as u64) < ops % threads)
}
