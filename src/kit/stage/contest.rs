//! One contender: a server process, the client that loads it, and what one window of requests says.

use std::time::Duration;

use crate::kit::load::{
    self, LoadClient, LoadConfig, LoadError, LoadOutcome, Manner, Rate, ServerProcess,
};
use crate::kit::measure::contender::Sample;
use crate::kit::measure::cores::{Confined, Core};
use crate::kit::measure::group::Window;
use crate::kit::measure::little::{self, ClosedLoop};
use crate::kit::measure::process::{self, Used};

/// Requests of a window in smoke mode.
const SMOKE_REQUESTS: u64 = 64;

/// Requests per second of an open loop in smoke mode.
const SMOKE_RATE: u32 = 500;

/// How late the generator may be in smoke mode.
const SMOKE_LATE_MAX: Duration = Duration::from_secs(60);

/// Void windows of the open loop in a row, after which the contender counts as failed.
const VOID_MAX: u32 = 8;

/// Source addresses of clients that open many connections: each has 28,000 ports.
pub const SOURCES: u8 = 200;

/// When the client's connections are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connect {
    /// Once; they stay open while others are measured.
    Once,
    /// Before each window anew: there are not descriptors enough for those of all contenders.
    EachWindow,
}

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// When the connections are opened.
    pub connect: Connect,
    /// The server ends kept connections while others wait: a request that is tried again is how it
    /// works. Elsewhere it is an error, unless each request has a connection of its own.
    pub retries_belong: bool,
    /// The client keeps to the machine's last core; the server is on the first.
    pub pinned: bool,
}

/// A running server and its client. The client goes first.
#[derive(Debug)]
pub struct Contest {
    client: Option<LoadClient>,
    process: ServerProcess,
    load: LoadConfig,
    how: How,
    counts_switches: bool,
}

impl Contest {
    /// The server `process`, and the client that `load` describes for its address.
    ///
    /// # Errors
    /// What keeps the client from connecting.
    pub fn start(process: ServerProcess, load: LoadConfig, how: How) -> Result<Contest, String> {
        let mut contest = Contest { client: None, process, load, how, counts_switches: false };
        if how.connect == Connect::EachWindow {
            contest.load.sources = SOURCES;
        }
        contest.how.retries_belong |= contest.load.manner != Manner::KeepAlive;
        if how.connect == Connect::Once {
            contest.connect()?;
        }
        Ok(contest)
    }

    /// Counts the context switches of the server's threads, too. Those of threads that have ended
    /// are nowhere to be read: not for servers whose threads come and go.
    #[must_use]
    pub fn counting_switches(self) -> Contest {
        Contest { counts_switches: true, ..self }
    }

    /// The server's process.
    #[must_use]
    pub fn process(&self) -> &ServerProcess {
        &self.process
    }

    /// Opens the connections, where they are not open, and asks once on each.
    fn connect(&mut self) -> Result<(), String> {
        if self.client.is_none() {
            let client =
                LoadClient::connect(self.load.clone()).map_err(|error| error.to_string())?;
            self.client = Some(client);
        }
        Ok(())
    }

    /// Closes the connections, where they are not to stay open.
    fn close(&mut self) {
        if self.how.connect == Connect::EachWindow {
            self.client = None;
        }
    }

    fn is_kept(&self) -> bool {
        self.load.manner == Manner::KeepAlive
    }

    /// Measures one window of the closed loop, where connections are kept after one request on each
    /// that is not counted: requests per second, until the last is answered.
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind, Little\'s law missed.
    pub fn measure(&mut self, window: &Window) -> Result<Sample, String> {
        self.closed(window, LoadOutcome::requests_per_s)
    }

    /// The same for a server that is busy all the while: what was answered before the window was
    /// over, per second of it. Over many connections the last reply may be long in coming, and a
    /// short window that waits for it looks slow. (Where each request waits, a window holds a whole
    /// number of turns, and this would jump from one to the next.)
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind, Little\'s law missed.
    pub fn measure_busy(&mut self, window: &Window) -> Result<Sample, String> {
        self.closed(window, LoadOutcome::in_time_per_s)
    }

