//! The server processes: this very program, started again, so that all are built alike.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::process::{Command, ExitCode};
use std::time::Duration;

use windlass::kit::http::Rules;
use windlass::kit::load::ServerProcess;
use windlass::kit::serve::{self, Model, ServeConfig};

use crate::spec::{Kind, Spec};
use crate::tokio_server;

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
    let rules = Rules { close_each: spec.close_each, ..Rules::default() };
    match spec.kind {
        Kind::Tokio => {
            let (runtime, addr) = tokio_server::start(rules).map_err(|error| error.to_string())?;
            until_stdin_closes(addr)?;
            runtime.shutdown_background();
        }
        Kind::Kit(model) => {
            let server = serve::start(config(spec, model, rules)).map_err(|e| e.to_string())?;
            until_stdin_closes(server.addr())?;
            server.stop();
        }
    }
    Ok(())
}

fn config(spec: &Spec, model: Model, rules: Rules) -> ServeConfig {
    let mut config = ServeConfig::new(model);
    config.rules = rules;
    config.workers = spec.workers;
    config.pool_threads = spec.pool_threads;
    config.deadlines.idle = IDLE_MAX;
    config
}

fn until_stdin_closes(addr: SocketAddr) -> Result<(), String> {
    println!("listening on {addr}");
    let copied = io::copy(&mut io::stdin().lock(), &mut io::sink());
    copied.map(drop).map_err(|error| error.to_string())
}
