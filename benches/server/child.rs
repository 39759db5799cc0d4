//! The server processes: this very program, started again, so that all are built alike.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::{self, Command, ExitCode};
use std::thread;
use std::time::Duration;

use windlass::kit::http::{Deadlines, Rules};
use windlass::kit::load::ServerProcess;
use windlass::kit::measure::cores::{self, Confined, Core};
use windlass::kit::serve::{self, Model, ServeConfig};

use crate::spec::{Kind, Spec};
use crate::{bare, hyper_server, monoio_server, nginx, smol_server, tokio_server};

/// Tells this program to be a server, and which.
const VARIABLE: &str = "WINDLASS_BENCH_SERVER";

/// How long a kept connection may be idle: longer than others are measured meanwhile.
const IDLE_MAX: Duration = Duration::from_secs(3600);

/// Starts a server in a process of its own; it is gone when this is dropped.
pub(crate) fn start(spec: &Spec) -> Result<ServerProcess, String> {
    let exe = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let mut command = Command::new(exe);
    command.env(VARIABLE, spec.to_string());
    ServerProcess::start(command).map_err(|error| error.to_string())
}

/// Whether this process is to be a server; if so it has been one, until its standard input closed.
pub(crate) fn serve_if_told() -> Option<ExitCode> {
    if let Some(code) = nginx::announce_if_told() {
        return Some(code);
    }
    let told = env::var(VARIABLE).ok()?;
    Some(match told.parse().and_then(|spec| be(&spec)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{VARIABLE}: {message}");
            ExitCode::from(2)
        }
    })
}

fn be(spec: &Spec) -> Result<(), String> {
    // Before any thread is started: all of them keep to the core, and runtimes count one core.
    let _confined = spec.pinned.then(|| Confined::to(Core::First));
    let rules = Rules { close_each: spec.close_each, ..Rules::default() };
    let workers = spec.workers;
    match spec.kind {
        Kind::Kit(model) => {
            let server = serve::start(config(spec, model, rules)).map_err(|e| e.to_string())?;
            until_stdin_closes(server.addr())?;
            server.stop();
            Ok(())
        }
        Kind::Bare => {
            let started = bare::start(workers.unwrap_or(1), rules, deadlines());
            until_stdin_closes(started.map_err(text)?)
        }
        Kind::Smol => {
            let started = smol_server::start(rules, workers.unwrap_or_else(cores::count));
            until_stdin_closes(started.map_err(text)?)
        }
        Kind::Tokio => {
            let (runtime, addr) = tokio_server::start(rules, workers).map_err(text)?;
            until_stdin_closes(addr)?;
            runtime.shutdown_background();
            Ok(())
        }
        Kind::HyperTokio => {
            let (runtime, addr) = hyper_server::start_on_tokio(workers).map_err(text)?;
            until_stdin_closes(addr)?;
            runtime.shutdown_background();
            Ok(())
        }
        Kind::HyperWindlass => {
            let (runtime, addr) = hyper_server::start_on_windlass(workers)?;
            until_stdin_closes(addr)?;
            drop(runtime);
            Ok(())
        }
        Kind::TokioOneThread => tokio_server::run_one_thread(rules, watch_stdin).map_err(text),
        Kind::MonoioEpoll => monoio_server::run(rules, false, watch_stdin).map_err(text),
        Kind::MonoioUring => monoio_server::run(rules, true, watch_stdin).map_err(text),
        Kind::Nginx => nginx::become_one().map_err(text),
    }
}

fn text(error: io::Error) -> String {
    error.to_string()
}

fn deadlines() -> Deadlines {
    Deadlines { idle: IDLE_MAX, ..Deadlines::default() }
}

fn config(spec: &Spec, model: Model, rules: Rules) -> ServeConfig {
    let mut config = ServeConfig::new(model);
    config.rules = rules;
    config.workers = spec.workers;
    config.pool_threads = spec.pool_threads;
    config.deadlines = deadlines();
    config
}

fn until_stdin_closes(addr: SocketAddr) -> Result<(), String> {
    println!("listening on {addr}");
    let copied = io::copy(&mut io::stdin().lock(), &mut io::sink());
    copied.map(drop).map_err(text)
}

/// The same beside a server that takes the calling thread: the process ends with the input.
fn watch_stdin(addr: SocketAddr) {
    thread::spawn(move || match until_stdin_closes(addr) {
        Ok(()) => process::exit(0),
        Err(_) => process::exit(1),
    });
}
