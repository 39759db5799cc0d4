//! A server in a process of its own, which never outlives the one that started it.

use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// The argument by which `windlass serve` ends when its standard input does. With it the server
/// ends even when the process that started it is killed.
pub const UNTIL_STDIN_CLOSES: &str = "--until-stdin-closes";

/// What stands before the address in the line by which a server says that it is ready.
const READY: &str = "listening on ";

/// How long a server may take to say that it is ready.
const READY_MAX: Duration = Duration::from_secs(30);

/// A running server process; killed and collected when dropped.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    addr: SocketAddr,
}

/// Why a server process did not get ready.
#[derive(Debug)]
pub enum ChildError {
    /// The process could not be started.
    Spawn {
        /// The command.
        command: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended, or closed its output, without saying where it listens.
    Ended {
        /// The command.
        command: String,
        /// How it ended.
        status: Option<ExitStatus>,
    },
    /// It did not say in time where it listens.
    Late {
        /// The command.
        command: String,
    },
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChildError::Spawn { command, source } => write!(f, "cannot start {command}: {source}"),
            ChildError::Ended { command, status: Some(status) } => {
                write!(f, "{command} ended without listening: {status}")
            }
            ChildError::Ended { command, status: None } => {
                write!(f, "{command} closed its output without saying where it listens")
            }
            ChildError::Late { command } => {
                write!(f, "{command} did not say within {READY_MAX:?} where it listens")
            }
        }
    }
}

impl std::error::Error for ChildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ChildError::Spawn { source, .. } => Some(source),
            ChildError::Ended { .. } | ChildError::Late { .. } => None,
        }
    }
}

impl ServerProcess {
    /// Starts `command`, and waits for the line `listening on ADDRESS` on its standard output
    /// (`http://` may stand before the address, anything behind it). Its standard input stays open
    /// until the process is stopped or dropped.
    ///
    /// # Errors
    /// See [`ChildError`]; the process is gone then.
    pub fn start(mut command: Command) -> Result<ServerProcess, ChildError> {
        let shown = format!("{command:?}");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command
            .spawn()
            .map_err(|source| ChildError::Spawn { command: shown.clone(), source })?;
        // From here on the guard collects the process, however this ends.
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut process = ServerProcess { child, addr: unknown };
        let (found, address) = mpsc::channel();
        if let Some(stdout) = process.child.stdout.take() {
            thread::spawn(move || drain(stdout, found));
        }
        match address.recv_timeout(READY_MAX) {
            Ok(addr) => {
                process.addr = addr;
                Ok(process)
            }
            Err(RecvTimeoutError::Timeout) => Err(ChildError::Late { command: shown }),
            Err(RecvTimeoutError::Disconnected) => {
                let status = process.wait(Duration::from_secs(1));
                Err(ChildError::Ended { command: shown, status })
            }
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Closes its standard input, which ends a server that was told to watch it, and waits at most
    /// `within`: how it ended, or `None` if it had to be killed.
    pub fn stop(mut self, within: Duration) -> Option<ExitStatus> {
        drop(self.child.stdin.take());
        self.wait(within)
    }

    /// Waits at most `within` for it to end by itself.
    pub fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + within;
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(2)),
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only if it has ended and is collected already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all the process prints, so that it never blocks on a full pipe, and passes on the address.
fn drain(stdout: ChildStdout, found: mpsc::Sender<SocketAddr>) {
    let mut found = Some(found);
    for line in BufReader::new(stdout).lines() {
        let Ok(line) = line else { return };
        if let Some(addr) = address_in(&line)
            && let Some(found) = found.take()
        {
            // The starter may have given up waiting.
            let _ = found.send(addr);
        }
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = &line[line.find(READY)? + READY.len()..];
    let rest = rest.strip_prefix("http://").unwrap_or(rest);
    let end = rest.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(rest.len());
    rest[..end].trim_end_matches(',').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found() {
        let addr = |line| address_in(line).map(|addr| addr.to_string());
        assert_eq!(addr("listening on 127.0.0.1:80").as_deref(), Some("127.0.0.1:80"));
        assert_eq!(
            addr("listening on http://[::1]:8080 (model evented)").as_deref(),
            Some("[::1]:8080")
        );
        assert_eq!(addr("x: listening on http://127.0.0.1:9/, y").as_deref(), Some("127.0.0.1:9"));
        assert_eq!(addr("listening on nothing"), None);
        assert_eq!(addr("ready"), None);
    }

    #[test]
    fn a_process_that_does_not_listen_is_an_error() {
        match ServerProcess::start(Command::new("true")) {
            Err(ChildError::Ended { status: Some(status), .. }) => assert!(status.success()),
            other => panic!("expected Ended, got {other:?}"),
        }
        let missing = Command::new("/nonexistent/windlass");
        assert!(matches!(ServerProcess::start(missing), Err(ChildError::Spawn { .. })));
    }
}
