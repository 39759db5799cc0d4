//! `windlass serve` as a process: arguments, signals, exit codes, and curl where there is one.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use windlass::kit::load::{ServerProcess, UNTIL_STDIN_CLOSES};
use windlass::kit::serve::Model;

use crate::wire::{Wire, get};

const PATIENCE: Duration = Duration::from_secs(20);

fn windlass(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.args(arguments).stderr(Stdio::piped());
    command
}

fn serve(model: Model, more: &[&str]) -> ServerProcess {
    let mut command = windlass(&["serve", "--port", "0", "--model", model.name()]);
    command.args(["--cores", "none"]).args(more).stderr(Stdio::inherit());
    ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"))
}

fn signal(process: &ServerProcess, name: &str) {
    let kill = format!("kill -{name} {}", process.id());
    let status = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
    assert!(status.success(), "{kill}");
}

fn output(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = windlass(arguments).output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn signals_end_it_in_order() {
    for (model, name) in Model::ALL.into_iter().zip(["INT", "TERM", "INT", "TERM"]) {
        let mut process = serve(model, &[]);
        let mut wire = Wire::to(process.addr());
        assert_eq!(wire.ask(&get("/hello")).status, 200, "{model}");
        signal(&process, name);
        let status = process.wait(PATIENCE).unwrap_or_else(|| panic!("{model} does not end"));
        assert_eq!(status.code(), Some(0), "{model}, SIG{name}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut process = serve(Model::ThreadPerConnection, &["--drain-deadline-ms", "60000"]);
    let mut unfinished = Wire::to(process.addr());
    // With the 100 the server says that it has read the head: the stop waits for the body.
    let head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n";
    let asked = unfinished.ask(format!("{head}expect: 100-continue\r\n\r\n").as_bytes());
    assert_eq!(asked.status, 100);
    // The idle connection ends when the stop begins.
    let mut idle = Wire::to(process.addr());
    assert_eq!(idle.ask(&get("/hello")).status, 200);
    signal(&process, "INT");
    idle.expect_end();
    signal(&process, "INT");
    let status = process.wait(PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(130), "{status}");
}

#[test]
fn it_ends_when_its_standard_input_does() {
    for model in Model::ALL {
        let process = serve(model, &[UNTIL_STDIN_CLOSES]);
        assert_eq!(Wire::to(process.addr()).ask(&get("/hello")).status, 200, "{model}");
        let status = process.stop(PATIENCE).unwrap_or_else(|| panic!("{model} does not end"));
        assert_eq!(status.code(), Some(0), "{model}");
    }
}

#[test]
fn wrong_arguments_name_the_right_ones() {
    let (code, stderr) = output(&["serve", "--model", "threads"]);
    assert_eq!(code, Some(2), "{stderr}");
    for model in Model::ALL {
        assert!(stderr.contains(model.name()), "{model} is not in: {stderr}");
    }
    for (arguments, named) in [
        (&["sreve"][..], "serve"),
        (&["serve", "--modle", "evented"], "--model"),
        (&["serve", "--port", "http"], "--port"),
        (&["serve", "--addr", "localhost"], "HOST:PORT"),
        (&["serve", "--addr", "127.0.0.1:0", "--port", "0"], "--port"),
        (&["serve", "--cores", "all"], "compact"),
        (&[], "serve"),
    ] {
        let (code, stderr) = output(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(named), "{arguments:?}: no {named} in: {stderr}");
    }
}

#[test]
fn settings_that_make_no_sense_are_wrong_arguments() {
    for (setting, value) in [
        ("--connections-max", "0"),
        ("--connections-max", "18446744073709551615"),
        ("--pool-threads", "65537"),
        ("--head-deadline-ms", "0"),
        ("--workers", "0"),
        ("--pool-threads", "-1"),
        ("--cores", "100000"),
    ] {
        let (code, stderr) = output(&["serve", "--port", "0", setting, value]);
        assert_eq!(code, Some(2), "{setting} {value}: {stderr}");
        assert!(stderr.contains(value), "{setting} {value}: {stderr}");
    }
}

#[test]
fn a_busy_port_says_so() {
    let process = serve(Model::ThreadPool, &[UNTIL_STDIN_CLOSES]);
    let port = process.addr().port().to_string();
    let (code, stderr) = output(&["serve", "--port", &port]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("busy") && stderr.contains(&port), "{stderr}");
}

#[test]
fn curl_talks_to_every_model() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("skipped: no curl found");
    }
    for model in Model::ALL {
        let process = serve(model, &[UNTIL_STDIN_CLOSES]);
        let body = "a".repeat(100_000);
        let url = |path: &str| format!("http://{}{path}", process.addr());
        for (arguments, status, expected) in [
            (vec![url("/hello")], "200", "hello, world"),
            (vec![url("/hello"), url("/wait/5")], "200", "hello, world\n200waited 5 ms\n"),
            (vec!["--data-binary".into(), body.clone(), url("/echo")], "200", &body),
            (
                vec![
                    "-H".into(),
                    "transfer-encoding: chunked".into(),
                    "-d".into(),
                    "hi".into(),
                    url("/echo"),
                ],
                "200",
                "hi",
            ),
            (vec!["--http1.0".into(), url("/hello")], "200", "hello, world"),
            (
                vec![url("/nothing")],
                "404",
                "no such path; there are: GET /, GET /hello, GET /wait/N, POST /echo\n",
            ),
        ] {
            let curl = Command::new("curl")
                .args(["--silent", "--noproxy", "*", "--max-time", "20", "-w", "\n%{http_code}"])
                .args(&arguments)
                .output()
                .expect("curl runs");
            let shown = String::from_utf8_lossy(&curl.stdout);
            assert!(curl.status.success(), "{model}: {}", curl.status);
            assert!(shown == format!("{expected}\n{status}"), "{model}: {shown:.300}");
        }
    }
}
