//! Event-driven: who waits for an event is told, and need not ask. One event to many subscribers,
//! against as many that poll.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::channel::topic::{RecvError, topic};
use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::{Group, Window};
use crate::kit::measure::random::Random;
use crate::runtime::Runtime;
use crate::sync::lock;

use super::bits::{OwnCpu, ms, record, sleep_to};
use super::claim::{Claim, Course};

/// How many wait for events.
const RECEIVERS: [usize; 2] = [16, 256];

/// Mean time between events; each pause is from half to one and a half of it, so that no poller
/// falls into step with the publisher.
const PAUSE: Duration = Duration::from_micros(2500);

/// The same where events are frequent.
const SHORT_PAUSE: Duration = Duration::from_micros(100);

/// Values that a subscriber may be behind: more than are published in a window.
const BEHIND_MAX: usize = 1 << 12;

/// How long the last deliveries may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Threads of pollers and of waiters need little.
const STACK: usize = 64 * 1024;

const SUBJECT: &str = "windlass, subscribers of a topic";
const POLL_1: &str = "threads that poll, 1 ms";
const POLL_10: &str = "threads that poll, 10 ms";
const WAITING: &str = "threads that wait on a condvar";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "event-driven",
    title: "Event-driven processing",
    claimed: "Whoever is told of an event has it sooner than whoever polls for it, and costs less \
              while nothing happens.",
    measured: "One event to 16 and to 256 subscribers of a topic (tasks) against as many threads \
               that poll every 1 ms or 10 ms: delay from publish to received (p90), processor time \
               while nothing happens, processor time for each delivery.",
    refuted_by: "A p90 delay no shorter than that of polling every millisecond, or an idle second \
                 that costs as much processor time as polling every 10 ms.",
    rule: "Holds when both hold for 16 and for 256; threads that wait on a condition variable are \
           event-driven, too: they are shown beside, and decide nothing. The p99 is shown: of some \
           twenty events in a window it is the worst one's, and as much the machine's as theirs.",
    not_shown: "Events that come from another process, where the kernel delivers them; pollers \
                that are tasks, whose timers are cheaper than a thread's sleep.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    for receivers in RECEIVERS {
        let receivers = if course.is_smoke() { receivers.min(8) } else { receivers };
        course.group(&format!("receivers_{receivers}"), |group| {
            describe(group, receivers, PAUSE);
            group
                .title(&format!("an event to {receivers}, delay p90"))
                .unit("ms", Better::Lower)
                .over("delay of an event", "receivers", receivers as f64)
                .beats("told sooner than who polls every millisecond", POLL_1)
                .beats_of("idle for less than polling every 10 ms", IDLE, POLL_10);
            let plan = Plan { receivers, pause: PAUSE, value: Value::Delay };
            enter(group, SUBJECT, Role::Subject, plan, Way::Told);
            enter(group, POLL_1, Role::Baseline, plan, Way::Polls(Duration::from_millis(1)));
            enter(group, POLL_10, Role::Baseline, plan, Way::Polls(Duration::from_millis(10)));
            enter(group, WAITING, Role::Baseline, plan, Way::Waits);
        });
    }
    course.group("receiver_1_frequent", |group| {
        describe(group, 1, SHORT_PAUSE);
        group
            .title("frequent events to one, CPU each")
            .unit("us CPU per delivery", Better::Lower)
            .boundary()
            .no_worse("no dearer than who polls every millisecond", POLL_1, 1.0);
        let plan = Plan { receivers: 1, pause: SHORT_PAUSE, value: Value::Cost };
        enter(group, SUBJECT, Role::Subject, plan, Way::Told);
        enter(group, POLL_1, Role::Baseline, plan, Way::Polls(Duration::from_millis(1)));
        enter(group, POLL_10, Role::Baseline, plan, Way::Polls(Duration::from_millis(10)));
    });
}

fn describe(group: &mut Group<'_>, receivers: usize, pause: Duration) {
    group
        .question("What do events cost those who are told, and those who ask for them?")
        .method(&format!(
            "A thread publishes an event every {pause:?} on average, at uneven intervals; \
             {receivers} receive each of them, or the sample is an error. A delay counts from just \
             before the publishing. windlass: one topic, a task for each subscriber, a worker for \
             each core. Pollers: a thread each, which sleeps, then takes what is new from one log \
             under a mutex. Waiters: a thread each behind one mutex and condition variable. \
             {IDLE}: processor time of the process while nothing is published, for 60 ms after, \
             per second of it."
        ))
        .not_shown("Receivers that work on what they received.")
        .crowded()
        .without_control()
        .rounds(20, 20)
        .budget(Duration::from_secs(1))
        .sample(Duration::from_millis(144));
}