    fn closed(&mut self, window: &Window, rate: fn(&LoadOutcome) -> f64) -> Result<Sample, String> {
        let _confined = self.how.pinned.then(|| Confined::to(Core::Last));
        let length = match window.smoke {
            true => load::Window::Requests(SMOKE_REQUESTS),
            false => load::Window::Time(window.duration),
        };
        self.connect()?;
        let warm = match self.is_kept() && !window.smoke {
            true => self.run(load::Window::Requests(self.load.connections as u64)).map(drop),
            false => Ok(()),
        };
        let loaded = warm.and_then(|()| self.loaded(length, rate));
        self.close();
        let (outcome, mut sample) = loaded?;
        if self.how.retries_belong {
            let each = outcome.retries as f64 / outcome.requests as f64;
            sample = sample.with("retries_per_request", each);
        }
        if self.is_kept() && outcome.connects > 0 {
            let each = outcome.connects as f64 / outcome.requests as f64;
            sample = sample.with("connects_per_request", each);
        }
        let us = |quantile: f64| outcome.latency_ns.value_at_quantile(quantile) as f64 / 1e3;
        Ok(sample
            .with("concurrency_seen", self.little(&outcome)?)
            .with("latency_us_p50", us(0.50))
            .with("latency_us_p99", us(0.99)))
    }

    /// The same for what the server's user code took: microseconds for each request.
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind, Little\'s law missed.
    pub fn measure_user(&mut self, window: &Window) -> Result<Sample, String> {
        let sample = self.measure(window)?;
        let user_us = sample.side.get(USER_CPU).copied().ok_or(UNTOLD)?;
        let rate = sample.value;
        // The kernel's samples of a short window may have met no user code at all.
        Ok(Sample { value: user_us.max(0.01), ..sample }.with("requests_per_s", rate))
    }

    /// Measures one window of the open loop: the latency, in milliseconds, that a thousandth of the
    /// requests exceeds. A window in which the generator fell behind is void and begun again.
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind, requests that were dropped.
    pub fn measure_open(&mut self, window: &Window, per_s: u32) -> Result<Sample, String> {
        let backlog_max = Rate::default().backlog_max;
        let (dropped, sample) = self.open(window, per_s, backlog_max, 0.999)?;
        match dropped {
            0 => Ok(sample),
            _ => Err(format!("{dropped} requests waited in vain and were dropped")),
        }
    }

    /// The same at a rate that may be too high for the server: the latency that a hundredth exceeds
    /// of the requests that were answered, and beside it how many of those that were due were
    /// answered before the window was over (`answered_share`). Requests that find as many waiting
    /// as come in a quarter of a second are dropped.
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind.
    pub fn measure_offered(&mut self, window: &Window, per_s: u32) -> Result<Sample, String> {
        let backlog_max = (per_s as usize / 4).max(self.load.connections);
        self.open(window, per_s, backlog_max, 0.99).map(|(_, sample)| sample)
    }

    /// How many requests were dropped, and a sample of the latency at `quantile`.
    fn open(
        &mut self,
        window: &Window,
        per_s: u32,
        backlog_max: usize,
        quantile: f64,
    ) -> Result<(u64, Sample), String> {
        let _confined = self.how.pinned.then(|| Confined::to(Core::Last));
        let per_s = if window.smoke { SMOKE_RATE } else { per_s };
        // Smoke mode judges no one's speed, the generator's neither.
        let late_max = if window.smoke { SMOKE_LATE_MAX } else { Rate::default().late_max };
        let rate = Rate { per_s, time: window.duration, late_max, backlog_max, ..Rate::default() };
        let ms = |ns: u64| ns as f64 / 1e6;
        let value = |outcome: &LoadOutcome| ms(outcome.latency_ns.value_at_quantile(quantile));
        self.connect()?;
        let mut void = 0;
        let loaded = loop {
            match self.loaded(load::Window::Rate(rate), value) {
                Err(why) if why == BEHIND && void < VOID_MAX => void += 1,
                ended => break ended,
            }
        };
        self.close();
        let (outcome, sample) = loaded?;
        let due = (outcome.requests + outcome.dropped) as f64;
        let share = outcome.in_time as f64 / due;
        let sample = sample
            .with("requests_per_s", outcome.in_time_per_s())
            .with("answered_share", share)
            .with("latency_ms_p50", ms(outcome.latency_ns.value_at_quantile(0.50)))
            .with("latency_ms_p99", ms(outcome.latency_ns.value_at_quantile(0.99)))
            .with("latency_ms_max", ms(outcome.latency_ns.max()))
            .with("generator_late_ms_p999", ms(outcome.late_ns.value_at_quantile(0.999)))
            .with(VOID, f64::from(void))
            .with_latencies("latency", outcome.latency_ns);
        Ok((outcome.dropped, sample))
    }

