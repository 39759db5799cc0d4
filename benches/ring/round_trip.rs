//! Two threads on two cores that answer each other.

use std::time::Duration;

use windlass_benches::{Batch, Group, Harness};

use crate::channels_polled::KANAL;
use crate::checks::same;
use crate::contenders::{Field, contenders};
use crate::lock_free::{CONCURRENT_QUEUE, CROSSBEAM};
use crate::locked::LOCKED;
use crate::one_to_one::RTRB;
use crate::queue::{Pop, Push, Queue, Shape, Value, Workload};
use crate::subject::{Handles, RING, WeakHandles};
use crate::threads::{POLICY, READING, pop, push, together};

const CAPACITY: usize = 64;

/// In the default run.
const MAIN: &[&str] = &[RING, CROSSBEAM, CONCURRENT_QUEUE, KANAL, RTRB, LOCKED];

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let field = Field::of(bench.all(), MAIN);
    let shape = Shape::single(CAPACITY);
    bench.group("round_trip_strict", |group| {
        group
            .title("round trip, strict, spin64+yield")
            .claim("a round trip 1.35 times as fast as crossbeam", CROSSBEAM, 1.35)
            .claim("a round trip 1.35 times as fast as concurrent-queue", CONCURRENT_QUEUE, 1.35);
        describe(group, "All poll with their strict pop, where they have one.");
        contenders::<u64, Handles<u64>>(group, field, shape, RoundTrip);
    });
    bench.group("round_trip_weak", |group| {
        group
            .title("round trip, weak, spin64+yield")
            .claim("a weak round trip 2 times as fast as crossbeam", CROSSBEAM, 2.0)
            .claim("a weak round trip 2 times as fast as concurrent-queue", CONCURRENT_QUEUE, 2.0);
        describe(group, "The subject polls with its weak try_pop, the others with what they have.");
        contenders::<u64, WeakHandles<u64>>(group, field, shape, RoundTrip);
    });
}

fn describe(group: &mut Group<'_>, polls: &str) {
    let method = format!(
        "Two threads on two cores, two queues of capacity 64: one pushes a value into the first \
         and waits at the second, the other sends each value back. {polls} rtrb, ringbuf and \
         crossfire spsc know only one thread at either end. {POLICY} {READING}"
    );
    group
        .question("How long does a value take to the other core and back?")
        .method(&method)
        .not_shown("A thread that sleeps: here both poll all the time.")
        .sample(Duration::from_millis(30))
        .budget(Duration::from_secs(4))
        .without_criterion();
}

#[derive(Clone, Copy)]
struct RoundTrip;

enum End<A, B> {
    Asking(A),
    Answering(B),
}

impl<V: Value> Workload<V> for RoundTrip {
    fn run<Q: Queue<V>>(self, there: &mut Q, ops: u64) -> Result<Batch, String> {
        let mut back = Q::bounded(CAPACITY);
        let ((mut push_there, mut pop_there), (mut push_back, mut pop_back)) =
            (there.ends(1, 1), back.ends(1, 1));
        let asking = push_there.pop().zip(pop_back.pop());
        let answering = pop_there.pop().zip(push_back.pop());
        let ends = [asking.map(End::Asking), answering.map(End::Answering)];
        let ran = together(ends.into_iter().flatten(), |_, end| match end {
            End::Asking((push, pop)) => Ok(ask(push, pop, ops)),
            End::Answering((pop, push)) => Ok(answer(pop, push, ops)),
        })?;
        same("answers that are not their question", ran.each.iter().sum(), 0)?;
        Ok(ran.elapsed.into())
    }
}

/// Tells how many answers were wrong.
fn ask<V: Value>(mut there: impl Push<V>, mut back: impl Pop<V>, ops: u64) -> u64 {
    let mut wrong = 0;
    for number in 0..ops {
        push(&mut there, V::of(number));
        wrong += u64::from(pop(&mut back).number() != number);
    }
    wrong
}

fn answer<V: Value>(mut there: impl Pop<V>, mut back: impl Push<V>, ops: u64) -> u64 {
    for _ in 0..ops {
        let value = pop(&mut there);
        push(&mut back, value);
    }
    0
}
