//! One window: a producer that keeps to its times as well as it is let, and a consumer that works.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;
use crate::kit::measure::figure::Series;
use crate::kit::measure::group::Window;

use super::super::bits::{ms, record, sleep_to};
use super::line::{Item, Line};

/// Work on one item.
const WORK: Duration = Duration::from_micros(100);

/// Items come in bundles, one each of these.
const TICK: Duration = Duration::from_millis(1);

/// Bytes of an item.
const ITEM_BYTES: usize = 4096;

/// Shortest window: in less time nothing piles up.
const WINDOW_MIN: Duration = Duration::from_millis(100);

/// Mean time from due to done in the window's second half, by that in the first half.
pub(super) const GROWTH: &str = "second_half_to_first";

/// Time from offered to done that one item in a hundred exceeds.
pub(super) const OFFERED: &str = "from_offer_ms_p99";

/// [`GROWTH`], from offered to done.
pub(super) const OFFERED_GROWTH: &str = "from_offer_second_half_to_first";

/// The most items that ever waited in the queue.
pub(super) const DEPTH: &str = "depth_max";

/// What the producer counted.
struct Produced {
    refused: u64,
    held_back: u64,
    depth: Series,
}

/// Times until items were done, from one of their moments on.
struct Times {
    all: Histogram<u64>,
    series: Series,
}

impl Times {
    fn new(name: &str) -> Times {
        Times { all: nanos_histogram(), series: Series::new(name) }
    }

    fn add(&mut self, from: Instant, now: Instant, began: Instant) {
        let took = now.saturating_duration_since(from);
        record(&mut self.all, took);
        let at = now.saturating_duration_since(began);
        self.series.push(at.as_secs_f64(), took.as_secs_f64() * 1e3);
    }

    /// How much longer items took in the second half of the window than in the first. Of a half
    /// without an item nobody knows: that is an error.
    fn growth(&self, time: Duration) -> Result<f64, String> {
        let half = time.as_secs_f64() / 2.0;
        let mean = |second: bool| {
            let of = self.series.points.iter().filter(|point| (point[0] >= half) == second);
            let (sum, count) =
                of.fold((0.0, 0.0), |(sum, count), point| (sum + point[1], count + 1.0));
            let which = if second { "second" } else { "first" };
            match count > 0.0 {
                true => Ok(sum / count),
                false => Err(format!("no item was done in the window's {which} half")),
            }
        };
        Ok(mean(true)? / mean(false)?.max(0.001))
    }
}

/// What the consumer saw.
struct Consumed {
    due: Times,
    offered: Times,
    wrong: u64,
}

/// Says that nobody takes any more, also when the consumer panics.
struct Abandons<'l, L: Line>(&'l L);

impl<L: Line> Drop for Abandons<'_, L> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Both at work for a window.
pub(super) fn run(line: &impl Line, bundle: u64, window: &Window) -> Result<Sample, String> {
    let (time, over) = (window.duration.max(WINDOW_MIN), AtomicBool::new(false));
    let began = Instant::now();
    let (produced, consumed) = thread::scope(|scope| {
        let consumer = scope.spawn(|| {
            let _abandons = Abandons(line);
            consume(line, began, &over)
        });
        let produced = produce(line, bundle, time, began);
        over.store(true, Ordering::Relaxed);
        line.close();
        let consumed = consumer.join().map_err(|_| "the consumer panicked".to_owned())?;
        Ok::<_, String>((produced, consumed))
    })?;
    let Consumed { due, offered, wrong } = consumed;
    if wrong > 0 || due.all.is_empty() {
        let done = due.all.len();
        return Err(format!("{wrong} of {done} items were not those that were produced"));
    }
    let ((_, most), done) = (line.depth(), due.all.len());
    let mib = most as f64 * ITEM_BYTES as f64 / f64::from(1 << 20);
    Ok(Sample::new(ms(&due.all, 0.99))
        .with("ms_p50", ms(&due.all, 0.5))
        .with(OFFERED, ms(&offered.all, 0.99))
        .with(DEPTH, most as f64)
        .with(GROWTH, due.growth(time)?)
        .with(OFFERED_GROWTH, offered.growth(time)?)
        .with("held_mib", mib)
        .with("refused", produced.refused as f64)
        .with("held_back", produced.held_back as f64)
        .with("done_per_s", done as f64 / time.as_secs_f64())
        .with_latencies("due to done", due.all)
        .with_latencies("offered to done", offered.all)
        .with_series("depth", produced.depth)
        .with_series("latency", due.series))
}

