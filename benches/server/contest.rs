//! One contender: a server process, the client that loads it, and what one window of requests says.

use std::net::SocketAddr;

use windlass::kit::load::{self, LoadClient, LoadConfig, LoadOutcome, Manner, ServerProcess};
use windlass::kit::serve::Model;
use windlass_benches::{Sample, Window};

use crate::child;
use crate::process::{cpu_us, own_thread_cpu_us, threads_and_rss_mib};
use crate::spec::{Kind, Spec};

/// Little's law may be missed by this share; more means that the client miscounts.
const LITTLE_SHARE_MAX: f64 = 0.10;

/// Windows of at least so many requests on each connection are held against it.
const LITTLE_REQUESTS_MIN: u64 = 4;

/// Requests of a window in smoke mode.
const SMOKE_REQUESTS: u64 = 64;

/// A running server and its client. The client goes first.
pub(crate) struct Contest {
    client: LoadClient,
    process: ServerProcess,
    connections: u64,
    kept: bool,
    retries_belong: bool,
}

impl Contest {
    /// Starts the server, and the client that `load` describes for its address.
    pub(crate) fn start(
        spec: &Spec,
        load: impl FnOnce(SocketAddr) -> LoadConfig,
    ) -> Result<Contest, String> {
        let process = child::start(spec)?;
        let load = load(process.addr());
        let (connections, kept) = (load.connections as u64, load.manner == Manner::KeepAlive);
        // A pool ends connections while others wait, and a connection that serves one request may
        // end before it is used: there a request that is tried again is how the model works.
        let retries_belong = !kept || spec.close_each || spec.kind == Kind::Kit(Model::ThreadPool);
        let client = LoadClient::connect(load).map_err(|error| error.to_string())?;
        Ok(Contest { client, process, connections, kept, retries_belong })
    }

    /// Measures one window, where connections are kept after one request on each that is not
    /// counted.
    pub(crate) fn measure(&mut self, window: &Window) -> Result<Sample, String> {
        let pid = self.process.id();
        let length = match window.smoke {
            true => load::Window::Requests(SMOKE_REQUESTS),
            false => load::Window::Time(window.duration),
        };
        if self.kept && !window.smoke {
            self.run(load::Window::Requests(self.connections))?;
        }
        let (before, client_before) = (cpu_us(pid), own_thread_cpu_us());
        let outcome = self.run(length)?;
        let (after, client_after) = (cpu_us(pid), own_thread_cpu_us());
        let mut sample = Sample::new(outcome.requests_per_s());
        // The client is this thread: near 1 it is the client that is measured.
        if let Some((before, after)) = client_before.zip(client_after) {
            let share = (after - before) / 1e6 / outcome.elapsed.as_secs_f64();
            sample = sample.with("client_cpu_share", share);
        }
        if self.retries_belong {
            let each = outcome.retries as f64 / outcome.requests as f64;
            sample = sample.with("retries_per_request", each);
        }
        if let Some((before, after)) = before.zip(after) {
            let each = (after - before) / outcome.requests as f64;
            sample = sample.with("server_cpu_us_per_request", each);
        }
        if let Some((threads, rss_mib)) = threads_and_rss_mib(pid) {
            sample = sample.with("server_threads", threads).with("server_rss_mib", rss_mib);
        }
        if self.kept && outcome.connects > 0 {
            let each = outcome.connects as f64 / outcome.requests as f64;
            sample = sample.with("connects_per_request", each);
        }
        let us = |quantile: f64| outcome.latency_ns.value_at_quantile(quantile) as f64 / 1e3;
        Ok(sample
            .with("concurrency_seen", self.little(&outcome)?)
            .with("latency_us_p50", us(0.50))
            .with("latency_us_p99", us(0.99)))
    }

    fn run(&mut self, window: load::Window) -> Result<LoadOutcome, String> {
        let ran = self.client.run(window);
        let outcome = ran.map_err(|error| error.to_string())?;
        match outcome.errors.total() {
            0 if outcome.retries > 0 && !self.retries_belong => Err(format!(
                "{} requests were tried again, since their kept connections had ended",
                outcome.retries
            )),
            0 => Ok(outcome),
            failed => Err(format!(
                "{failed} requests failed and {} did not, the first: {}",
                outcome.requests,
                outcome.first_error.unwrap_or_default()
            )),
        }
    }

    /// Concurrency by Little's law: rate times mean latency. It must be what was asked for, less
    /// what is missing while the last requests run out, at most as long as the slowest one took.
    /// Where a connection is opened for each request, waiting for its end belongs to no latency:
    /// there it is only recorded.
    fn little(&self, outcome: &LoadOutcome) -> Result<f64, String> {
        let (rate, latency_ns) = (outcome.requests_per_s(), &outcome.latency_ns);
        let seen = rate * latency_ns.mean() / 1e9;
        let running_out = latency_ns.max() as f64 / 1e9 / outcome.elapsed.as_secs_f64();
        let most = self.connections as f64;
        let least = most * (1.0 - running_out).max(0.0);
        let judged =
            outcome.connects == 0 && outcome.requests >= LITTLE_REQUESTS_MIN * self.connections;
        let missed =
            seen < least * (1.0 - LITTLE_SHARE_MAX) || seen > most * (1.0 + LITTLE_SHARE_MAX);
        match judged && missed {
            false => Ok(seen),
            true => Err(format!(
                "Little's law is missed: rate x mean latency says {seen:.1} requests at once, \
                 expected are {least:.1} to {most:.1}"
            )),
        }
    }
}
