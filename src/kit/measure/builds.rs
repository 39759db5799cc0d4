//! Two builds of the server, measured in turn.
//!
//! One *block* starts both afresh, and measures each workload in windows A B B A. So what drifts
//! meets both alike, and what a process got by luck (memory layout, its place among the cores)
//! changes from block to block: the blocks are what is counted, one pair of values each. The
//! servers have one worker, kept to the first core; the client has the last.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::kit::load::{
    ChildError, LoadClient, LoadConfig, LoadOutcome, ServerProcess, UNTIL_STDIN_CLOSES, Window,
};

use super::cores::{Confined, Core};
use super::little::{self, ClosedLoop};
use super::noise::{Noise, Snapshot};
use super::process::Used;

/// How long a server may take to stop.
const STOP_MAX: Duration = Duration::from_secs(5);

/// What the servers are asked for, in a closed loop over kept connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// `GET /hello` over so many connections.
    Hello(usize),
    /// `GET /wait/5` over so many connections: each is answered after 5 ms.
    Wait5Ms(usize),
}

impl Workload {
    /// Those measured unless some are chosen.
    pub const ALL: [Self; 3] = [Self::Hello(64), Self::Hello(1000), Self::Wait5Ms(1000)];

    /// Its name: `hello-64`, `wait-5ms-1000`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Hello(connections) => format!("hello-{connections}"),
            Self::Wait5Ms(connections) => format!("wait-5ms-{connections}"),
        }
    }

    /// The one of this name, with 1 to 10,000 connections.
    ///
    /// # Errors
    /// What would be right.
    pub fn parse(name: &str) -> Result<Self, String> {
        let kind = |prefix: &str, make: fn(usize) -> Self| {
            let connections: usize = name.strip_prefix(prefix)?.parse().ok()?;
            (1..=10_000).contains(&connections).then(|| make(connections))
        };
        kind("hello-", Self::Hello).or_else(|| kind("wait-5ms-", Self::Wait5Ms)).ok_or_else(|| {
            format!(
                "`{name}` is no workload; hello-64 and wait-5ms-1000 are (1 to 10000 connections)"
            )
        })
    }

    /// How many connections are kept.
    #[must_use]
    pub fn connections(self) -> usize {
        match self {
            Self::Hello(connections) | Self::Wait5Ms(connections) => connections,
        }
    }

    fn load(self, server: &ServerProcess) -> LoadConfig {
        match self {
            Self::Hello(connections) => LoadConfig::hello(server.addr(), connections),
            Self::Wait5Ms(connections) => LoadConfig::wait(server.addr(), connections, 5),
        }
    }
}

/// What to measure, and how long.
#[derive(Debug, Clone)]
pub struct BuildsPlan {
    /// The workloads.
    pub workloads: Vec<Workload>,
    /// Blocks to count, at least 1.
    pub blocks: usize,
    /// Each of the four windows.
    pub window: Duration,
    /// Noisy blocks to run again, at most.
    pub repeats_max: usize,
}

impl Default for BuildsPlan {
    fn default() -> Self {
        let workloads = Workload::ALL.to_vec();
        Self { workloads, blocks: 12, window: Duration::from_millis(300), repeats_max: 6 }
    }
}

/// What one build did in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Done {
    /// Requests a second.
    pub per_s: f64,
    /// Processor time of the server for each request, in microseconds; `None` where the kernel does
    /// not tell it.
    pub cpu_us: Option<f64>,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct BuildsMeasured {
    /// The workloads, each with build A's and build B's figures of each block.
    pub columns: Vec<(Workload, Vec<[Done; 2]>)>,
    /// Blocks that were noisy and counted all the same.
    pub noisy: usize,
    /// Blocks that were noisy and run again.
    pub repeated: usize,
    /// What the machine did meanwhile.
    pub noise: Noise,
}

