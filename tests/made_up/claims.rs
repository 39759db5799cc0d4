//! Made-up records of claims: nothing here was measured.

use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::figure::{Distribution, Series};
use windlass::kit::measure::record::{Axis, Claim, ClaimText, Group, Record};
use windlass::kit::measure::rule::Rule;

use super::{group, record};

/// The blocking way in made-up claims.
pub(crate) const THREADS: &str = "thread per connection";

/// A record of a made-up claim.
pub(crate) fn claim(id: &str, groups: Vec<Group>) -> Record {
    let mut record = record(&format!("claim-{id}"), groups);
    record.claim = Some(ClaimText {
        id: id.to_owned(),
        title: format!("Made-up claim {id}"),
        claimed: "Made up: one thread that awaits does what many that block do.".to_owned(),
        measured: "Nothing: these figures are made up.".to_owned(),
        refuted_by: "A made-up ratio below its made-up bar.".to_owned(),
        rule: "Holds when all groups hold that decide.".to_owned(),
        not_shown: "Anything real.".to_owned(),
        command: format!("windlass bench {id}"),
    });
    record
}

/// A group of a claim: windlass at `subject` against threads at `blocking`, bar 1.
pub(crate) fn against_threads(id: &str, better: Better, subject: f64, blocking: f64) -> Group {
    let rows = [
        ("windlass", Role::Subject, subject),
        (THREADS, Role::Baseline, blocking),
        ("a pool of 64", Role::Baseline, blocking),
        ("windlass (again)", Role::Control, subject),
    ];
    let mut made = group(id, better, &rows);
    made.contenders[3].values = made.contenders[0].values.clone();
    // Pools are a little worse, so that the best is known.
    let worse = if better == Better::Lower { 1.3 } else { 0.7 };
    made.contenders[2].values.iter_mut().flatten().for_each(|value| *value *= worse);
    let text = "better than the best that blocks".to_owned();
    made.claims = vec![Claim {
        text,
        against: Some(THREADS.to_owned()),
        of: None,
        bar: 1.0,
        rule: Rule::AtLeast,
    }];
    made
}

/// Puts `group` at `x` of a family.
pub(crate) fn over(mut group: Group, family: &str, axis: &str, x: f64) -> Group {
    group.family = Some(family.to_owned());
    group.x = Some(Axis { name: axis.to_owned(), value: x });
    group
}

/// Gives each contender made-up latencies around `ms`, longer for those that block.
pub(crate) fn with_latencies(mut group: Group, ms: f64) -> Group {
    for (place, contender) in group.contenders.iter_mut().enumerate() {
        let times = [1.0, 4.0, 6.0, 1.02][place.min(3)] * ms;
        let nines = |step: i32| f64::from(step) / 8.0;
        let share = |step: i32| 1.0 - 10f64.powf(-nines(step));
        let mut points: Vec<[f64; 2]> =
            (0..=32).map(|step| [share(step), times * (1.0 + nines(step).powi(2))]).collect();
        points.push([1.0, times * 20.0]);
        let distribution = Distribution { count: 20_000, points };
        contender.distributions.insert("latency".to_owned(), distribution);
    }
    group
}

/// Gives each contender a made-up backlog over 3 s, with an outage in between.
pub(crate) fn with_backlog(mut group: Group) -> Group {
    for (place, contender) in group.contenders.iter_mut().take(2).enumerate() {
        let mut series = Series::new("unfinished orders");
        for step in 0..400 {
            let second = f64::from(step) * 3.0 / 400.0;
            let gone = (second - 1.0).clamp(0.0, 1.0) - (second - 2.0).clamp(0.0, 0.5) * 2.0;
            series.push(second, gone * 500.0 * (place + 1) as f64 + f64::from(step % 5));
        }
        series.mark(1.0, "slow service gone");
        series.mark(2.0, "slow service back");
        contender.series.insert("backlog".to_owned(), series);
    }
    group
}

/// Gives its four contenders a value measured beside.
pub(crate) fn with_side(mut group: Group, name: &str, values: [f64; 4]) -> Group {
    for (contender, value) in group.contenders.iter_mut().zip(values) {
        let values = vec![Some(value); contender.values.len()];
        contender.side.insert(name.to_owned(), values);
    }
    group
}