    /// The same for what it cost the server: microseconds of processor time for each request.
    ///
    /// # Errors
    /// A reply that was wrong, a generator that fell behind, Little\'s law missed.
    pub fn measure_cost(&mut self, window: &Window, per_s: u32) -> Result<Sample, String> {
        let sample = self.measure_open(window, per_s)?;
        let cpu_us = sample.side.get(CPU).copied().ok_or(UNTOLD)?;
        let latency_ms = sample.value;
        Ok(Sample { value: cpu_us, ..sample }.with("latency_ms_p999", latency_ms))
    }

    /// One window, with what it cost the server.
    fn loaded(
        &mut self,
        length: load::Window,
        value: impl Fn(&LoadOutcome) -> f64,
    ) -> Result<(LoadOutcome, Sample), String> {
        let pid = self.process.id();
        let counts_switches = self.counts_switches;
        let switches = || if counts_switches { process::switches(pid) } else { None };
        let switched = switches();
        let (before, client_before) = (Used::by(pid), process::own_thread_cpu_us());
        let outcome = self.run(length)?;
        let (after, client_after) = (Used::by(pid), process::own_thread_cpu_us());
        let switches = switches();
        let mut sample = Sample::new(value(&outcome));
        // The client is this thread: near 1 it is the client that is measured.
        if let Some((before, after)) = client_before.zip(client_after) {
            let share = (after - before) / 1e6 / outcome.elapsed.as_secs_f64();
            sample = sample.with("client_cpu_share", share);
        }
        if let Some((before, after)) = before.zip(after) {
            let (cpu_us, user_us) = after.since(before);
            let requests = outcome.requests as f64;
            sample = sample.with(CPU, cpu_us / requests).with(USER_CPU, user_us / requests);
        }
        if let Some((before, after)) = switched.zip(switches) {
            let each = (after - before) / outcome.requests as f64;
            sample = sample.with(SWITCHES, each);
        }
        if let Some((threads, rss_mib)) = process::threads_and_rss_mib(pid) {
            sample = sample.with(THREADS, threads).with("server_rss_mib", rss_mib);
        }
        Ok((outcome, sample))
    }

    fn run(&mut self, window: load::Window) -> Result<LoadOutcome, String> {
        let Some(client) = &mut self.client else {
            return Err("the client is not connected".to_owned());
        };
        let outcome = match client.run(window) {
            Ok(outcome) => outcome,
            Err(LoadError::Behind { .. }) => return Err(BEHIND.to_owned()),
            Err(error) => return Err(error.to_string()),
        };
        match outcome.errors.total() {
            0 if outcome.retries > 0 && !self.how.retries_belong => Err(format!(
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

    /// Concurrency by Little's law, which must hold. Where a connection is opened for each request,
    /// waiting for its end belongs to no latency: there it is only recorded.
    fn little(&self, outcome: &LoadOutcome) -> Result<f64, String> {
        let (seconds, latency_ns) = (outcome.elapsed.as_secs_f64(), &outcome.latency_ns);
        let (mean_s, max_s) = (latency_ns.mean() / 1e9, latency_ns.max() as f64 / 1e9);
        let (connections, requests) = (self.load.connections, outcome.requests);
        let window = ClosedLoop { connections, requests, seconds, mean_s, max_s };
        match little::littles_law(&window) {
            Ok(seen) => Ok(seen),
            Err(missed) if outcome.connects > 0 => Ok(missed.seen),
            Err(missed) => Err(missed.to_string()),
        }
    }
}

/// Processor time of the server for each request, in microseconds.
pub const CPU: &str = "server_cpu_us_per_request";

/// The user code's part of it.
pub const USER_CPU: &str = "server_user_cpu_us_per_request";

/// Context switches of the server's threads for each request, where they are counted.
pub const SWITCHES: &str = "server_switches_per_request";

/// Threads of the server.
pub const THREADS: &str = "server_threads";

/// Windows in which the generator fell behind, and which were begun again.
pub const VOID: &str = "void_windows";

const UNTOLD: &str = "this system does not say what a process has used";

const BEHIND: &str = "the load generator fell behind its rate";