/// Why two builds cannot be measured.
#[derive(Debug)]
pub enum BuildsError {
    /// A setting makes no sense.
    Setting(&'static str),
    /// A build did not start to serve.
    Start(PathBuf, ChildError),
    /// A build did not serve as it should.
    Served {
        /// Which build.
        build: PathBuf,
        /// Under what workload.
        workload: String,
        /// What was wrong.
        why: String,
    },
}

impl fmt::Display for BuildsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(what) => f.write_str(what),
            Self::Start(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Served { build, workload, why } => {
                write!(f, "{}, {workload}: {why}", build.display())
            }
        }
    }
}

impl std::error::Error for BuildsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Start(_, error) => Some(error),
            Self::Setting(_) | Self::Served { .. } => None,
        }
    }
}

/// Measures the windlass binaries `builds` in turn. `progress` is told the number of blocks counted
/// so far after each.
///
/// # Errors
/// [`BuildsError`]; the servers are gone then.
pub fn in_turn(
    builds: [&Path; 2],
    plan: &BuildsPlan,
    progress: &mut dyn FnMut(usize),
) -> Result<BuildsMeasured, BuildsError> {
    if plan.blocks == 0 || plan.workloads.is_empty() || plan.window.is_zero() {
        let what = "at least one block, one workload and a window above zero are needed";
        return Err(BuildsError::Setting(what));
    }
    let columns = plan.workloads.iter().map(|workload| (*workload, Vec::new())).collect();
    let before = Snapshot::take();
    let noise = Noise::default();
    let mut measured = BuildsMeasured { columns, noisy: 0, repeated: 0, noise };
    for counted in 1..=plan.blocks {
        let figures = loop {
            let began = Snapshot::take();
            let figures = block(builds, plan, counted % 2 == 0)?;
            // Server and client have a core each: they wait for each other, not for a core.
            let noisy = began.since(true).is_noisy();
            if noisy && measured.repeated < plan.repeats_max {
                measured.repeated += 1;
                continue;
            }
            measured.noisy += usize::from(noisy);
            break figures;
        };
        measured.columns.iter_mut().zip(figures).for_each(|(column, pair)| column.1.push(pair));
        progress(counted);
    }
    measured.noise = before.since(true);
    Ok(measured)
}

/// Each workload once; `backward`: the second build is started, and asked, first.
fn block(
    builds: [&Path; 2],
    plan: &BuildsPlan,
    backward: bool,
) -> Result<Vec<[Done; 2]>, BuildsError> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let first = cores.first().filter(|_| cores.len() > 1).map(|core| core.id);
    let mut started = Vec::new();
    for which in order(backward) {
        started.push((which, start(builds[which], first)?));
    }
    started.sort_by_key(|(which, _)| *which);
    let servers: Vec<ServerProcess> = started.into_iter().map(|(_, server)| server).collect();
    // Only now, or the servers would be confined with the client.
    let confined = first.map(|_| Confined::to(Core::Last));
    let asked = plan.workloads.iter();
    let figures = asked.map(|workload| quartet(builds, &servers, *workload, plan.window, backward));
    let figures = figures.collect();
    drop(confined);
    for server in servers {
        server.stop(STOP_MAX);
    }
    figures
}

fn order(backward: bool) -> [usize; 2] {
    if backward { [1, 0] } else { [0, 1] }
}

fn start(build: &Path, core: Option<usize>) -> Result<ServerProcess, BuildsError> {
    // A name alone would be looked for in PATH: a file here is what is meant.
    let here = std::path::absolute(build).ok().filter(|path| path.is_file());
    let mut command = Command::new(here.as_deref().unwrap_or(build));
    command.args(["serve", "--addr", "127.0.0.1:0", "--workers", "1", UNTIL_STDIN_CLOSES]);
    if let Some(core) = core {
        command.arg("--cores").arg(core.to_string());
    }
    command.stderr(Stdio::null());
    ServerProcess::start(command).map_err(|error| BuildsError::Start(build.to_owned(), error))
}

/// The sums over a build's two windows.
#[derive(Default)]
struct Sums {
    requests: f64,
    seconds: f64,
    cpu_us: Option<f64>,
}

