//! Producers that push and consumers that pop, each on their own threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam::utils::CachePadded;
use windlass_benches::{Batch, Harness};

use crate::channels_polled::{CROSSFIRE, KANAL};
use crate::checks::{Seen, number, same_values};
use crate::contenders::{Field, contenders};
use crate::lock_free::{CONCURRENT_QUEUE, CROSSBEAM};
use crate::locked::LOCKED;
use crate::queue::{Line, Pop, Push, Queue, Shape, Value, Workload};
use crate::subject::{HANDLE, RING, SPSC, WeakHandles};
use crate::threads::{POLICY, READING, Retry, Work, fairness, push, together};

/// In the default run.
const MAIN: &[&str] = &[HANDLE, RING, SPSC, CROSSBEAM, CONCURRENT_QUEUE, KANAL, CROSSFIRE, LOCKED];

const THREADS: [usize; 4] = [1, 2, 4, 8];
const CAPACITIES: [usize; 3] = [64, 1024, 65_536];

/// In the default run: one to one, two to two, crowded; both elements, all capacities.
const SUBSET_U64: [(usize, usize, usize); 3] = [(1, 1, 1024), (2, 2, 64), (4, 4, 1024)];
const SUBSET_LINE: [(usize, usize, usize); 1] = [(2, 2, 65_536)];

/// Measures the groups of this file: the subset, or with `--all` every number of producers and
/// consumers, every capacity, both elements.
pub(crate) fn measure(bench: &mut Harness) {
    let every = bench.all();
    measure_element::<u64>(bench, if every { None } else { Some(&SUBSET_U64) });
    measure_element::<Line>(bench, if every { None } else { Some(&SUBSET_LINE) });
}

fn measure_element<V: Value>(bench: &mut Harness, subset: Option<&[(usize, usize, usize)]>) {
    let grid = THREADS.into_iter().flat_map(|producers| {
        THREADS.into_iter().flat_map(move |consumers| {
            CAPACITIES.into_iter().map(move |capacity| (producers, consumers, capacity))
        })
    });
    for shape in grid {
        if subset.is_none_or(|subset| subset.contains(&shape)) {
            let (producers, consumers, capacity) = shape;
            one::<V>(bench, Shape::of(capacity, producers, consumers));
        }
    }
}

fn one<V: Value>(bench: &mut Harness, shape: Shape) {
    let Shape { capacity, producers, consumers } = shape;
    let sides = format!("{producers}p{consumers}c");
    // With `--all` samples are twice as long.
    let sample_ms = if bench.all() { 20 } else { 30 };
    let field = Field::of(bench.all(), MAIN);
    let id = format!("transfer_{sides}_{capacity}_{}", V::NAME);
    bench.group(&id, |group| {
        let method = format!(
            "{producers} producers and {consumers} consumers pinned to the cores in turn, \
             capacity {capacity}, elements of {} bytes. Producers take their work in small pieces, \
             so that all run until the end. fairness_push and fairness_pop: the values of the \
             poorest thread of a side by those of the richest. Queues for one producer or one \
             consumer take part where there is one. The subject polls with its weak try_push and \
             try_pop, made for loops that retry; the variants with the strict ones. {POLICY} \
             {READING}",
            size_of::<V>()
        );
        group
            .title(&format!("{sides}, {capacity}, {}, spin64+yield", V::NAME))
            .question("How many values a second pass through the queue?")
            .rate("values per second")
            .method(&method)
            .not_shown("More cores than this machine has; consumers that work on what they get.")
            .over(&format!("{sides} {}", V::NAME), "capacity", capacity as f64)
            .claim("no transfer below 0.9 times crossbeam", CROSSBEAM, 0.9)
            .claim("no transfer below 0.9 times concurrent-queue", CONCURRENT_QUEUE, 0.9)
            .sample(Duration::from_millis(sample_ms))
            .rounds(10, 20)
            .budget(Duration::from_secs(4))
            .without_criterion();
        if producers + consumers > 2 {
            group.crowded();
        }
        contenders::<V, WeakHandles<V>>(group, field, shape, Transfer { producers, consumers });
    });
}

/// So many producers, so many consumers.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    producers: usize,
    consumers: usize,
}

/// What a thread holds.
enum End<P, C> {
    Producer(P),
    Consumer(C),
}

impl<V: Value> Workload<V> for Transfer {
    fn run<Q: Queue<V>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        self.run_by::<V, Q, Singly>(queue, ops)
    }
}

/// How the two sides go about it.
pub(crate) trait Way {
    fn produce<V: Value>(end: &mut impl Push<V>, producer: usize, work: &Work) -> Seen;

    /// Pops until the producers have gone and the queue is empty.
    fn consume<V: Value>(end: &mut impl Pop<V>, producers: usize, producing: &AtomicUsize) -> Seen;
}

impl Transfer {
    pub(crate) fn of(shape: Shape) -> Self {
        Self { producers: shape.producers, consumers: shape.consumers }
    }

    /// Runs both sides on their threads, and compares what they saw.
    pub(crate) fn run_by<V: Value, Q: Queue<V>, W: Way>(
        self,
        queue: &mut Q,
        ops: u64,
    ) -> Result<Batch, String> {
        let work = Work::new(ops, self.producers);
        let producing = CachePadded::new(AtomicUsize::new(self.producers));
        let (producers, consumers) = queue.ends(self.producers, self.consumers);
        let producers = producers.into_iter().map(End::Producer);
        let ends = producers.chain(consumers.into_iter().map(End::Consumer));
        let ran = together(ends, |number, end| match end {
            End::Producer(mut end) => {
                let seen = W::produce(&mut end, number, &work);
                producing.fetch_sub(1, Ordering::Release);
                Ok(seen)
            }
            End::Consumer(mut end) => Ok(W::consume(&mut end, self.producers, &producing)),
        })?;
        let (pushed, popped) = ran.each.split_at(self.producers);
        same_values(ops, pushed.iter(), popped.iter())?;
        let mut batch = Batch::from(ran.elapsed);
        for (name, side) in [("fairness_push", pushed), ("fairness_pop", popped)] {
            if side.len() > 1 {
                batch = batch.with(name, fairness(side.iter().map(|seen| seen.count)));
            }
        }
        Ok(batch)
    }
}

struct Singly;

impl Way for Singly {
    fn produce<V: Value>(end: &mut impl Push<V>, producer: usize, work: &Work) -> Seen {
        let mut seen = Seen::default();
        loop {
            let piece = work.take();
            if piece == 0 {
                return seen;
            }
            for _ in 0..piece {
                let number = number(producer, seen.count);
                seen.add(number);
                push(end, V::of(number));
            }
        }
    }

    fn consume<V: Value>(end: &mut impl Pop<V>, producers: usize, producing: &AtomicUsize) -> Seen {
        let mut seen = Seen::from(producers);
        let mut retry = Retry::default();
        loop {
            if let Some(value) = end.pop() {
                seen.take(value);
                retry = Retry::default();
            } else if producing.load(Ordering::Acquire) > 0 {
                retry.wait();
            } else {
                match end.pop_exact() {
                    Some(value) => seen.take(value),
                    None => return seen,
                }
            }
        }
    }
}
