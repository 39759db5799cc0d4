//! This very program, started again as the windlass binary.

use std::env;
use std::net::SocketAddr;
use std::process::Command;

use crate::kit::load::{ServerProcess, UNTIL_STDIN_CLOSES};

/// Tells a program that uses the kit to be the binary.
const VARIABLE: &str = "WINDLASS_BINARY";

/// Whether this process is to be the binary. The `main` of a program that starts services by
/// [`serve`], and is not the binary itself, asks this first, and if so gives its arguments to
/// [`cli::run`](crate::kit::cli::run).
#[must_use]
pub fn is_told() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Starts `windlass serve` with `arguments` on a free port of 127.0.0.1, in a process of its own;
/// it is gone when the result is dropped.
///
/// # Errors
/// What kept it from listening.
pub fn serve(arguments: &[&str]) -> Result<ServerProcess, String> {
    serve_at(SocketAddr::from(([127, 0, 0, 1], 0)), arguments)
}

/// The same on an address of the caller's: that of a service that was there before.
///
/// # Errors
/// What kept it from listening.
pub fn serve_at(addr: SocketAddr, arguments: &[&str]) -> Result<ServerProcess, String> {
    let mut command = command()?;
    command.args(["serve", "--addr", &addr.to_string(), UNTIL_STDIN_CLOSES]);
    command.args(arguments);
    keep_from_terminal(&mut command);
    ServerProcess::start(command).map_err(|error| error.to_string())
}

/// Ctrl-C at a terminal is for the program that measures: it ends its services itself.
pub(super) fn keep_from_terminal(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// This program, to be started as the binary.
pub(super) fn command() -> Result<Command, String> {
    let exe = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let mut command = Command::new(exe);
    command.env(VARIABLE, "1");
    Ok(command)
}
