//! `windlass bench`: listed, measured, and interrupted.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use windlass::kit::claims;
use windlass::kit::measure::record::{Group, Record};

use crate::made_up::scratch;
use crate::program::{Said, said, signal, windlass};

/// A claim of several groups.
const CLAIM: &str = "non-blocking";

/// A process that is to end has done so after this, on however busy a machine.
const END_MAX: Duration = Duration::from_secs(120);

/// The claim with as few rounds as there can be, all of it in `out`.
fn bench(out: &Path) -> Command {
    let mut command = windlass(&["bench", CLAIM, "--quick", "--rounds", "1", "--out"]);
    command.arg(out);
    command
}

fn record(out: &Path) -> Record {
    let path = out.join("records").join(format!("claim-{CLAIM}.json"));
    Record::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_claims_are_listed() {
    let list = said(&["bench", "--list"]);
    assert_eq!((list.code, &*list.stderr), (Some(0), ""), "{list:?}");
    assert!(list.stdout.lines().all(|line| line.chars().count() <= 80), "{list:?}");
    let ids: Vec<&str> =
        list.stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let all: Vec<&str> = claims::ALL.iter().map(|claim| claim.id).collect();
    assert_eq!(ids, all);
    let json = said(&["bench", "--list", "--json", CLAIM, CLAIM]).json();
    assert_eq!(json["claims"].as_array().map(Vec::len), Some(1), "each once: {json}");
    assert_eq!(json["claims"][0]["id"], CLAIM);
    assert!(!json["claims"][0]["refuted_by"].as_str().unwrap().is_empty());
}

#[test]
fn an_unknown_claim_is_told_the_right_ones() {
    let wrong = said(&["bench", "non-bloking"]);
    assert_eq!((wrong.code, &*wrong.stdout), (Some(2), ""), "{wrong:?}");
    for claim in claims::ALL {
        assert!(wrong.stderr.contains(claim.id), "{wrong:?}");
    }
    assert!(wrong.stderr.contains(&format!("a similar value exists: '{CLAIM}'")), "{wrong:?}");
    for (arguments, named) in [
        (&["--quick", "--full"][..], "--full"),
        (&["--rounds", "0"], "1..=1000"),
        (&["--rounds", "many"], "--rounds"),
        (&["--chek"], "--check"),
    ] {
        let wrong = said(&[&["bench"], arguments].concat());
        assert_eq!(wrong.code, Some(2), "{arguments:?}: {wrong:?}");
        assert!(wrong.stderr.contains(named), "{arguments:?}: {wrong:?}");
    }
}

#[test]
fn a_claim_is_measured_and_reported() {
    let out = scratch("cli-bench");
    let said = Said::from(bench(&out).args(["--json", "--check"]).output().unwrap());
    let json = said.json();
    assert_eq!((&json["format"], &json["stopped"]), (&"windlass-bench".into(), &false.into()));
    let claim = &json["claims"][0];
    assert_eq!((&claim["id"], &json["failures"]), (&CLAIM.into(), &Value::Array(vec![])), "{json}");
    // Whatever one round on a busy machine says: the check fails for it, or does not.
    let refuted = claim["verdict"] == "refuted";
    assert!(refuted || claim["verdict"] == "undecided" || claim["verdict"] == "holds", "{json}");
    if json["quality"] == "unusable" {
        // Too noisy to judge: a busy machine is none of the test's business.
        assert_eq!(said.code, Some(3), "{said:?}");
    } else {
        assert_eq!(said.code, Some(i32::from(refuted)), "{said:?}");
        assert_eq!(said.stderr.contains("check: refuted: "), refuted, "{said:?}");
    }
    let evidence = claim["evidence"].as_array().unwrap();
    assert!(!evidence.is_empty(), "{json}");
    let groups = record(&out).groups;
    for group in &groups {
        let line = format!("1/1 {CLAIM}/{}, about ", group.id);
        assert!(said.stderr.contains(&line), "a line a group, {line}: {said:?}");
    }
    let counted = |group: &Group| group.rounds.iter().filter(|round| !round.replaced).count();
    assert!(groups.len() > 1 && groups.iter().all(|group| counted(group) == 1), "{groups:?}");
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains(&groups[0].title), "{page:.500}");
    assert!(out.join("report.md").is_file() && out.join("results.json").is_file());
    assert!(json["report"].as_str().unwrap().ends_with("index.html"), "{json}");
}

/// Begins to measure, in a process group of its own as a shell would, and reads on to the line of
/// the `number`th group.
fn begun(out: &Path, number: usize) -> (Child, BufReader<ChildStderr>, String) {
    let mut child = bench(out).process_group(0).spawn().unwrap();
    let (mut stderr, mut read) = (BufReader::new(child.stderr.take().unwrap()), String::new());
    while read.matches(&format!("1/1 {CLAIM}/")).count() < number {
        assert!(stderr.read_line(&mut read).unwrap() > 0, "it ended: {read}");
    }
    (child, stderr, read)
}

