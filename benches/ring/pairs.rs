//! Threads that each push one value, then pop one.

use std::time::Duration;

use concurrent_queue::ConcurrentQueue;
use crossbeam::queue::ArrayQueue;
use windlass::ring::Ring;
use windlass_benches::{Batch, Better, Group, Harness, Sample, Window};

use crate::channels_polled::{CROSSBEAM_CHANNEL, KANAL, Kanal};
use crate::checks::{Seen, number, same_values};
use crate::contenders::{Field, contenders};
use crate::lock_free::{CONCURRENT_QUEUE, CROSSBEAM};
use crate::locked::{LOCKED, Locked};
use crate::queue::{Pop, Queue, Shape, Value, Workload};
use crate::sides::{ByRef, Halves};
use crate::subject::{Handles, RING, WEAK, WeakHandles};
use crate::threads::{POLICY, READING, Work, fairness, pop, push, together};

const CAPACITY: usize = 1024;

/// In the default run.
const MAIN: &[&str] = &[WEAK, RING, CROSSBEAM, CONCURRENT_QUEUE, KANAL, CROSSBEAM_CHANNEL, LOCKED];

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    measure_pairs(bench);
    measure_fairness(bench);
}

fn measure_pairs(bench: &mut Harness) {
    let field = Field::of(bench.all(), MAIN);
    bench.group("pairs_2_threads", |group| {
        group
            .title("pairs, 2 threads, spin64+yield")
            .question("How many pushes and pops a second do two cores do that never wait?")
            .claim("two threads' pairs 6 times as many as crossbeam", CROSSBEAM, 6.0)
            .claim("two threads' pairs 6 times concurrent-queue", CONCURRENT_QUEUE, 6.0)
            .claim("two threads' pairs 1.8 times kanal", KANAL, 1.8)
            .sample(Duration::from_millis(40))
            .budget(Duration::from_secs(4))
            .without_criterion();
        describe(group, "Two threads on two cores");
        contenders::<u64, Handles<u64>>(group, field, Shape::of(CAPACITY, 2, 2), Pairs(2));
    });
    bench.group("pairs_8_threads", |group| {
        group
            .title("pairs, 8 threads, spin64+yield")
            .question("How many pushes and pops a second, when threads share the cores?")
            .claim("eight threads' pairs 8 times as many as crossbeam", CROSSBEAM, 8.0)
            .claim("eight threads' pairs 8 times concurrent-queue", CONCURRENT_QUEUE, 8.0)
            .claim("eight threads' pairs 1.2 times kanal", KANAL, 1.2)
            .crowded()
            .sample(Duration::from_millis(100))
            .rounds(8, 30)
            .budget(Duration::from_secs(4))
            .without_criterion();
        describe(group, "Eight threads, pinned to the cores in turn");
        contenders::<u64, Handles<u64>>(group, field, Shape::of(CAPACITY, 8, 8), Pairs(8));
    });
}

const FAIRNESS: &str = "The work is taken in small pieces, so that all run until the end; fairness \
                        is the pairs of the poorest thread by those of the richest. Of eight \
                        threads on two cores it is no better than the turns of some ms that the \
                        kernel gave them in one sample.";

fn describe(group: &mut Group<'_>, threads: &str) {
    let method = format!(
        "{threads}: each pushes one value, then pops one, over and over; capacity 1024, never full \
         nor empty for long. {FAIRNESS} {POLICY} {READING}"
    );
    group.rate("pairs per second").method(&method).not_shown(
        "Producers and consumers of different speed. One-ended flavours cannot do this: two \
             threads push, and both pop.",
    );
}

/// The same work, looked at for how evenly it is shared.
fn measure_fairness(bench: &mut Harness) {
    bench.group("pairs_2_fairness", |group| {
        group
            .title("fairness, 2 threads, spin64+yield")
            .question("Does one of two threads that push and pop get less than the other?")
            .unit("poorest thread by richest", Better::Higher)
            .method(&format!(
                "Two threads on two cores, as in pairs_2_threads. {FAIRNESS} {POLICY} {READING}"
            ))
            .not_shown("How many pairs there are: a queue may be fair and slow.")
            .limit("the poorer of two threads gets at least 0.8 of the richer's", 0.8)
            .sample(Duration::from_millis(40))
            .budget(Duration::from_secs(4))
            .without_criterion();
        fairness_of::<Handles<u64>>(group);
        fairness_of::<WeakHandles<u64>>(group);
        fairness_of::<ByRef<Ring<u64>>>(group);
        fairness_of::<ByRef<ArrayQueue<u64>>>(group);
        fairness_of::<ByRef<ConcurrentQueue<u64>>>(group);
        fairness_of::<Halves<u64, Kanal>>(group);
        fairness_of::<ByRef<Locked<u64>>>(group);
    });
}

fn fairness_of<Q: Queue<u64>>(group: &mut Group<'_>) {
    let mut queue = Q::bounded(CAPACITY);
    let mut ops = 1_000;
    group.window(Q::NAME, Q::ROLE, move |window: &Window| {
        let mut batch = Pairs(2).run(&mut queue, ops)?;
        // As many pairs as take the window's time, in one run.
        while !window.smoke && batch.elapsed * 2 < window.duration {
            let share = window.duration.as_secs_f64() / batch.elapsed.as_secs_f64().max(1e-6);
            ops = (ops as f64 * share.min(16.0)) as u64;
            batch = Pairs(2).run(&mut queue, ops)?;
        }
        let fairness = batch.side.first().map_or(0.0, |(_, value)| *value);
        Ok(Sample::new(fairness.max(1e-6)))
    });
}

/// Pairs by so many threads.
#[derive(Clone, Copy)]
struct Pairs(usize);

impl<V: Value> Workload<V> for Pairs {
    fn run<Q: Queue<V>>(self, queue: &mut Q, ops: u64) -> Result<Batch, String> {
        let work = Work::new(ops, self.0);
        let ran = together(queue.both(self.0), |thread, mut end| {
            let (mut pushed, mut popped) = (Seen::default(), Seen::from(self.0));
            loop {
                let piece = work.take();
                if piece == 0 {
                    return Ok((pushed, popped));
                }
                for _ in 0..piece {
                    let number = number(thread, pushed.count);
                    pushed.add(number);
                    push(&mut end, V::of(number));
                    popped.take(pop(&mut end));
                }
            }
        })?;
        let pushed = ran.each.iter().map(|(pushed, _)| pushed);
        let popped = ran.each.iter().map(|(_, popped)| popped);
        same_values(ops, pushed.clone(), popped)?;
        if queue.both(1).iter_mut().any(|end| end.pop_exact().is_some()) {
            return Err("a value is left in the queue".to_owned());
        }
        let fairness = fairness(pushed.map(|seen| seen.count));
        Ok(Batch::from(ran.elapsed).with("fairness", fairness))
    }
}
