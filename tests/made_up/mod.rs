//! Made-up records for the report's tests: nothing here was measured.

pub(crate) mod claims;

use std::fs;
use std::path::{Path, PathBuf};

use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::environment::Environment;
use windlass::kit::measure::record::{Axis, Claim, Contender, Group, Record, Round, Run};
use windlass::kit::measure::rule::Rule;
use windlass::kit::report::{self, results::Results};

/// What the made-up server bench calls the subject.
pub(crate) const EVENTED: &str = "windlass evented";
/// What the made-up ring bench calls it.
pub(crate) const RING: &str = "windlass Ring";

/// A scratch directory of one test, emptied.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// A group of made-up contenders: name, role, centre. Rounds swing together by up to 10 %, and each
/// contender by up to 1 % of its own.
pub(crate) fn group(id: &str, better: Better, centres: &[(&str, Role, f64)]) -> Group {
    const ROUNDS: usize = 12;
    let contender = |(place, (name, role, centre)): (usize, &(&str, Role, f64))| {
        let wobble = |round: usize| ((round * 7 + place * 5) % 11) as f64 / 500.0 - 0.01;
        let drift = |round: usize| 1.0 + (round as f64 / 20.0).sin() * 0.1;
        let value = |round| Some(centre * drift(round) * (1.0 + wobble(round)));
        Contender {
            name: (*name).to_owned(),
            role: *role,
            values: (0..ROUNDS).map(value).collect(),
            side: Default::default(),
            distributions: Default::default(),
            series: Default::default(),
            ops: Some(1000),
            failure: None,
        }
    };
    Group {
        id: id.to_owned(),
        title: id.to_owned(),
        question: "Is this made up?".to_owned(),
        unit: "ns per operation".to_owned(),
        better,
        method: "Made up.".to_owned(),
        not_shown: "Anything real.".to_owned(),
        family: None,
        x: None,
        crowded: false,
        boundary: false,
        claims: Vec::new(),
        rounds: (0..ROUNDS)
            .map(|round| Round { backward: round % 2 == 1, ..Round::default() })
            .collect(),
        contenders: centres.iter().enumerate().map(contender).collect(),
        run: 0,
        failure: None,
    }
}

/// Subject, control, blocking baseline and peer at these values.
pub(crate) fn four(id: &str, better: Better, subject: f64, blocking: f64, peer: f64) -> Group {
    let mut group = group(
        id,
        better,
        &[
            ("windlass", Role::Subject, subject),
            ("threads", Role::Baseline, blocking),
            ("other", Role::Peer, peer),
            ("windlass (again)", Role::Control, subject),
        ],
    );
    group.contenders[3].values = group.contenders[0].values.clone();
    group
}

/// Gives the subject of `group`, and its control, another name.
pub(crate) fn renamed(mut group: Group, name: &str) -> Group {
    for contender in &mut group.contenders {
        match contender.role {
            Role::Subject => name.clone_into(&mut contender.name),
            Role::Control => contender.name = format!("{name} (again)"),
            _ => {}
        }
    }
    group
}

pub(crate) fn record(bench: &str, groups: Vec<Group>) -> Record {
    let mut record = Record::new(bench);
    let environment = Environment {
        cpu_model: Some("A made-up processor <model>".to_owned()),
        cores: Some(2),
        kernel: Some("Linux 0.0-made-up".to_owned()),
        rustc: Some("rustc 1.95.0 (made up)".to_owned()),
        commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        clean: Some(true),
        memory_mib: Some(4096),
        command: format!("cargo bench --bench {bench}"),
        time_utc: "2026-01-31T12:00:00Z".to_owned(),
        ..Environment::default()
    };
    let run = Run { environment, profile: "default".to_owned(), ..Run::default() };
    record.merge(run, groups);
    record
}

/// Builds the report of `records` and returns page, Markdown and results.
pub(crate) fn built(name: &str, records: &[Record]) -> (String, String, Results) {
    let dir = scratch(name);
    for record in records {
        record.write(&dir.join("records")).unwrap();
    }
    let outcome = report::build(&dir.join("records"), &dir.join("report")).unwrap();
    let read = |file: &str| fs::read_to_string(dir.join("report").join(file)).unwrap();
    assert!(outcome.address.starts_with("file:///") && outcome.address.ends_with("/index.html"));
    let results: Results = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(results, outcome.results, "results.json says what the page says");
    (read("index.html"), read("report.md"), results)
}

