//! The report from made-up records: nothing here was measured, and nothing of it is kept.
#![cfg(feature = "kit")]

mod made_up;

#[path = "report/claims.rs"]
mod claims;
#[path = "report/page.rs"]
mod page;
#[path = "report/schema.rs"]
mod schema;

use std::fs;

use made_up::{EVENTED, RING, built, four, full_size, group, record, renamed, scratch};
use windlass::kit::measure::compare::Outcome;
use windlass::kit::measure::contender::{Better, Role};
use windlass::kit::measure::record::{self as records, Axis, Claim, Round};
use windlass::kit::measure::rule::Rule;
use windlass::kit::measure::statistics::Verdict;
use windlass::kit::report::results::{Against, Level};
use windlass::kit::report::{self, ReportError};

#[test]
fn a_whole_page_is_self_contained_small_and_complete() {
    let (page, markdown, results) = built("report-full", &full_size());
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for foreign in ["http://", "https://", "<script", "@import", "url(", "src=", "<link"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for present in ["<svg", "<title>", "<desc>", "Anything real.", "cargo bench --bench ring"] {
        assert!(page.contains(present), "{present}");
    }
    for bench in ["ring", "executor", "server", "timers", "workflow"] {
        let section = page.split(&format!("<section id=\"b-{bench}-\">")).nth(1).unwrap();
        let section = section.split("</section>").next().unwrap();
        assert!(section.contains("<svg") && section.contains("<table"), "{bench}");
        assert!(markdown.contains(&format!("## {bench}")));
    }
    assert!(page.contains(
        "hello, over connections: blocking is fine up to 1; from 64 on windlass evented wins"
    ));
    assert!(page.contains("failed: the thread could not be spawned"));
    assert_eq!(results.quality.level, Level::Quiet);
    assert!(results.missing.iter().all(|missing| missing.bench.starts_with("claim-")));
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
            of: None,
            bar: 1.2,
            rule: Rule::AtLeast,
        }];
        let (page, markdown, results) = built(name, &[record("ring", vec![made])]);
        let statement = results.statements.iter().find(|s| s.against == Against::Blocking);
        let text = statement.unwrap().text.clone();
        assert!(markdown.contains(&text), "{text}");
        (page, text, results)
    };
    let (page, text, results) = verdict("report-wins", Better::Lower, 10.0, 20.0);
    assert!(text.contains("windlass wins over threads, 2.0"), "{text}");
    assert!(page.contains("windlass wins 1 of 1 comparisons, blocking wins 0, 0 show no"));
    assert_eq!(results.verdicts(None, Verdict::Holds), 1);
    let (page, text, results) = verdict("report-loses", Better::Higher, 10.0, 20.0);
    assert!(text.contains("blocking wins, threads over windlass, 2.0"), "{text}");
    assert!(page.contains("windlass wins 0 of 1 comparisons, blocking wins 1, 0 show no"));
    assert_eq!(results.verdicts(Some("ring"), Verdict::Refuted), 1);
    let (page, text, results) = verdict("report-ties", Better::Lower, 10.0, 10.05);
    assert!(text.contains("no gain, windlass and threads do not differ"), "{text}");
    assert!(page.contains("windlass wins 0 of 1 comparisons, blocking wins 0, 1 show no"));
    assert_eq!(results.verdicts(None, Verdict::Refuted), 1, "1.2 times was claimed");
}

#[test]
fn a_control_with_a_winner_voids_the_run() {
    let mut made = four("the case", Better::Lower, 10.0, 20.0, 30.0);
    made.contenders[3].values.iter_mut().flatten().for_each(|value| *value *= 1.1);
    let text = "beats threads".to_owned();
    made.claims = vec![Claim {
        text,
        against: Some("threads".to_owned()),
        of: None,
        bar: 1.0,
        rule: Rule::AtLeast,
    }];
    let (page, _, results) = built("report-void", &[record("ring", vec![made])]);
    assert_eq!(results.quality.level, Level::Unusable);
    assert_eq!(results.verdicts(None, Verdict::Undecided), 1);
    assert!(page.contains("unusable run"));
    assert!(results.statements.iter().all(|s| s.text.contains("nothing may be said")));
}

