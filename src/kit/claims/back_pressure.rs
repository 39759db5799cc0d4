//! Back pressure: a bounded queue tells its producer that the consumer does not keep up; an
//! unbounded one lets the work pile up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::figure::Series;
use crate::kit::measure::group::{Group, Window};
use crate::sync::lock;
use crate::workflow::pressure::{Policy, PressureQueue, PressureSettings};
use crate::workflow::rate::Rate;

use super::bits::{ms, record, sleep_to};
use super::claim::{Claim, Course};

/// Work on one item.
const WORK: Duration = Duration::from_micros(100);

/// Items come in bundles, one each of these.
const TICK: Duration = Duration::from_millis(1);

/// Items in a bundle: three times what the consumer gets done meanwhile, and half of it.
const FAST: u64 = 30;
const SLOW: u64 = 5;

/// Places in a bounded queue.
const PLACES: usize = 64;

/// Bytes of an item.
const ITEM_BYTES: usize = 4096;

/// Shortest window: in less time nothing piles up.
const WINDOW_MIN: Duration = Duration::from_millis(100);

/// How many times longer items may take in the window's second half than in its first: in a queue
/// that grows as long as it lasts it is three times.
const GROWTH_MAX: f64 = 2.0;

const UNBOUNDED: &str = "unbounded channel";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "back-pressure",
    title: "Back pressure",
    claimed: "Where work comes faster than it is done, a bounded queue keeps the time in the queue \
              and its memory bounded, whichever policy says what becomes of the rest; in an \
              unbounded one both grow for as long as it lasts.",
    measured: "A producer three times faster than the consumer, through windlass's pressure queue \
               of 64 places under each policy (Block, Reject, ShedOldest, RateLimit) and through \
               an unbounded channel: time from due to done (p99), depth and memory over time, \
               refusals.",
    refuted_by: "A policy under which the p99 is no shorter than through the unbounded channel, or \
                 items that take twice as long in the second half of the time as in the first, or \
                 more than 64 that wait in the queue.",
    rule: "Holds when all three hold for each of the four policies.",
    not_shown: "What the refused are to do: that is the producer's to decide (and why it is told).",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    // Below what the consumer gets done, and a bundle at once.
    let slower = Rate { permits: 7_500, per: Duration::from_secs(1), burst: FAST as u32 };
    for (id, name, policy) in [
        ("block", "windlass, Block", Policy::Block),
        ("reject", "windlass, Reject", Policy::Reject),
        ("shed_oldest", "windlass, ShedOldest", Policy::ShedOldest),
        ("rate_limit", "windlass, RateLimit", Policy::RateLimit(slower)),
    ] {
        course.group(id, |group| {
            describe(group, "producer 3 times faster");
            group
                .title(&format!("3x too much work, {id}, p99"))
                .claim("done sooner than through an unbounded channel", UNBOUNDED, 1.0)
                .limit_of("takes no longer as time goes on", GROWTH, GROWTH_MAX)
                .limit_of("at most 64 items wait in the queue", DEPTH, PLACES as f64);
            contenders(group, name, policy, FAST);
        });
    }
    course.group("consumer_faster", |group| {
        describe(group, "consumer twice as fast");
        group.title("half as much work as can be done").boundary().claim(
            "done sooner than through an unbounded channel",
            UNBOUNDED,
            1.0,
        );
        contenders(group, "windlass, Reject", Policy::Reject, SLOW);
    });
}

