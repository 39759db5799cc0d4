//! The report from made-up records: nothing here was measured, and nothing of it is kept.
#![cfg(feature = "kit")]

use std::fs;
use std::path::{Path, PathBuf};

use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::environment::Environment;
use windlass::kit::measure::record::{Axis, Claim, Contender, Group, Record, Round, Run};
use windlass::kit::measure::statistics::Verdict;
use windlass::kit::report::results::{Against, Level, Results};
use windlass::kit::report::{self, ReportError};

/// A scratch directory of one test, emptied.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// A group of made-up contenders: name, role, centre. Rounds swing together by up to 10 %, and each
/// contender by up to 1 % of its own.
fn group(id: &str, better: Better, centres: &[(&str, Role, f64)]) -> Group {
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
        claims: Vec::new(),
        rounds: (0..ROUNDS)
            .map(|round| Round {
                backward: round % 2 == 1,
                ..Round::default()
            })
            .collect(),
        contenders: centres.iter().enumerate().map(contender).collect(),
        run: 0,
        failure: None,
    }
}

/// Subject, control, blocking baseline and peer at these values.
fn four(id: &str, better: Better, subject: f64, blocking: f64, peer: f64) -> Group {
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

fn record(bench: &str, groups: Vec<Group>) -> Record {
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
    let run = Run {
        environment,
        profile: "default".to_owned(),
        ..Run::default()
    };
    record.merge(run, groups);
    record
}

/// Builds the report of `records` and returns page, Markdown and results.
fn built(name: &str, records: &[Record]) -> (String, String, Results) {
    let dir = scratch(name);
    for record in records {
        record.write(&dir.join("records")).unwrap();
    }
    let outcome = report::build(&dir.join("records"), &dir.join("report")).unwrap();
    let read = |file: &str| fs::read_to_string(dir.join("report").join(file)).unwrap();
    assert!(outcome.address.starts_with("file:///") && outcome.address.ends_with("/index.html"));
    let results: Results = serde_json::from_str(&read("results.json")).unwrap();
    assert_eq!(
        results, outcome.results,
        "results.json says what the page says"
    );
    (read("index.html"), read("report.md"), results)
}

/// Three benches of the size a whole run has.
fn full_size() -> Vec<Record> {
    use Better::{Higher, Lower};
    let ring = |index: usize| {
        let mut group = group(
            &format!("push and pop, variant {index}"),
            Lower,
            &[
                ("windlass", Role::Subject, 15.0 + index as f64),
                ("Mutex<VecDeque>", Role::Baseline, 31.0),
                ("crossbeam ArrayQueue", Role::Peer, 15.4),
                ("concurrent-queue", Role::Peer, 19.4),
                ("fetch_add, twice", Role::Limit, 12.9),
                ("windlass (again)", Role::Control, 15.0 + index as f64),
            ],
        );
        group.contenders[5].values = group.contenders[0].values.clone();
        let against = Some("crossbeam ArrayQueue".to_owned());
        let text = "no slower than crossbeam".to_owned();
        group.claims = vec![Claim {
            text,
            against,
            bar: 1.0,
        }];
        group
    };
    let server = |connections: f64, at: [f64; 5]| {
        let mut group = group(
            &format!("hello at {connections} connections"),
            Higher,
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
        group.x = Some(Axis {
            name: "connections".to_owned(),
            value: connections,
        });
        for contender in &mut group.contenders {
            let cpu: Vec<Option<f64>> = contender
                .values
                .iter()
                .map(|v| v.map(|v| 1e6 / v))
                .collect();
            contender.side.insert("cpu_us_per_request".to_owned(), cpu);
        }
        group
    };
    let mut executor: Vec<Group> = (0..9)
        .map(|index| {
            four(
                &format!("spawn, variant {index}"),
                Lower,
                70.0,
                27_000.0,
                263.0,
            )
        })
        .collect();
    executor[2].contenders[1].failure = Some("the thread could not be spawned".to_owned());
    executor[3]
        .rounds
        .iter_mut()
        .for_each(|round| round.noisy = vec!["steal".to_owned()]);
    let servers = vec![
        server(1.0, [21_000.0, 9_000.0, 22_500.0, 22_400.0, 20_900.0]),
        server(64.0, [158_000.0, 24_000.0, 104_000.0, 101_000.0, 155_000.0]),
        server(1000.0, [148_000.0, 21_000.0, 81_000.0, 40_000.0, 147_500.0]),
    ];
    let rings = (0..10).map(ring).collect();
    vec![
        record("ring", rings),
        record("executor", executor),
        record("server", servers),
    ]
}

#[test]
fn a_whole_page_is_self_contained_small_and_complete() {
    let (page, markdown, results) = built("report-full", &full_size());
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for foreign in [
        "http://", "https://", "<script", "@import", "url(", "src=", "<link",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for present in [
        "<svg",
        "<title id=",
        "<desc id=",
        "Anything real.",
        "cargo bench --bench ring",
    ] {
        assert!(page.contains(present), "{present}");
    }
    for bench in ["ring", "executor", "server"] {
        let section = page
            .split(&format!("<section id=\"b-{bench}-\">"))
            .nth(1)
            .unwrap();
        let section = section.split("</section>").next().unwrap();
        assert!(
            section.contains("<svg") && section.contains("<table"),
            "{bench}"
        );
        assert!(markdown.contains(&format!("## {bench}")));
    }
    assert!(
        page.contains(
            "hello, over connections: blocking is fine up to 1; from 64 on windlass wins"
        )
    );
    assert!(page.contains("failed: the thread could not be spawned"));
    assert_eq!(results.quality.level, Level::Quiet);
    assert!(results.missing.is_empty());
}

#[test]
fn many_rounds_still_make_a_small_page() {
    let mut records = full_size();
    for group in records.iter_mut().flat_map(|record| &mut record.groups) {
        group.rounds = vec![Round::default(); 600];
        for contender in &mut group.contenders {
            contender.values = contender.values.iter().copied().cycle().take(600).collect();
            contender.side.clear();
        }
    }
    let (page, _, _) = built("report-many-rounds", &records);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.contains("<svg"));
}

#[test]
fn the_sentences_turn_with_the_data() {
    let verdict = |name: &str, better, subject, blocking| {
        let mut made = four("the case", better, subject, blocking, subject * 1.3);
        let text = "beats threads".to_owned();
        made.claims = vec![Claim {
            text,
            against: Some("threads".to_owned()),
            bar: 1.2,
        }];
        let (page, markdown, results) = built(name, &[record("ring", vec![made])]);
        let statement = results
            .statements
            .iter()
            .find(|s| s.against == Against::Blocking);
        let text = statement.unwrap().text.clone();
        assert!(markdown.contains(&text), "{text}");
        (page, text, results)
    };
    let (page, text, results) = verdict("report-wins", Better::Lower, 10.0, 20.0);
    assert!(text.contains("windlass wins over threads, 2.0"), "{text}");
    assert!(page.contains("windlass wins 1 of 1 comparisons, blocking wins 0, and 0 show no"));
    assert_eq!(results.verdicts(None, Verdict::Holds), 1);
    let (page, text, results) = verdict("report-loses", Better::Higher, 10.0, 20.0);
    assert!(
        text.contains("blocking wins, threads over windlass, 2.0"),
        "{text}"
    );
    assert!(page.contains("windlass wins 0 of 1 comparisons, blocking wins 1, and 0 show no"));
    assert_eq!(results.verdicts(Some("ring"), Verdict::Refuted), 1);
    let (page, text, results) = verdict("report-ties", Better::Lower, 10.0, 10.05);
    assert!(
        text.contains("no gain, windlass and threads do not differ"),
        "{text}"
    );
    assert!(page.contains("windlass wins 0 of 1 comparisons, blocking wins 0, and 1 show no"));
    assert_eq!(
        results.verdicts(None, Verdict::Refuted),
        1,
        "1.2 times was claimed"
    );
}

#[test]
fn a_control_with_a_winner_voids_the_run() {
    let mut made = four("the case", Better::Lower, 10.0, 20.0, 30.0);
    made.contenders[3]
        .values
        .iter_mut()
        .flatten()
        .for_each(|value| *value *= 1.1);
    let text = "beats threads".to_owned();
    made.claims = vec![Claim {
        text,
        against: Some("threads".to_owned()),
        bar: 1.0,
    }];
    let (page, _, results) = built("report-void", &[record("ring", vec![made])]);
    assert_eq!(results.quality.level, Level::Void);
    assert_eq!(results.verdicts(None, Verdict::Undecided), 1);
    assert!(page.contains("void run"));
    assert!(
        results
            .statements
            .iter()
            .all(|s| s.text.contains("nothing may be said"))
    );
}

#[test]
fn missing_damaged_and_foreign_records_are_named_and_the_report_is_still_written() {
    let dir = scratch("report-damaged");
    let records = dir.join("records");
    let good = record("ring", vec![four("a", Better::Lower, 1.0, 2.0, 3.0)]);
    good.write(&records).unwrap();
    fs::write(records.join("server.json"), "{\"format\": \"windlass-rec").unwrap();
    fs::write(records.join("alien.json"), "[1, 2, 3]").unwrap();
    fs::write(
        records.join("old.json"),
        "{\"format\":\"windlass-record\",\"schema\":0}",
    )
    .unwrap();
    let outcome = report::build(&records, &dir.join("report")).unwrap();
    assert_eq!(outcome.results.skipped.len(), 3);
    let missing: Vec<&str> = outcome.results.missing.iter().map(|m| &*m.bench).collect();
    assert_eq!(missing, ["executor", "server"]);
    let page = fs::read_to_string(outcome.page).unwrap();
    for told in [
        "server.json",
        "alien.json",
        "schema 0",
        "cargo bench --bench executor",
    ] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn no_records_is_an_error_that_names_the_command() {
    let dir = scratch("report-empty");
    for records in [dir.join("nowhere"), dir.clone()] {
        let error = report::build(&records, &dir.join("report")).unwrap_err();
        assert!(matches!(error, ReportError::NoRecords(..)));
        assert!(error.to_string().contains("cargo bench"), "{error}");
    }
    fs::write(dir.join("ring.json"), "damaged").unwrap();
    let error = report::build(&dir, &dir.join("report"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("ring.json") && error.contains("cargo bench"),
        "{error}"
    );
    assert!(!dir.join("report").exists());
}

#[test]
fn hostile_text_stays_text() {
    let evil = "</title><script>alert('1')</script>\"&|`\u{1b}[31m";
    let mut made = group(
        evil,
        Better::Lower,
        &[
            (evil, Role::Subject, 1.0),
            ("b", Role::Baseline, 2.0),
            ("c", Role::Peer, 2.0),
        ],
    );
    made.question = evil.to_owned();
    made.unit = evil.to_owned();
    made.family = Some(evil.to_owned());
    made.x = Some(Axis {
        name: evil.to_owned(),
        value: 1.0,
    });
    made.contenders[1]
        .side
        .insert(evil.to_owned(), vec![Some(1.0); 12]);
    made.contenders[2].failure = Some(evil.to_owned());
    made.claims = vec![Claim {
        text: evil.to_owned(),
        against: None,
        bar: 1.0,
    }];
    let mut second = made.clone();
    second.id.push('2');
    second.x = Some(Axis {
        name: evil.to_owned(),
        value: 2.0,
    });
    let mut record = record("ring", vec![made, second]);
    record.runs[0].environment.command = evil.to_owned();
    record.runs[0].environment.commit = Some(evil.to_owned());
    record.runs[0].profile = evil.to_owned();
    let (page, markdown, results) = built("report-hostile", &[record]);
    let terminal = report::terminal::summary(&results);
    assert!(!terminal.contains('\u{1b}'), "an escape code got through");
    for text in [&page, &markdown] {
        assert!(!text.contains("<script"), "markup got through");
        assert!(!text.contains('\u{1b}'), "an escape code got through");
    }
    assert_eq!(page.matches("<title>").count(), 1);
}

#[test]
fn groups_without_subject_values_or_rounds_do_not_trouble_the_report() {
    let mut empty = group("empty", Better::Lower, &[]);
    empty.rounds.clear();
    let mut failed = four("failed", Better::Lower, 1.0, 2.0, 3.0);
    failed
        .contenders
        .iter_mut()
        .for_each(|c| c.failure = Some("no".to_owned()));
    let mut broken = four("broken", Better::Lower, 1.0, 2.0, 3.0);
    broken.failure = Some("panicked: no socket".to_owned());
    broken.contenders.clear();
    broken.rounds.clear();
    let alone = group("alone", Better::Lower, &[("windlass", Role::Subject, 3e9)]);
    let wide = four("wide", Better::Higher, 1e-6, 1e6, 1e12);
    let groups = vec![empty, failed, broken, alone, wide];
    let (page, _, results) = built("report-odd", &[record("ring", groups)]);
    assert!(page.contains("panicked: no socket"));
    assert!(!page.contains("NaN") && !page.contains("inf"));
    assert_eq!(results.statements.len(), 2);
}

#[test]
fn the_terminal_table_fits_eighty_columns() {
    let mut records = full_size();
    records[0].groups[0].title = "a very long title ".repeat(9);
    let (_, _, results) = built("report-terminal", &records[..2]);
    let text = report::terminal::summary(&results);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(text.contains("cargo bench --bench server"), "{text}");
}