/// The rest over which it is measured what idling costs, and the time before it.
const REST: Duration = Duration::from_millis(60);
const SETTLE: Duration = Duration::from_millis(10);

/// Processor time while nothing happens.
const IDLE: &str = "idle_cpu_ms_per_s";

/// What stands for the whole window.
#[derive(Clone, Copy)]
enum Value {
    /// How late events are.
    Delay,
    /// What each delivery costs.
    Cost,
}

#[derive(Clone, Copy)]
struct Plan {
    receivers: usize,
    pause: Duration,
    value: Value,
}

/// How receivers come to know of an event.
#[derive(Clone, Copy)]
enum Way {
    Told,
    Polls(Duration),
    Waits,
}

fn enter(group: &mut Group<'_>, name: &str, role: Role, plan: Plan, way: Way) {
    group.window(name, role, move |window: &Window| match way {
        Way::Told => told(plan, window),
        Way::Polls(every) => asking(plan, window, Some(every)),
        Way::Waits => asking(plan, window, None),
    });
}

/// What all receivers of one window have received.
struct Received {
    late: Mutex<Histogram<u64>>,
    deliveries: AtomicU64,
}

impl Received {
    fn new() -> Result<Arc<Received>, String> {
        let late = Mutex::new(nanos_histogram());
        Ok(Arc::new(Received { late, deliveries: AtomicU64::new(0) }))
    }

    /// One receiver's whole window; it kept its own, so that nobody waits for the others meanwhile.
    fn add(&self, late: &Histogram<u64>) {
        // Of the same bounds: it cannot fail.
        let _ = lock(&self.late).add(late);
    }