#[test]
fn each_bench_may_name_its_subject_and_the_whole_is_windlass() {
    let (page, markdown, results) = built("report-names", &full_size());
    assert!(page.contains("<title>windlass: where asynchronism pays</title>"));
    assert!(page.contains("<th scope=\"col\">windlass against itself"));
    for text in [&page, &markdown] {
        assert!(text.contains("the best peer, windlass wins"));
        assert!(!text.contains(&format!("{RING} wins 1")));
    }
    for own in [RING, EVENTED] {
        let section = page.split(&format!("<th>{own} against it")).count();
        assert!(section > 1, "{own}");
    }
    let terminal = report::terminal::summary(&results);
    assert!(!terminal.contains(RING));
    let server = results.benches.iter().find(|bench| bench.name == "server");
    let group = &server.unwrap().groups[0];
    let own = group.rows.iter().filter(|row| group.is_subject(row));
    assert_eq!(own.map(|row| &*row.name).collect::<Vec<_>>(), [EVENTED]);
    assert!(page.contains("windlass evented, 1 worker <small>a variant of the subject"));
    assert!(markdown.contains("**windlass evented**") && !markdown.contains("1 worker**"));
}

#[test]
fn a_void_bench_is_left_out_of_the_count_and_named() {
    let spoil = |mut made: records::Group| {
        let again = made.contenders[3].values.iter_mut().flatten();
        again.for_each(|value| *value *= 1.1);
        renamed(made, RING)
    };
    let ring = record("ring", vec![spoil(four("a", Better::Lower, 10.0, 20.0, 30.0))]);
    let sound = |id: usize| four(&format!("g{id}"), Better::Lower, 10.0, 20.0, 30.0);
    let executor = record("executor", (0..9).map(sound).collect());
    let (page, markdown, results) = built("report-one-void", &[ring, executor]);
    assert_eq!(results.void(), ["ring"]);
    for text in [&page, &markdown] {
        assert!(text.contains("windlass wins 9 of 9 comparisons"));
        assert!(text.contains("Not counted, because its A/A control shows a winner: ring."));
    }
    assert!(page.contains("<h3>windlass wins <b>9</b></h3>"));
    assert!(page.contains("<h3>Undecided <b>0</b></h3>"));
}

#[test]
fn what_is_not_known_is_not_told_as_equal() {
    let at = |x: f64, subject: f64| {
        let mut made = four(&format!("at {x}"), Better::Lower, subject, 20.0, 30.0);
        made.family = Some("load".to_owned());
        let name = "connections".to_owned();
        made.x = Some(Axis { name, value: x });
        made
    };
    let (mut wide, mut few) = (at(1.0, 20.0), at(1.0, 20.0));
    let odd = wide.contenders[1].values.iter_mut().flatten().step_by(2);
    odd.for_each(|value| *value *= 3.0);
    few.rounds.truncate(4);
    few.contenders.iter_mut().for_each(|c| c.values.truncate(4));
    for (name, unknown) in [("report-wide", wide), ("report-few", few)] {
        let (page, markdown, results) =
            built(name, &[record("ring", vec![unknown, at(2.0, 10.0)])]);
        let first = &results.statements[0];
        assert_eq!(first.outcome, Outcome::Undecided, "{first:?}");
        assert!(first.text.contains("undecided between windlass and threads ("));
        assert!(results.thresholds.is_empty(), "{:?}", results.thresholds);
        assert!(markdown.contains("0 show no difference that counts; undecided: 1."));
        assert!(page.contains("? undecided ("));
        assert!(report::terminal::summary(&results).contains(" undecided"));
    }
}

#[test]
fn failures_are_listed_with_missing_benches() {
    let (_, _, results) = built("report-failures", &full_size()[..2]);
    let failures = results.failures();
    assert!(failures[0].contains("threads: the thread could not be spawned"));
    let missing = ["server", "timers", "workflow"].map(|bench| format!("{bench}: not measured"));
    assert_eq!(failures[1..4], missing);
    assert!(failures[4..].iter().all(|failure| failure.starts_with("claim-")));
}

