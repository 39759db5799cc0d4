//! Resilience: a slow service fails, stalls, disappears and returns. What do those notice who place
//! orders meanwhile?

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::load::{LoadError, SLICE, Slice};
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::figure::Series;
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::contest::VOID;
use crate::kit::stage::orders::{Ended, Loaded, Stage, offered_once};

use super::bits::sleep_to;
use super::claim::{Claim, Course};

/// The slow service takes 20 ms.
const SLOW: &[&str] = &["--latency", "20ms", "--jitter", "5ms", "--seed", "7"];

/// How a call of it is tried, by either contender.
const TRIES: [&str; 6] =
    ["--attempt-timeout", "200ms", "--backoff", "50ms", "--backoff-max", "200ms"];

/// Behind a queue orders are tried for longer than the outage lasts. In line that would only keep
/// clients waiting: there the usual number of attempts holds.
const PATIENT: [&str; 2] = ["--attempts-max", "200"];

const SUBJECT: &str = "windlass, acknowledges";
const IN_LINE: &str = "in line, thread per connection";

const PER_S: u32 = 300;
const SMOKE_PER_S: u32 = 50;
const CONNECTIONS: usize = 256;

/// A reply that says that the order could not be carried out.
const BAD_GATEWAY: u16 = 502;

/// Samples in which the generator fell behind, after which the contender has failed.
const ATTEMPTS: u32 = 5;

const BEHIND: &str = "the load generator fell behind its rate";

/// Shortest outage, unless that is more than twice as long as was asked for.
const WINDOW_MIN: Duration = Duration::from_millis(500);

/// How often the service is asked how many orders are unfinished.
const LOOK: Duration = Duration::from_millis(20);

/// So many unfinished orders are no backlog, whatever was seen before the faults: 20 ms of orders.
const BACKLOG: f64 = 20.0;

/// How long an order may be acknowledged, at most, while the slow service is in trouble.
const LIMIT_MS: f64 = 100.0;

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "resilience",
    title: "Resilience",
    claimed: "Orders that are acknowledged first go on being taken, in their usual time, while the \
              service behind fails, stalls or is gone; none is lost, none is carried out twice.",
    measured: "300 orders per second, open loop, while the slow service fails 30 % of its calls, \
               stalls 3 s on each, is gone, and returns: latency of all orders (p99), which share \
               was taken, both over time; orders lost, orders carried out, time from its return \
               until the backlog is gone. In the full profile it is also killed and started anew.",
    refuted_by: "A p99 no better than that of orders done in line, or of more than 100 ms; an \
                 order that was not taken; one that was acknowledged and not completed; one that \
                 was carried out twice.",
    rule: "Holds when all of these hold. Without faults it is shown and decides nothing.",
    not_shown: "Clients that try again, or that need the result at once: those wait as long either \
                way. What a killed service forgets is its own: there an order may be done twice.",
    run: measure,
};

/// What befalls the slow service, one after the other, each for its share of the window.
#[derive(Clone, Copy)]
enum Trouble {
    Well,
    Fails,
    Stalls,
    Gone,
    Killed,
}