    fn one(&self) {
        self.deliveries.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until all have received `events` each.
    fn complete(&self, events: u64, plan: Plan) -> Result<(), String> {
        let (wanted, until) = (events * plan.receivers as u64, Instant::now() + PATIENCE);
        while self.deliveries.load(Ordering::Relaxed) < wanted {
            if Instant::now() > until {
                let got = self.deliveries.load(Ordering::Relaxed);
                return Err(format!("{got} of {wanted} deliveries came within {PATIENCE:?}"));
            }
            thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    fn sample(&self, plan: Plan, spent: Spent) -> Result<Sample, String> {
        let late = lock(&self.late).clone();
        let wanted = spent.events * plan.receivers as u64;
        if late.len() != wanted {
            return Err(format!("{wanted} deliveries were to come, {} did", late.len()));
        }
        let cost = (spent.busy_us / wanted.max(1) as f64).max(0.001);
        let value = match plan.value {
            Value::Delay => ms(&late, 0.9),
            Value::Cost => cost,
        };
        Ok(Sample::new(value)
            .with("delay_ms_p50", ms(&late, 0.5))
            .with("delay_ms_p99", ms(&late, 0.99))
            .with("cpu_us_per_delivery", cost)
            .with(IDLE, spent.idle_ms_per_s)
            .with_latencies("delay", late))
    }
}

/// What one window cost.
struct Spent {
    events: u64,
    busy_us: f64,
    idle_ms_per_s: f64,
}

/// Publishes for the window, then rests.
fn publish(
    plan: Plan,
    window: &Window,
    received: &Received,
    mut give: impl FnMut(u64, Instant),
) -> Result<Spent, String> {
    let time = window.duration.max(plan.pause * 4);
    let (mut random, mut events) = (Random::new(0x5eed), 0);
    let (began, busy) = (Instant::now(), OwnCpu::now()?);
    let mut due = began;
    while due < began + time {
        sleep_to(due);
        give(events, Instant::now());
        events += 1;
        due += plan.pause.mul_f64(0.5 + random.unit());
    }
    received.complete(events, plan)?;
    let busy_us = busy.spent_us()?;
    // What the last event left to do is no part of idling.
    thread::sleep(SETTLE);
    let (rested, idle) = (Instant::now(), OwnCpu::now()?);
    sleep_to(rested + REST);
    let idle_us = idle.spent_us()?;
    // A second of nothing at all costs no less than the clock can tell.
    let idle_ms_per_s = (idle_us / 1e3 / rested.elapsed().as_secs_f64()).max(0.001);
    Ok(Spent { events, busy_us, idle_ms_per_s })
}

/// Tasks subscribe to a topic.
fn told(plan: Plan, window: &Window) -> Result<Sample, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let news = topic::<(u64, Instant)>(BEHIND_MAX);
    let received = Received::new()?;
    let mut tasks = Vec::new();
    for _ in 0..plan.receivers {
        let (mut mine, received) = (news.subscribe(), received.clone());
        tasks.push(runtime.spawn(async move {
            let (mut late, mut expected) = (nanos_histogram(), 0);
            loop {
                match mine.recv().await {
                    Ok((number, published)) if number == expected => {
                        record(&mut late, published.elapsed());
                        expected += 1;
                        received.one();
                    }
                    Ok((number, _)) => return Err(format!("{number} came for {expected}")),
                    Err(RecvError::Closed) => {
                        received.add(&late);
                        return Ok(());
                    }
                    Err(lagged) => return Err(lagged.to_string()),
                }
            }
        }));
    }
    let spent = publish(plan, window, &received, |number, now| {
        // How many it reached is known later, by what they received.
        let _ = news.publish((number, now));
    })?;
    news.close();
    for task in tasks {
        runtime.block_on(task).map_err(|error| error.to_string())??;
    }
    received.sample(plan, spent)
}

/// What was published so far, and who waits for more.
struct Log {
    events: Mutex<Vec<(u64, Instant)>>,
    more: Condvar,
    over: AtomicBool,
    started: AtomicUsize,
}

/// Threads poll one log, or wait at it.
fn asking(plan: Plan, window: &Window, every: Option<Duration>) -> Result<Sample, String> {
    let (events, more) = (Mutex::new(Vec::new()), Condvar::new());
    let (over, started) = (AtomicBool::new(false), AtomicUsize::new(0));
    let log = Log { events, more, over, started };
    let received = Received::new()?;
    let spent = thread::scope(|scope| {
        let (errors, first_error) = mpsc::channel();
        let result = (0..plan.receivers).try_for_each(|at| {
            let (log, received, errors) = (&log, &received, errors.clone());
            let ask = move || {
                if let Err(error) = receive(log, received, every) {
                    // Who listens may have gone with an error of its own.
                    let _ = errors.send(error);
                }
            };
            let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, ask);
            started.map(drop).map_err(|error| format!("thread {at}: {error}"))
        });
        let result = result.and_then(|()| {
            while log.started.load(Ordering::Relaxed) < plan.receivers {
                thread::sleep(Duration::from_micros(200));
            }
            publish(plan, window, &received, |number, now| {
                lock(&log.events).push((number, now));
                log.more.notify_all();
            })
        });
        // Under the lock, so that nobody who is about to wait misses it.
        let events = lock(&log.events);
        log.over.store(true, Ordering::Relaxed);
        drop(events);
        log.more.notify_all();
        drop(errors);
        // Ends when the last thread has.
        match first_error.iter().next() {
            Some(error) => Err(error),
            None => result,
        }
    })?;
    received.sample(plan, spent)
}

fn receive(log: &Log, received: &Received, every: Option<Duration>) -> Result<(), String> {
    log.started.fetch_add(1, Ordering::Relaxed);
    let (mut late, mut next, mut new) = (nanos_histogram(), 0, Vec::new());
    loop {
        let over = match every {
            Some(every) => {
                thread::sleep(every);
                let over = log.over.load(Ordering::Relaxed);
                new.extend_from_slice(&lock(&log.events)[next..]);
                over
            }
            None => {
                let events = lock(&log.events);
                let is_idle =
                    |events: &mut Vec<_>| events.len() == next && !log.over.load(Ordering::Relaxed);
                let waited = log.more.wait_while(events, is_idle);
                let events = waited.map_err(|_| "a thread that waits panicked".to_owned())?;
                new.extend_from_slice(&events[next..]);
                log.over.load(Ordering::Relaxed)
            }
        };
        for (number, published) in new.drain(..) {
            if number != next as u64 {
                return Err(format!("{number} came for {next}"));
            }
            record(&mut late, published.elapsed());
            next += 1;
            received.one();
        }
        if over {
            received.add(&late);
            return Ok(());
        }
    }
}