#[test]
fn missing_damaged_and_foreign_records_are_named_and_the_report_is_still_written() {
    let dir = scratch("report-damaged");
    let records = dir.join("records");
    let good = record("ring", vec![four("a", Better::Lower, 1.0, 2.0, 3.0)]);
    good.write(&records).unwrap();
    fs::write(records.join("server.json"), "{\"format\": \"windlass-rec").unwrap();
    fs::write(records.join("alien.json"), "[1, 2, 3]").unwrap();
    fs::write(records.join("old.json"), "{\"format\":\"windlass-record\",\"schema\":0}").unwrap();
    let outcome = report::build(&records, &dir.join("report")).unwrap();
    assert_eq!(outcome.results.skipped.len(), 3);
    let missing: Vec<&str> = outcome.results.missing.iter().map(|m| &*m.bench).collect();
    assert_eq!(missing[..4], ["executor", "server", "timers", "workflow"]);
    let page = fs::read_to_string(outcome.page).unwrap();
    for told in ["server.json", "alien.json", "schema 0", "cargo bench --bench executor"] {
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
    let error = report::build(&dir, &dir.join("report")).unwrap_err().to_string();
    assert!(error.contains("ring.json") && error.contains("cargo bench"), "{error}");
    assert!(!dir.join("report").exists());
}

#[test]
fn hostile_text_stays_text() {
    let evil = "</title><script>alert('1')</script>\"&|`\u{1b}[31m";
    let mut made = group(
        evil,
        Better::Lower,
        &[(evil, Role::Subject, 1.0), ("b", Role::Baseline, 2.0), ("c", Role::Peer, 2.0)],
    );
    made.question = evil.to_owned();
    made.unit = evil.to_owned();
    made.family = Some(evil.to_owned());
    made.x = Some(Axis { name: evil.to_owned(), value: 1.0 });
    made.contenders[1].side.insert(evil.to_owned(), vec![Some(1.0); 12]);
    made.contenders[2].failure = Some(evil.to_owned());
    made.claims = vec![Claim {
        text: evil.to_owned(),
        against: None,
        of: None,
        bar: 1.0,
        rule: Rule::AtLeast,
    }];
    let mut second = made.clone();
    second.id.push('2');
    second.x = Some(Axis { name: evil.to_owned(), value: 2.0 });
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
    assert_eq!(page.matches("<title>").count(), page.matches("</title>").count());
}

#[test]
fn groups_without_subject_values_or_rounds_do_not_trouble_the_report() {
    let mut empty = group("empty", Better::Lower, &[]);
    empty.rounds.clear();
    let mut failed = four("failed", Better::Lower, 1.0, 2.0, 3.0);
    failed.contenders.iter_mut().for_each(|c| c.failure = Some("no".to_owned()));
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

#[test]
fn an_undecided_claim_says_how_many_rounds_more_would_do() {
    let claimed = |bar: f64, spread: f64| {
        let mut made = four("the case", Better::Lower, 10.0, 20.0, 13.0);
        let swing = made.contenders[1].values.iter_mut().flatten().step_by(2);
        swing.for_each(|value| *value *= spread);
        let against = Some("threads".to_owned());
        made.claims = vec![Claim {
            text: "beats threads".to_owned(),
            against,
            of: None,
            bar,
            rule: Rule::AtLeast,
        }];
        let (page, _, results) = built("report-more-rounds", &[record("ring", vec![made])]);
        (page, report::terminal::summary(&results), results.benches[0].groups[0].claims[0].clone())
    };
    let (page, table, claim) = claimed(2.0, 1.3);
    assert_eq!(claim.verdict, Verdict::Undecided);
    let more = claim.rounds_more.unwrap();
    assert!((2..1000).contains(&more), "{more}");
    assert!(page.contains(&format!("cannot tell; about {more} more rounds would do")));
    assert!(table.contains(&format!("(about {more} more rounds would do)")));
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert_eq!(claimed(1.1, 1.0).2.rounds_more, None, "decided");
    assert_eq!(claimed(2.0, 1.0).2.rounds_more, None, "too small an effect for any number");
}