/// Made-up claims as many and as large as a whole run's, holding, refuted and undecided.
pub(crate) fn all() -> Vec<Record> {
    let mut records = vec![throughput(), scalability(), resource_use(), resilience()];
    let names = [
        "non-blocking",
        "responsiveness",
        "back-pressure",
        "background-work",
        "event-driven",
        "asynchronous-messaging",
        "lock-free-inside",
        "cpu-bound",
        "files-and-queries",
    ];
    for name in names {
        let case = |index: usize| {
            let (id, place) = (format!("{name} {index}"), index as f64);
            let mut made = against_threads(&id, Better::Lower, 1.0 + place, 9.0);
            if index == 0 {
                made = against_threads(&id, Better::Lower, 9.0, 5.0);
                made.boundary = true;
            }
            with_latencies(
                over(made, &format!("made-up {name}"), "cases", 1.0 + place),
                place + 1.0,
            )
        };
        let mut groups: Vec<Group> = (0..4).map(case).collect();
        if name == "cpu-bound" {
            groups[1] = against_threads("cpu-bound 1", Better::Lower, 9.0, 5.0);
        }
        records.push(claim(name, groups));
    }
    records
}

/// Made-up rates over connections: blocking is ahead or level up to 8.
pub(crate) fn throughput() -> Record {
    let at = |(n, subject, blocking): (f64, f64, f64)| {
        let made = against_threads(&format!("wait 5 ms at {n}"), Better::Higher, subject, blocking);
        let mut made = over(made, "requests/s while each waits 5 ms", "connections", n);
        made.unit = "requests/s".to_owned();
        made.boundary = n < 10.0;
        with_side(with_latencies(made, 5.0), "threads", [1.0, n, 64.0, 1.0])
    };
    let places = [
        (1.0, 180.0, 190.0),
        (8.0, 1400.0, 1405.0),
        (64.0, 11_000.0, 9000.0),
        (512.0, 60_000.0, 22_000.0),
    ];
    claim("throughput", places.map(at).to_vec())
}

/// Made-up rates over workers, and latency over the offered rate with a knee.
pub(crate) fn scalability() -> Record {
    let workers = |n: f64| {
        let law = |n: f64| 40_000.0 * n / (1.0 + 0.1 * (n - 1.0) + 0.02 * n * (n - 1.0));
        let id = format!("{n} workers");
        let mut made = against_threads(&id, Better::Higher, law(n), law(n) * 0.6);
        made.unit = "requests/s".to_owned();
        over(made, "requests/s over workers", "workers", n)
    };
    let offered = |rate: f64| {
        let queue = |most: f64| 0.5 / (1.0 - rate / most);
        let id = format!("{rate} a second");
        let mut made = against_threads(&id, Better::Lower, queue(41_000.0), queue(33_000.0));
        made.unit = "ms".to_owned();
        with_latencies(over(made, "latency over offered rate", "requests/s", rate), rate / 4000.0)
    };
    let mut groups: Vec<Group> = [1.0, 2.0, 3.0, 4.0].map(workers).to_vec();
    groups.extend([1000.0, 5000.0, 10_000.0, 20_000.0, 30_000.0].map(offered));
    claim("scalability", groups)
}

fn resource_use() -> Record {
    let at = |n: f64| {
        let made = against_threads(&format!("{n} held"), Better::Lower, 30.0, 31.0 + n / 30.0);
        let mut made = over(made, "CPU for a million requests", "connections", n);
        made.unit = "CPU s per 10^6 requests".to_owned();
        let memory = [1.0, 24.0, 24.0, 1.0].map(|kib| kib + 100.0 / n);
        let made = with_side(made, "resident_kib_per_connection", memory);
        with_side(made, "switches_per_request", [0.1, 2.0, 2.0, 0.1])
    };
    claim("resource-use", [1.0, 100.0, 1000.0].map(at).to_vec())
}

fn resilience() -> Record {
    let outage = against_threads("an outage of 1 s", Better::Lower, 2.0, 900.0);
    let mut lost = with_side(with_backlog(with_latencies(outage, 2.0)), "lost", [0.0; 4]);
    let text = "no order is lost".to_owned();
    lost.claims.push(Claim {
        text,
        against: None,
        of: Some("lost".to_owned()),
        bar: 0.0,
        rule: Rule::AtLeast,
    });
    claim("resilience", vec![lost])
}