/// Three benches of the size a whole run has.
pub(crate) fn full_size() -> Vec<Record> {
    let spawn = |index| {
        let id = format!("spawn, variant {index}");
        four(&id, Better::Lower, 70.0, 27_000.0, 263.0)
    };
    let mut executor: Vec<Group> = (0..9).map(spawn).collect();
    executor[2].contenders[1].failure = Some("the thread could not be spawned".to_owned());
    let noisy = |round: &mut Round| round.noisy = vec!["steal".to_owned()];
    executor[3].rounds.iter_mut().for_each(noisy);
    let servers = vec![
        server(1.0, [21_000.0, 9_000.0, 22_500.0, 22_400.0, 20_900.0]),
        server(64.0, [158_000.0, 24_000.0, 104_000.0, 101_000.0, 155_000.0]),
        server(1000.0, [148_000.0, 21_000.0, 81_000.0, 40_000.0, 147_500.0]),
    ];
    let servers = servers.into_iter().map(|group| renamed(group, EVENTED));
    let servers = servers.map(with_a_variant).collect();
    let rings = (0..10).map(ring);
    let rings = rings.map(|group| renamed(group, RING)).collect();
    let (ring, server) = (record("ring", rings), record("server", servers));
    let timers = vec![four("sleep_5ms", Better::Lower, 0.07, 0.08, 0.6)];
    let orders = vec![four("orders_latency", Better::Lower, 4.0, 205.0, 9.0)];
    let (timers, workflow) = (record("timers", timers), record("workflow", orders));
    vec![ring, record("executor", executor), server, timers, workflow]
}

/// Adds the subject in another setting, a tenth worse.
fn with_a_variant(mut group: Group) -> Group {
    let mut variant = group.contenders[0].clone();
    variant.name.push_str(", 1 worker");
    let values = variant.values.iter_mut().flatten();
    values.for_each(|value| *value *= 0.9);
    group.contenders.insert(1, variant);
    group
}

fn ring(index: usize) -> Group {
    let own = 15.0 + index as f64;
    let mut group = group(
        &format!("push and pop, variant {index}"),
        Better::Lower,
        &[
            ("windlass", Role::Subject, own),
            ("Mutex<VecDeque>", Role::Baseline, 31.0),
            ("crossbeam ArrayQueue", Role::Peer, 15.4),
            ("concurrent-queue", Role::Peer, 19.4),
            ("fetch_add, twice", Role::Limit, 12.9),
            ("windlass (again)", Role::Control, own),
        ],
    );
    group.contenders[5].values = group.contenders[0].values.clone();
    let against = Some("crossbeam ArrayQueue".to_owned());
    let text = "no slower than crossbeam".to_owned();
    let bar = 1.0;
    group.claims = vec![Claim { text, against, of: None, bar, rule: Rule::AtLeast }];
    group
}

fn server(connections: f64, at: [f64; 5]) -> Group {
    let mut group = group(
        &format!("hello at {connections} connections"),
        Better::Higher,
        &[
            ("windlass", Role::Subject, at[0]),
            ("thread per request", Role::Baseline, at[1]),
            ("thread per connection", Role::Baseline, at[2]),
            ("thread pool", Role::Baseline, at[3]),
            ("tokio", Role::Peer, at[4]),
            ("windlass (again)", Role::Control, at[0]),
        ],
    );
    group.contenders[5].values = group.contenders[0].values.clone();
    "requests per second".clone_into(&mut group.unit);
    group.family = Some("hello".to_owned());
    let (name, value) = ("connections".to_owned(), connections);
    group.x = Some(Axis { name, value });
    for contender in &mut group.contenders {
        let values = contender.values.iter();
        let cpu = values.map(|rate| rate.map(|rate| 1e6 / rate)).collect();
        contender.side.insert("cpu_us_per_request".to_owned(), cpu);
    }
    group
}