impl Trouble {
    fn befall(self, stage: &Stage) -> Result<(), String> {
        match self {
            Trouble::Well => stage.faults(r#"{"fail_rate":0,"stall_ms":0,"gone":false}"#),
            Trouble::Fails => stage.faults(r#"{"fail_rate":0.3}"#),
            Trouble::Stalls => stage.faults(r#"{"fail_rate":0,"stall_ms":3000}"#),
            Trouble::Gone => stage.faults(r#"{"stall_ms":0,"gone":true}"#),
            Trouble::Killed => {
                stage.kill_slow();
                Ok(())
            }
        }
    }

    fn said(self) -> &'static str {
        match self {
            Trouble::Well => "well",
            Trouble::Fails => "fails 30 %",
            Trouble::Stalls => "stalls",
            Trouble::Gone => "gone",
            Trouble::Killed => "killed",
        }
    }
}

type Phases = &'static [(Trouble, f64)];

/// The last phase begins with the return.
const OUTAGE: Phases = &[
    (Trouble::Well, 0.15),
    (Trouble::Fails, 0.2),
    (Trouble::Stalls, 0.2),
    (Trouble::Gone, 0.3),
    (Trouble::Well, 0.15),
];
const KILL: Phases = &[(Trouble::Well, 0.2), (Trouble::Killed, 0.4), (Trouble::Well, 0.4)];
const NO_TROUBLE: Phases = &[(Trouble::Well, 0.5), (Trouble::Well, 0.5)];

fn measure(course: &mut Course<'_>) {
    course.group("outage", |group| {
        describe(group, Duration::from_millis(900));
        decides(group);
        group.title("orders through an outage, p99").never_of(
            "no order is carried out twice",
            TWICE,
            0.0,
        );
        contenders(group, OUTAGE);
    });
    if course.is_full() || course.is_smoke() {
        course.group("killed", |group| {
            describe(group, Duration::from_millis(1500));
            decides(group);
            group.title("orders, slow service killed, p99");
            contenders(group, KILL);
        });
    }
    if course.is_quick() && !course.is_smoke() {
        return;
    }
    course.group("no_trouble", |group| {
        describe(group, Duration::from_millis(200));
        group
            .title("orders, nothing fails, p99")
            .boundary()
            .beats("acknowledged sooner than done in line", IN_LINE);
        contenders(group, NO_TROUBLE);
    });
}

/// Orders that were acknowledged and not completed.
const LOST: &str = "lost";

/// Orders that were carried out more than once.
const TWICE: &str = "done_again";

/// Which share of the orders was refused.
const REFUSED: &str = "refused_share";

fn describe(group: &mut Group<'_>, whole: Duration) {
    group
        .question("What do clients notice while the service behind is in trouble?")
        .method(
            "An open loop of 300 orders per second over 256 kept connections, while the slow \
             service (20 ms) is well for a while, fails 30 % of its calls, stalls 3 s on each, \
             ends each connection without a reply, and is well again (marks in the plots), by the \
             clock. Both contenders try a call for 200 ms and wait 50 to 200 ms before the next; \
             in line up to 8 times, then the client gets 502; behind the queue 200 times. The \
             value is the p99 of all orders, taken or refused. recovery_s: from the return until \
             no more are unfinished than before the faults; in line until no client waits any more \
             that came before the return. At the end all acknowledged orders must be finished; \
             lost counts those that were given up, done_again what the slow service did beyond one \
             effect for each completed order (a killed one forgets, and may do an order again).",
        )
        .not_shown("An outage that lasts longer than orders are tried.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(whole);
}

fn decides(group: &mut Group<'_>) {
    group
        .beats("answered sooner than done in line", IN_LINE)
        .limit("p99 of at most 100 ms through all of it", LIMIT_MS)
        .never_of("every order is taken", REFUSED, 0.0)
        .never_of("no acknowledged order is lost", LOST, 0.0);
}

fn contenders(group: &mut Group<'_>, phases: Phases) {
    for (name, role, model) in [
        (SUBJECT, Role::Subject, Model::Evented),
        (IN_LINE, Role::Baseline, Model::ThreadPerConnection),
    ] {
        group.window(name, role, move |window| {
            for void in 0..ATTEMPTS {
                if let Some(sample) = through(model, phases, window)? {
                    return Ok(sample.with(VOID, f64::from(void)));
                }
            }
            Err(BEHIND.to_owned())
        });
    }
}

/// What was seen of the outage beside the load.
struct Seen {
    began: Instant,
    /// When each phase began, in seconds since then.
    phases: Vec<(f64, Trouble)>,
    unfinished: Series,
    effects_before: f64,
}

impl Seen {
    fn returned(&self) -> f64 {
        self.phases.last().map_or(0.0, |(at, _)| *at)
    }

    fn marked(&self, mut series: Series) -> Series {
        self.phases.iter().for_each(|(at, trouble)| series.mark(*at, trouble.said()));
        series
    }

    /// From the return until no more orders are unfinished than before the faults.
    fn recovery_s(&self) -> f64 {
        let (points, returned) = (&self.unfinished.points, self.returned());
        let first = self.phases.get(1).map_or(0.0, |(at, _)| *at);
        let before = points.iter().filter(|point| point[0] < first).map(|point| point[1]);
        let usual = before.fold(BACKLOG, f64::max);
        // Until the first look after the last one that found more.
        let last = points.iter().rposition(|point| point[0] >= returned && point[1] > usual);
        let recovered = last.and_then(|last| points.get(last + 1).or(points.get(last)));
        recovered.map_or(0.0, |point| point[0] - returned)
    }
}

/// One outage; `None` where the generator fell behind, so that it says nothing.
fn through(model: Model, phases: Phases, window: &Window) -> Result<Option<Sample>, String> {
    let acknowledges = model == Model::Evented;
    let orders = if acknowledges { [&TRIES[..], &PATIENT].concat() } else { TRIES.to_vec() };
    let stage = Stage::start(model, SLOW, &orders)?;
    let per_s = if window.smoke { SMOKE_PER_S } else { PER_S };
    let refused = (!acknowledges).then_some(BAD_GATEWAY);
    let mut client = stage.client(CONNECTIONS.min(per_s as usize), refused)?;
    if acknowledges {
        // The first order of each connection is no part of the backlog.
        stage.settle()?;
    }
    let time = match window.smoke {
        true => Duration::from_millis(300),
        false => window.duration.max(WINDOW_MIN.min(window.duration * 2)),
    };
    let over = AtomicBool::new(false);
    let watched = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&stage, phases, time, acknowledges, &over));
        let loaded = offered_once(&mut client, per_s, time);
        over.store(true, Ordering::Relaxed);
        let seen = watcher.join().map_err(|_| "who watches panicked".to_owned())??;
        match loaded {
            Err(LoadError::Behind { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
            Ok(loaded) => Ok::<_, String>(Some((loaded?, seen))),
        }
    })?;
    let Some((loaded, mut seen)) = watched else { return Ok(None) };
    let mut sample = Sample::new(loaded.any_ms(0.99).max(0.001));
    let recovery_s = match acknowledges {
        true => {
            let (lost, twice) = settled(&stage, &mut seen)?;
            sample = sample.with(LOST, lost).with(TWICE, twice);
            sample = sample.with_series("unfinished", seen.marked(seen.unfinished.clone()));
            seen.recovery_s()
        }
        false => answered_after(loaded.outcome.timeline.slices(), seen.returned()),
    };
    let (taken, latency) = over_time(&loaded);
    let mut both = loaded.outcome.latency_ns.clone();
    both.add(&loaded.outcome.refused_ns).map_err(|error| error.to_string())?;
    Ok(Some(
        sample
            .with(REFUSED, 1.0 - loaded.taken_share())
            .with("recovery_s", recovery_s)
            .with("latency_ms_p50", loaded.any_ms(0.5))
            .with("latency_ms_max", loaded.any_ms(1.0))
            .with_latencies("latency", both)
            .with_series("taken", seen.marked(taken))
            .with_series("latency", seen.marked(latency)),
    ))
}

/// Switches the faults by the clock, and looks at the backlog until the load is over.
fn watch(
    stage: &Stage,
    phases: Phases,
    time: Duration,
    acknowledges: bool,
    over: &AtomicBool,
) -> Result<Seen, String> {
    let (began, unfinished) = (Instant::now(), Series::new("unfinished orders"));
    let mut seen = Seen { began, phases: Vec::new(), unfinished, effects_before: 0.0 };
    let mut until = began;
    for &(trouble, share) in phases {
        if matches!(trouble, Trouble::Killed) {
            // What it does from here on would be forgotten, and counted nowhere.
            stage.faults(r#"{"gone":true}"#)?;
            seen.effects_before = stage.effects()?;
        }
        if let Some((_, Trouble::Killed)) = seen.phases.last() {
            stage.start_slow(SLOW)?;
        }
        trouble.befall(stage)?;
        seen.phases.push((began.elapsed().as_secs_f64(), trouble));
        until += time.mul_f64(share);
        while Instant::now() < until {
            look(stage, acknowledges, &mut seen)?;
            sleep_to(until.min(Instant::now() + LOOK));
        }
    }
    while !over.load(Ordering::Relaxed) {
        look(stage, acknowledges, &mut seen)?;
        thread::sleep(LOOK);
    }
    Ok(seen)
}

fn look(stage: &Stage, acknowledges: bool, seen: &mut Seen) -> Result<f64, String> {
    if !acknowledges {
        return Ok(0.0);
    }
    let unfinished = stage.figures()?.unfinished()?;
    seen.unfinished.push(seen.began.elapsed().as_secs_f64(), unfinished);
    Ok(unfinished)
}

/// Waits until all acknowledged orders are finished: how many were given up, and what was done
/// beyond one effect for each.
fn settled(stage: &Stage, seen: &mut Seen) -> Result<(f64, f64), String> {
    let begun = Instant::now();
    while look(stage, true, seen)? > 0.0 && begun.elapsed() < Duration::from_secs(60) {
        thread::sleep(LOOK);
    }
    // What is lost for good is an error that says so.
    let Ended { completed, dead } = stage.settle()?;
    let done = seen.effects_before + stage.effects()?;
    match done < completed {
        true => Err(format!("{completed} orders count as completed, and {done} were done")),
        false => Ok((dead, done - completed)),
    }
}

/// In line: how long after the return the last client waited that came before it.
fn answered_after(slices: &[Slice], returned: f64) -> f64 {
    let of = |(at, slice): (usize, &Slice)| {
        let due = at as f64 * SLICE.as_secs_f64();
        (due < returned).then_some(due + slice.latency_max.as_secs_f64() - returned)
    };
    slices.iter().enumerate().filter_map(of).fold(0.0, f64::max)
}

/// Which share was taken, and the longest latency, by when an order was due.
fn over_time(loaded: &Loaded) -> (Series, Series) {
    let (mut taken, mut latency) = (Series::new("% taken"), Series::new("ms, longest"));
    for (at, slice) in loaded.outcome.timeline.slices().iter().enumerate() {
        let (seconds, all) = (at as f64 * SLICE.as_secs_f64(), slice.taken + slice.refused);
        taken.push(seconds, slice.taken as f64 * 100.0 / all as f64);
        latency.push(seconds, slice.latency_max.as_secs_f64() * 1e3);
    }
    (taken, latency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_lasts_until_the_backlog_is_as_before() {
        let phases = vec![(0.0, Trouble::Well), (0.5, Trouble::Gone), (1.0, Trouble::Well)];
        let points = vec![[0.2, 30.0], [0.9, 300.0], [1.2, 90.0], [1.4, 31.0], [1.5, 29.0]];
        let unfinished = Series { points, ..Series::new("orders") };
        let seen = Seen { began: Instant::now(), phases, unfinished, effects_before: 0.0 };
        assert!((seen.recovery_s() - 0.5).abs() < 1e-9, "{}", seen.recovery_s());
    }
}