fn describe(group: &mut Group<'_>, what: &str) {
    group
        .question("What becomes of work that comes faster than it is done?")
        .method(&format!(
            "{what}: a bundle of items is due each millisecond; one thread produces, one consumes \
             and computes 100 us for each item of 4 KiB. When the window is over the producer \
             stops; what waits is thrown away. Times count from when an item was due, of the \
             items that were done and (at the window's end) of the oldest that still waits; under \
             Block from when it was offered, since there the producer waits and what it produces \
             is not due: held_back counts those items. refused counts what the queue turned away \
             or shed. held_mib is the most that items in the queue held: their number times their \
             size."
        ))
        .not_shown("More producers, or tasks in place of threads: a queue bounds all alike.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(8, 8)
        .budget(Duration::from_secs(1))
        .sample(Duration::from_millis(150));
}

/// Mean time of items that were done in the window's second half, by that of the first half.
const GROWTH: &str = "second_half_to_first";

/// The most items that ever waited in the queue.
const DEPTH: &str = "depth_max";

fn contenders(group: &mut Group<'_>, name: &str, policy: Policy, bundle: u64) {
    group.window(name, Role::Subject, move |window| {
        let capacity = PLACES;
        let queue = PressureQueue::new(PressureSettings { capacity, policy, ..Default::default() });
        let queue = queue.map_err(|error| error.to_string())?;
        let waits = policy == Policy::Block;
        run(&Bounded { queue, waits }, bundle, window)
    });
    group.window(UNBOUNDED, Role::Baseline, move |window| {
        let (sender, receiver) = mpsc::channel();
        let (sender, receiver) = (Mutex::new(Some(sender)), Mutex::new(receiver));
        let (depth, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        run(&Unbounded { sender, receiver, depth, most }, bundle, window)
    });
}

/// A piece of work.
struct Item {
    number: u64,
    due: Instant,
    bytes: Box<[u8]>,
}

/// Between producer and consumer.
trait Line: Sync {
    /// How many items were turned away for this one: itself, or one that had to go for it.
    fn push(&self, item: Item) -> u64;

    /// The oldest; `None` when it is closed and empty.
    fn pop(&self) -> Option<Item>;

    /// Takes no more.
    fn close(&self);

    /// How many wait now, and the most that ever did.
    fn depth(&self) -> (usize, usize);

    /// Whether the producer waits where there is no room.
    fn waits(&self) -> bool;
}

struct Bounded {
    queue: PressureQueue<Item>,
    waits: bool,
}

impl Line for Bounded {
    fn push(&self, item: Item) -> u64 {
        match self.queue.push_blocking(item) {
            Ok(shed) => shed.map_or(0, |_| 1),
            Err(_) => 1,
        }
    }

    fn pop(&self) -> Option<Item> {
        self.queue.pop_blocking()
    }

    fn close(&self) {
        self.queue.close();
    }

    fn depth(&self) -> (usize, usize) {
        let metrics = self.queue.metrics();
        (metrics.depth, metrics.depth_max)
    }

    fn waits(&self) -> bool {
        self.waits
    }
}

/// std's channel, whose depth is counted beside it.
struct Unbounded {
    sender: Mutex<Option<mpsc::Sender<Item>>>,
    receiver: Mutex<mpsc::Receiver<Item>>,
    depth: AtomicUsize,
    most: AtomicUsize,
}

impl Line for Unbounded {
    fn push(&self, item: Item) -> u64 {
        let sender = lock(&self.sender);
        let depth = self.depth.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(depth, Ordering::Relaxed);
        // Refused only when the consumer is gone, with the window.
        sender.as_ref().map_or(1, |sender| u64::from(sender.send(item).is_err()))
    }

    fn pop(&self) -> Option<Item> {
        let item = lock(&self.receiver).recv().ok()?;
        self.depth.fetch_sub(1, Ordering::Relaxed);
        Some(item)
    }

    fn close(&self) {
        lock(&self.sender).take();
    }

    fn depth(&self) -> (usize, usize) {
        (self.depth.load(Ordering::Relaxed), self.most.load(Ordering::Relaxed))
    }

    fn waits(&self) -> bool {
        false
    }
}

/// What the producer counted.
struct Produced {
    refused: u64,
    held_back: u64,
    depth: Series,
}

/// What the consumer saw.
struct Consumed {
    times: Histogram<u64>,
    latency: Series,
    wrong: u64,
}

fn run(line: &impl Line, bundle: u64, window: &Window) -> Result<Sample, String> {
    let (time, over) = (window.duration.max(WINDOW_MIN), AtomicBool::new(false));
    let began = Instant::now();
    let (produced, consumed) = thread::scope(|scope| {
        let consumer = scope.spawn(|| consume(line, began, &over));
        let produced = produce(line, bundle, time, began);
        over.store(true, Ordering::Relaxed);
        line.close();
        let consumed = consumer.join().map_err(|_| "the consumer panicked".to_owned())??;
        Ok::<_, String>((produced, consumed))
    })?;
    if consumed.wrong > 0 || consumed.times.is_empty() {
        let (wrong, done) = (consumed.wrong, consumed.times.len());
        return Err(format!("{wrong} of {done} items were not those that were produced"));
    }
    let ((_, most), done) = (line.depth(), consumed.times.len());
    let mib = most as f64 * ITEM_BYTES as f64 / f64::from(1 << 20);
    Ok(Sample::new(ms(&consumed.times, 0.99))
        .with("ms_p50", ms(&consumed.times, 0.5))
        .with(DEPTH, most as f64)
        .with(GROWTH, growth(&consumed.latency, time))
        .with("held_mib", mib)
        .with("refused", produced.refused as f64)
        .with("held_back", produced.held_back as f64)
        .with("done_per_s", done as f64 / time.as_secs_f64())
        .with_latencies("time to done", consumed.times)
        .with_series("depth", produced.depth)
        .with_series("latency", consumed.latency))
}

/// How much longer items took in the second half of the window than in the first.
fn growth(latency: &Series, time: Duration) -> f64 {
    let half = time.as_secs_f64() / 2.0;
    let mean = |second: bool| {
        let of = latency.points.iter().filter(|point| (point[0] >= half) == second);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), point| (sum + point[1], count + 1.0));
        sum / f64::max(count, 1.0)
    };
    mean(true) / mean(false).max(0.001)
}

