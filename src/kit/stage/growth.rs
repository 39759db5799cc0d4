//! What a server's memory grows by for each connection that is held open.

use crate::kit::load::{LoadClient, LoadConfig, ServerProcess};
use crate::kit::measure::contender::{Better, Sample};
use crate::kit::measure::group::Group;
use crate::kit::measure::process;

use super::contest::{SOURCES, THREADS};

/// Connections that one client opens at a time: no more than a listener's backlog.
pub const LOT: usize = 1000;

/// What a group says that measures this with `held` connections; `method` and `not_shown` are what
/// its contenders ask for beyond it.
pub fn describe(group: &mut Group<'_>, held: usize, method: &str, not_shown: &str) {
    group
        .title(&format!("memory of each of {held} connections"))
        .question("What does a connection take that is kept open and idle?")
        .method(&format!(
            "A fresh server process for each sample. Resident memory (Rss of \
             /proc/PID/smaps_rollup) when one connection has been served and closed, and again \
             when all are open (a thousand at a time) and each has been answered once; the growth \
             by the connections. A thread's stack is what it has touched.{method}"
        ))
        .not_shown(&format!(
            "Kernel memory: sockets, and 16 KiB of kernel stack for each thread. Memory that is \
             set aside and not touched.{not_shown}"
        ))
        .unit("KiB per connection", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6);
}

/// The growth of a fresh server for each of `held` connections, each answered once, in KiB of
/// resident memory. One connection has been served and closed before the first look.
///
/// # Errors
/// Connections that were not answered; a system that does not tell.
pub fn kib_per_connection(process: &ServerProcess, held: usize) -> Result<Sample, String> {
    drop(opened(process, 1)?);
    let before = process::resident_kib(process.id())?;
    let mut clients = Vec::new();
    for from in (0..held).step_by(LOT) {
        clients.push(opened(process, LOT.min(held - from))?);
    }
    let after = process::resident_kib(process.id())?;
    // So few as in smoke mode may fit into pages that were there before.
    let sample = Sample::new(((after - before) / held as f64).max(0.001));
    let sample = sample.with("server_rss_kib", after);
    Ok(match process::threads_and_rss_mib(process.id()) {
        Some((threads, _)) => sample.with(THREADS, threads),
        None => sample,
    })
}

/// So many connections, each answered once.
fn opened(process: &ServerProcess, connections: usize) -> Result<LoadClient, String> {
    let load = LoadConfig { sources: SOURCES, ..LoadConfig::hello(process.addr(), connections) };
    LoadClient::connect(load).map_err(|error| error.to_string())
}