/// Windows A B B A of one workload, after one that is not counted.
fn quartet(
    builds: [&Path; 2],
    servers: &[ServerProcess],
    workload: Workload,
    window: Duration,
    backward: bool,
) -> Result<[Done; 2], BuildsError> {
    let failed = |which: usize, why: String| {
        let (build, workload) = (builds[which].to_owned(), workload.name());
        BuildsError::Served { build, workload, why }
    };
    let mut clients = Vec::new();
    for (which, server) in servers.iter().enumerate() {
        let client = LoadClient::connect(workload.load(server));
        clients.push(client.map_err(|error| failed(which, error.to_string()))?);
    }
    let mut sums = [Sums::default(), Sums::default()];
    let [a, b] = order(backward);
    for (turn, which) in [a, b, a, b, b, a].into_iter().enumerate() {
        let (client, pid) = (&mut clients[which], servers[which].id());
        if turn < 2 {
            let warm = client.run(Window::Time(window / 4));
            warm.map_err(|error| failed(which, error.to_string()))?;
            continue;
        }
        let before = Used::by(pid);
        let outcome = client.run(Window::Time(window));
        let outcome = outcome.map_err(|error| error.to_string());
        let outcome = outcome.and_then(|outcome| checked(outcome, workload));
        let outcome = outcome.map_err(|why| failed(which, why))?;
        let used = before.zip(Used::by(pid)).map(|(before, after)| after.since(before).0);
        let sums = &mut sums[which];
        sums.cpu_us = used.map(|used| used + sums.cpu_us.unwrap_or(0.0));
        sums.requests += outcome.requests as f64;
        sums.seconds += outcome.elapsed.as_secs_f64();
    }
    Ok(sums.map(|sums| Done {
        per_s: sums.requests / sums.seconds,
        cpu_us: sums.cpu_us.filter(|us| *us > 0.0).map(|us| us / sums.requests),
    }))
}

/// A window counts when every reply was right and its figures agree with each other.
fn checked(outcome: LoadOutcome, workload: Workload) -> Result<LoadOutcome, String> {
    let failed = outcome.errors.total() + outcome.retries;
    if failed > 0 || outcome.requests == 0 {
        let first = outcome.first_error.unwrap_or_else(|| "a kept connection ended".to_owned());
        return Err(format!("{failed} requests failed and {} did not: {first}", outcome.requests));
    }
    let latency_ns = &outcome.latency_ns;
    little::littles_law(&ClosedLoop {
        connections: workload.connections(),
        requests: outcome.requests,
        seconds: outcome.elapsed.as_secs_f64(),
        mean_s: latency_ns.mean() / 1e9,
        max_s: latency_ns.max() as f64 / 1e9,
    })
    .map_err(|missed| missed.to_string())?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_are_known_by_name() {
        for workload in Workload::ALL {
            assert_eq!(Workload::parse(&workload.name()), Ok(workload));
        }
        for wrong in ["hello", "hello-0", "hello-x", "wait-5ms-10001", "echo-64", ""] {
            assert!(Workload::parse(wrong).unwrap_err().contains("hello-64"), "{wrong}");
        }
    }

    #[test]
    fn what_makes_no_sense_or_does_not_serve_is_told() {
        let (none, no_server) = (Path::new("/nonexistent/windlass"), Path::new("true"));
        let plan = BuildsPlan { blocks: 0, ..BuildsPlan::default() };
        let tried = in_turn([none, none], &plan, &mut |_| {});
        assert!(matches!(tried, Err(BuildsError::Setting(_))));
        let tried = in_turn([none, none], &BuildsPlan::default(), &mut |_| {});
        assert!(tried.unwrap_err().to_string().contains("/nonexistent/windlass"));
        let tried = in_turn([no_server, no_server], &BuildsPlan::default(), &mut |_| {});
        assert!(matches!(tried, Err(BuildsError::Start(..))));
    }
}