/// Presses Ctrl-C at it: what it says until its end.
fn interrupted(running: (Child, BufReader<ChildStderr>, String)) -> Said {
    let (child, mut stderr, mut read) = running;
    // As a terminal does it: every process of the group gets the signal.
    let group = format!("kill -INT -{}", child.id());
    assert!(Command::new("sh").args(["-c", &group]).status().unwrap().success(), "{group}");
    stderr.read_to_string(&mut read).unwrap();
    Said { stderr: read, ..Said::from(child.wait_with_output().unwrap()) }
}

#[test]
fn ctrl_c_keeps_what_was_measured_and_writes_the_report() {
    let out = scratch("cli-bench-stopped");
    let said = interrupted(begun(&out, 2));
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.stdout.contains("stopped by Ctrl-C"), "{said:?}");
    assert!(said.stdout.contains("index.html"), "{said:?}");
    assert!(
        said.stdout
            .lines()
            .all(|line| { line.starts_with("report: ") || line.chars().count() <= 80 })
    );
    let text = format!("{}{}", said.stdout, said.stderr);
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(!text.contains("signal received"), "the servers are none of the terminal's: {text}");
    let groups = record(&out).groups;
    let (kept, stopped): (Vec<_>, Vec<_>) =
        groups.iter().partition(|group| group.failure.is_none());
    assert_eq!(kept.len(), 1, "the group that ran is dropped");
    let said_so = |group: &&Group| {
        group.rounds.is_empty() && group.failure.as_ref().is_some_and(|why| why.contains("stopped"))
    };
    assert!(!stopped.is_empty() && stopped.iter().all(said_so), "{stopped:?}");
    let claim = said.stdout.lines().find(|line| line.starts_with("cannot tell"));
    assert!(claim.is_some(), "half of a claim is not judged: {said:?}");
    assert!(out.join("index.html").is_file());
}

#[test]
fn ctrl_c_before_anything_is_measured_says_so() {
    let out = scratch("cli-bench-nothing");
    let said = interrupted(begun(&out, 1));
    assert_eq!((said.code, &*said.stdout), (Some(130), ""), "{said:?}");
    assert!(said.stderr.contains("nothing was measured yet"), "{said:?}");
    assert!(!out.join("index.html").exists());
}

/// What `wait` gives. If it takes too long the process is killed, and `pipe` is opened and closed:
/// who waits for a writer of it comes to its end.
fn watched<T>(process: u32, pipe: Option<&Path>, wait: impl FnOnce() -> T) -> T {
    let (tell, told) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if told.recv_timeout(END_MAX) == Err(RecvTimeoutError::Timeout) {
                signal(process, "KILL");
                // Opened for both, a pipe waits for nobody.
                let both = |pipe: &Path| fs::OpenOptions::new().read(true).write(true).open(pipe);
                drop(pipe.map(both));
            }
        });
        let got = wait();
        drop(tell);
        got
    })
}

/// Waits for its end; a process that has none is killed, and the test fails.
fn ended(mut child: Child) -> Said {
    let status = watched(child.id(), None, || child.wait()).unwrap();
    assert!(status.code().is_some(), "it did not end by itself: {status}");
    Said::from(child.wait_with_output().unwrap())
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let out = scratch("cli-bench-twice");
    let (child, mut stderr, mut read) = begun(&out, 2);
    // Two files of the report are pipes: who writes one waits for a reader. The second has none
    // ever, so after one Ctrl-C this would never end.
    let part = |file: &str| out.join(file).with_extension(format!("{}.part", child.id()));
    let (results, page) = (part("results.json"), part("index.html"));
    assert!(Command::new("mkfifo").args([&results, &page]).status().unwrap().success());
    signal(child.id(), "INT");
    while !read.contains("Ctrl-C again ends at once") {
        assert!(stderr.read_line(&mut read).unwrap() > 0, "it ended: {read}");
    }
    // Read to its end, this file says that the first Ctrl-C has come as far as the report.
    let read_all = || fs::read_to_string(&results);
    let results = watched(child.id(), Some(results.as_path()), read_all).unwrap();
    assert!(results.contains("windlass-results"), "{results:.200}");
    signal(child.id(), "INT");
    let said = ended(child);
    assert_eq!((said.code, &*said.stdout), (Some(130), ""), "{said:?}");
    assert!(record(&out).groups.iter().any(|group| group.failure.is_none()), "it is kept");
    assert!(!out.join("index.html").exists());
}