/// Offers the items that are due, until the window is over.
fn produce(line: &impl Line, bundle: u64, time: Duration, began: Instant) -> Produced {
    let (mut refused, mut offered, mut ticks) = (0, 0, 0);
    let mut depth = Series::new("items in the queue");
    let goes_on = || began.elapsed() < time;
    while TICK * ticks < time && goes_on() {
        let tick = began + TICK * ticks;
        sleep_to(tick);
        for _ in 0..bundle {
            if !goes_on() {
                break;
            }
            let due = if line.waits() { Instant::now() } else { tick };
            let bytes = vec![offered as u8; ITEM_BYTES].into_boxed_slice();
            refused += line.push(Item { number: offered, due, bytes });
            offered += 1;
        }
        depth.push(began.elapsed().as_secs_f64(), line.depth().0 as f64);
        ticks += 1;
    }
    // What it would have produced, had it not been made to wait.
    let wanted = time.as_micros().div_ceil(TICK.as_micros()) as u64 * bundle;
    Produced { refused, held_back: wanted.saturating_sub(offered), depth }
}

/// Works on one item after the other. When the window is over only the oldest that waits is
/// counted: how long it has waited by then.
fn consume(line: &impl Line, began: Instant, over: &AtomicBool) -> Result<Consumed, String> {
    let (times, latency) = (nanos_histogram(), Series::new("ms from due to done"));
    let (mut consumed, mut next) = (Consumed { times, latency, wrong: 0 }, 0);
    while let Some(item) = line.pop() {
        let begun = Instant::now();
        let is_whole = item.bytes.iter().all(|byte| *byte == item.number as u8);
        consumed.wrong += u64::from(item.number < next || !is_whole);
        next = item.number + 1;
        let last = over.load(Ordering::Relaxed);
        while !last && begun.elapsed() < WORK {
            std::hint::spin_loop();
        }
        let took = item.due.elapsed();
        record(&mut consumed.times, took);
        consumed.latency.push(began.elapsed().as_secs_f64(), took.as_secs_f64() * 1e3);
        if last {
            break;
        }
    }
    while line.pop().is_some() {}
    Ok(consumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_the_later_mean_by_the_earlier() {
        let points = vec![[0.1, 2.0], [0.2, 4.0], [0.6, 8.0], [0.9, 10.0]];
        let latency = Series { points, ..Series::new("ms") };
        assert!((growth(&latency, Duration::from_secs(1)) - 3.0).abs() < 1e-9);
    }
}
