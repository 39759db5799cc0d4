//! Responsiveness: an order that is acknowledged at once against one that is done in line.

use std::rc::Rc;
use std::time::Duration;

use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::contest::VOID;
use crate::kit::stage::orders::{Stage, offered};

use super::claim::{Claim, Course};

const SUBJECT: &str = "windlass, acknowledges";
const THREADS_64: &str = "in line, 64 threads";
const THREADS_256: &str = "in line, 256 threads";

/// Orders a second; the last two with `--full` only.
const RATES: [u32; 4] = [50, 1000, 200, 500];
const RATES_USUALLY: usize = 2;

/// More than 64 threads get done, at 200 ms each.
const BEYOND_64: u32 = 320;

/// The rate at which nobody is short of threads.
const GENTLE: u32 = 50;

/// How long clients wait before they call it a failure.
const PATIENCE: Duration = Duration::from_millis(500);

/// A share: the orders that were not answered within [`PATIENCE`].
const LATE: &str = "late_share";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "responsiveness",
    title: "Responsiveness: acknowledge now, work later",
    claimed: "A client whose order is acknowledged and worked on later waits a tenth or less of \
              the time that it waits when the order is done in line, at any rate; and no order \
              is late.",
    measured: "The time until POST /orders is answered, of an open loop at rising rates over \
               kept connections, when each order means 200 ms of work by a slow service: after \
               the answer (202), or before it (201), with 64 and with 256 threads.",
    refuted_by: "A median time of more than a tenth of that in line, at any of the rates; or an \
                 order that is not acknowledged within 500 ms.",
    rule: "Holds when it holds at each rate. An order that means 1 ms of work is the boundary: \
           there the acknowledgement is worth little.",
    not_shown: "That it takes async to acknowledge first: what wins is that the answer does not \
                wait for the work. Threads that save the order, answer, and leave the work to \
                other threads would be as quick here; no such service is measured. That an order \
                is done sooner: it is not, only answered sooner, and a client that needs the \
                result must ask again or be told. A slow service that fails (resilience).",
    run: measure,
};

type Way = (&'static str, Role, Model, usize);

const ACKNOWLEDGES: Way = (SUBJECT, Role::Subject, Model::Evented, 64);
const IN_LINE_64: Way = (THREADS_64, Role::Baseline, Model::ThreadPerConnection, 64);
const IN_LINE_256: Way = (THREADS_256, Role::Baseline, Model::ThreadPerConnection, 256);

/// A contender: its services run through all groups.
struct Contender {
    way: Way,
    stage: Result<Rc<Stage>, String>,
}

fn measure(course: &mut Course<'_>) {
    let slow = if course.is_smoke() { "20ms" } else { "200ms" };
    let mut ways = vec![ACKNOWLEDGES, IN_LINE_64];
    if !course.is_quick() || course.is_smoke() {
        ways.push(IN_LINE_256);
    }
    let contenders = started(&ways, slow);
    let rates = if course.is_full() { RATES.len() } else { RATES_USUALLY };
    for &per_s in &RATES[..rates] {
        course.group(&format!("orders_{per_s}"), |group| {
            describe(group, per_s, "200 ms");
            group
                .over("time to the answer over orders a second", "orders/s", f64::from(per_s))
                .claim("answered in a tenth of the time (p50)", THREADS_64, 10.0)
                .never_of("every order is answered within 500 ms", LATE, 0.0);
            let mut taking_part = &contenders[..];
            match per_s > BEYOND_64 {
                false => taking_part = &contenders[..2],
                true if contenders.len() > 2 => {
                    group.claim("the same, to more threads than it takes", THREADS_256, 10.0);
                }
                true => {}
            }
            taking_part.iter().for_each(|contender| contender.enter(group, per_s));
        });
    }
    drop(contenders);
    course.group("work_of_1_ms", |group| {
        describe(group, GENTLE, "1 ms");
        group.boundary().claim("answered in a tenth of the time (p50)", THREADS_64, 10.0);
        let contenders = started(&[ACKNOWLEDGES, IN_LINE_64], "1ms");
        contenders.iter().for_each(|contender| contender.enter(group, GENTLE));
    });
}

fn started(ways: &[Way], latency: &str) -> Vec<Contender> {
    let slow = ["--latency", latency, "--jitter", "0ms"];
    let start =
        |way: &Way| Contender { way: *way, stage: Stage::start(way.2, &slow, &[]).map(Rc::new) };
    ways.iter().map(start).collect()
}

fn describe(group: &mut Group<'_>, per_s: u32, work: &str) {
    group
        .title(&format!("{per_s} orders/s of {work}, p50"))
        .question("How long does a client wait until its order is answered?")
        .method(&format!(
            "An open loop of {per_s} orders a second over kept connections, 64 of them, and as \
             many as there are threads where the order is done in line. Each order is saved \
             (SQLite, synchronous = FULL) and calls the slow service, a process of its own that \
             takes {work}: after the reply (202), by a worker behind a queue, or before it (201). \
             64 threads get 320 orders of 200 ms done a second, at most. Latency counts from when \
             the order was meant to be sent; an order is late when that is more than 500 ms. \
             Every acknowledged order is completed, once, before the next contender."
        ))
        .not_shown("When the order is done: 200 ms after its turn, in line or not.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(if per_s > GENTLE { 250 } else { 200 }));
}

impl Contender {
    fn enter(&self, group: &mut Group<'_>, per_s: u32) {
        let (name, role, model, connections) = self.way;
        let connections = connections.min(per_s as usize);
        match &self.stage {
            Err(why) => group.broken(name, role, why),
            Ok(stage) => {
                let stage = Rc::clone(stage);
                group.window(name, role, move |window| {
                    answered(&stage, model, connections, per_s, window)
                })
            }
        };
    }
}

/// The median time until an order was answered, in ms.
fn answered(
    stage: &Stage,
    model: Model,
    connections: usize,
    per_s: u32,
    window: &Window,
) -> Result<Sample, String> {
    let time = if window.smoke { Duration::from_millis(60) } else { window.duration };
    let mut client = stage.client(connections, None)?;
    let loaded = offered(&mut client, per_s, time)?;
    if model == Model::Evented {
        stage.all_completed()?;
    }
    let (threads, _) = stage.threads_and_rss_mib()?;
    let latency = &loaded.outcome.latency_ns;
    let patience = PATIENCE.as_nanos() as u64;
    let late = latency.count_between(patience + 1, latency.high()) as f64;
    Ok(Sample::new(loaded.ms(0.50))
        .with(LATE, late / latency.len() as f64)
        .with("latency_ms_p99", loaded.ms(0.99))
        .with("answered_per_s", loaded.outcome.requests_per_s())
        .with("server_threads", threads)
        .with(VOID, f64::from(loaded.void))
        .with_latencies("time to the answer", loaded.outcome.latency_ns))
}