/// Offers the items that are due, until the window is over.
fn produce(line: &impl Line, bundle: u64, time: Duration, began: Instant) -> Produced {
    let (mut refused, mut produced, mut ticks) = (0, 0, 0);
    let mut depth = Series::new("items in the queue");
    let goes_on = || began.elapsed() < time;
    while TICK * ticks < time && goes_on() {
        let due = began + TICK * ticks;
        sleep_to(due);
        for _ in 0..bundle {
            if !goes_on() {
                break;
            }
            let bytes = vec![produced as u8; ITEM_BYTES].into_boxed_slice();
            refused += line.push(Item { number: produced, due, offered: Instant::now(), bytes });
            produced += 1;
        }
        depth.push(began.elapsed().as_secs_f64(), line.depth().0 as f64);
        ticks += 1;
    }
    // What it would have produced, had it not been made to wait.
    let wanted = time.as_micros().div_ceil(TICK.as_micros()) as u64 * bundle;
    Produced { refused, held_back: wanted.saturating_sub(produced), depth }
}

/// Works on one item after the other. When the window is over only the oldest that waits is
/// counted: how long it has waited by then.
fn consume(line: &impl Line, began: Instant, over: &AtomicBool) -> Consumed {
    let (due, offered) = (Times::new("ms from due to done"), Times::new("ms from offered to done"));
    let (mut consumed, mut next) = (Consumed { due, offered, wrong: 0 }, 0);
    while let Some(item) = line.pop() {
        let begun = Instant::now();
        let is_whole = item.bytes.iter().all(|byte| *byte == item.number as u8);
        consumed.wrong += u64::from(item.number < next || !is_whole);
        next = item.number + 1;
        let last = over.load(Ordering::Relaxed);
        while !last && begun.elapsed() < WORK {
            std::hint::spin_loop();
        }
        let now = Instant::now();
        consumed.due.add(item.due, now, began);
        consumed.offered.add(item.offered, now, began);
        if last {
            break;
        }
    }
    while line.pop().is_some() {}
    consumed
}

#[cfg(test)]
mod tests {
    use super::super::line::{Channel, queue};
    use super::*;
    use crate::workflow::pressure::Policy;

    #[test]
    fn growth_is_the_later_mean_by_the_earlier() {
        let points = vec![[0.1, 2.0], [0.2, 4.0], [0.6, 8.0], [0.9, 10.0]];
        let series = Series { points, ..Series::new("ms") };
        let times = Times { series, ..Times::new("ms") };
        let growth = times.growth(Duration::from_secs(1)).expect("items in both halves");
        assert!((growth - 3.0).abs() < 1e-9, "{growth}");
        for (seconds, half) in [(2, "second"), (0, "first")] {
            let why = times.growth(Duration::from_secs(seconds)).unwrap_err();
            assert_eq!(why, format!("no item was done in the window's {half} half"));
        }
    }

    /// A consumer that panics at its third item.
    struct Panics<L>(L);

    impl<L: Line> Line for Panics<L> {
        fn push(&self, item: Item) -> u64 {
            self.0.push(item)
        }

        fn pop(&self) -> Option<Item> {
            let item = self.0.pop()?;
            assert!(item.number < 3, "as the test has it");
            Some(item)
        }

        fn close(&self) {
            self.0.close();
        }

        fn abandon(&self) {
            self.0.abandon();
        }

        fn depth(&self) -> (usize, usize) {
            self.0.depth()
        }
    }

    /// Ends at all, with an error, though its producer waits for room that nobody makes.
    fn ends(line: impl Line) {
        let window = Window { duration: WINDOW_MIN, smoke: true };
        let ended = run(&Panics(line), 200, &window);
        assert_eq!(ended.unwrap_err(), "the consumer panicked");
    }

    #[test]
    fn a_consumer_that_panics_leaves_no_producer_waiting() {
        ends(queue(Policy::Block).expect("a queue"));
        ends(Channel::bounded(4, true));
        ends(Channel::bounded(4, false));
        ends(Channel::unbounded());
    }

    #[test]
    fn who_is_made_to_wait_is_late_from_when_its_items_were_due() {
        // The consumer takes 100 us for each at least: it never does a third of what is due.
        let window = Window { duration: WINDOW_MIN, smoke: false };
        let waits = run(&Channel::bounded(4, true), 30, &window).expect("a sample");
        assert!(waits.value >= waits.side[OFFERED], "{:?}", waits.side);
        assert!(waits.side["held_back"] > 0.0 && waits.side["refused"] == 0.0, "{:?}", waits.side);
        let refuses = run(&Channel::bounded(4, false), 30, &window).expect("a sample");
        assert!(refuses.side["refused"] > 0.0, "{:?}", refuses.side);
        // One more than there are places, where the consumer has not counted it yet.
        assert!(waits.side[DEPTH] <= 5.0 && refuses.side[DEPTH] <= 5.0);
    }
}
