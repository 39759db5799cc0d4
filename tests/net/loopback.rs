//! What the tests of sockets share: runtimes, pairs, bounds, a process of one's own.

use std::env;
use std::io;
use std::process::Command;
use std::time::Duration;

use windlass::net::{ListenOptions, TcpListener, TcpStream};
use windlass::time::timeout;
use windlass::{CorePlan, Runtime};

/// No wait in a test lasts longer.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

/// Set in a process that a test has to itself.
const ALONE: &str = "WINDLASS_TEST_ALONE";

pub(crate) fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).cores(CorePlan::None).build().expect("a runtime")
}

/// A connection, both of whose ends are here.
pub(crate) async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    Ok((client, server))
}

/// Runs `work` to its end within the bound.
pub(crate) fn bounded<T>(runtime: &Runtime, work: impl Future<Output = io::Result<T>>) -> T {
    runtime.block_on(timeout(BOUND, work)).expect("within the bound").expect("no I/O error")
}

/// A listener that answers no more: its backlog is full. It lasts as long as what is returned.
pub(crate) async fn silent() -> io::Result<(TcpListener, Vec<TcpStream>)> {
    let listener =
        ListenOptions { backlog: 0, ..ListenOptions::default() }.listen("127.0.0.1:0")?;
    let mut waiting = Vec::new();
    let patience = Duration::from_millis(100);
    while let Ok(stream) = timeout(patience, TcpStream::connect(listener.local_addr()?)).await {
        waiting.push(stream?);
        assert!(waiting.len() < 100, "the backlog is not bounded");
    }
    Ok((listener, waiting))
}

/// Runs the calling test, whose name is given, in a process of its own; `true` in that process.
pub(crate) fn alone(test: &str) -> bool {
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let mut command = Command::new(env::current_exe().expect("a path"));
    command.args(["--exact", test, "--nocapture"]).env(ALONE, "1");
    let output = command.output().expect("a process");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {}\n{said}\n{failed}", output.status);
    assert!(said.contains("1 passed"), "no test `{test}`: {said}");
    false
}
