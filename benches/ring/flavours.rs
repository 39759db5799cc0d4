//! One producer and one consumer, and the type system knows.

use std::time::Duration;

use windlass_benches::{Group, Harness};

use crate::alone::{BUDGET, FillDrain, Pairs};
use crate::contenders::{Field, contenders};
use crate::lock_free::CROSSBEAM;
use crate::locked::LOCKED;
use crate::one_to_one::{RINGBUF, RTRB};
use crate::queue::Shape;
use crate::sides::Halves;
use crate::subject::{HANDLE, SPSC, Spsc, WeakSpsc};
use crate::threads::{POLICY, READING};
use crate::transfer::Transfer;

const CAPACITY: usize = 1024;

/// In the default run.
const MAIN: &[&str] = &[SPSC, HANDLE, CROSSBEAM, RTRB, RINGBUF, LOCKED];

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    let field = Field::of(bench.all(), MAIN);
    let shape = Shape::single(CAPACITY);
    bench.group("spsc_pair", |group| {
        group
            .title("SPSC: push and pop, one thread")
            .question("What do a push and a pop cost when both sides are known to be alone?")
            .claim("SPSC push and pop 5 times as fast as crossbeam", CROSSBEAM, 5.0)
            .claim("SPSC push and pop 1.1 times as fast as rtrb", RTRB, 1.1)
            .not_shown("Two cores: see the SPSC transfer.");
        describe(group, "One thread, capacity 1024, queue otherwise empty; values added up.");
        contenders::<u64, Halves<u64, Spsc>>(group, field, shape, Pairs);
    });
    bench.group("spsc_fill_drain", |group| {
        group
            .title("SPSC: fill, then drain 1024")
            .question("What does a value cost when both sides are known to be alone?")
            .claim("SPSC fill and drain 8 times as fast as crossbeam", CROSSBEAM, 8.0)
            .claim("SPSC fill and drain 1.1 times as fast as rtrb", RTRB, 1.1)
            .not_shown("Two cores: see the SPSC transfer.");
        describe(group, "One thread pushes 1024 values, then pops them; time for each value.");
        contenders::<u64, Halves<u64, Spsc>>(group, field, shape, FillDrain);
    });
    bench.group("spsc_transfer", |group| {
        group
            .title("SPSC: 1p1c, 1024, spin64+yield")
            .question("How many values a second pass to the other core, one by one?")
            .rate("values per second")
            .not_shown("Batches.")
            .sample(Duration::from_millis(40))
            .without_criterion();
        let method = "A producer and a consumer on two cores, capacity 1024; the subject polls \
                      with its weak try_push and try_pop.";
        describe(group, &format!("{method} {POLICY} {READING}"));
        let workload = Transfer::of(shape);
        contenders::<u64, Halves<u64, WeakSpsc>>(group, field, shape, workload);
    });
}

fn describe(group: &mut Group<'_>, method: &str) {
    let whole = format!(
        "{method} The subject, rtrb, ringbuf and crossfire spsc know one producer and one \
         consumer; the others allow more and are shown for what that costs."
    );
    group.method(&whole).budget(BUDGET);
}
