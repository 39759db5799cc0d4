//! The event loop of the load generator.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::config::{LoadConfig, LoadError, Manner, Rate, Window};
use super::connection::{Connection, Driven, Stage};
use super::dial::dial;
use super::expect::Expected;
use super::outcome::LoadOutcome;
use super::schedule::Schedule;

/// Bytes read at a time.
const READ_BYTES: usize = 256 * 1024;

/// Events taken at a time.
const EVENTS: usize = 1024;

/// How often requests are looked through for those that are over their deadline.
const SWEEP: Duration = Duration::from_millis(200);

/// The system wakes a sleeper this much too late, or later: a request that is due sooner is waited
/// for awake.
const WAKE_LATE: Duration = Duration::from_millis(2);

/// Connections that may be on their way to their first reply at a time: no more than a listener's
/// backlog takes, since what that drops is tried again only after a second.
const DIALS_MAX: usize = 1024;

/// A window with so many failures ends early: nothing is measured any more.
const ERRORS_MAX: u64 = 10_000;

/// Makes load from one thread; kept connections stay open from one window to the next.
#[derive(Debug)]
pub struct LoadClient {
    config: LoadConfig,
    request: Vec<u8>,
    expected: Expected,
    poll: Poll,
    events: Events,
    buffer: Box<[u8]>,
    connections: Vec<Connection>,
    dialled: u64,
}

/// A measured window while it runs.
struct Run {
    window: Window,
    start: Instant,
    /// When its time is over, where it has one.
    until: Option<Instant>,
    issued: u64,
    in_flight: usize,
    /// Of those in flight, the ones whose connection was opened for them.
    dialling: usize,
    outcome: LoadOutcome,
    /// In an open loop: when requests are due.
    schedule: Option<Schedule>,
    /// Connections that are free for their next request, the one free for longest first.
    free: VecDeque<usize>,
    /// It was told to end early: no further request is begun.
    stopped: bool,
}

impl Run {
    fn new(window: Window, connections: usize) -> Run {
        let start = Instant::now();
        let (time, schedule) = match window {
            Window::Requests(_) => (None, None),
            Window::Time(time) => (Some(time), None),
            Window::Rate(rate) => (Some(rate.time), Some(Schedule::new(rate, start))),
        };
        Run {
            window,
            start,
            // A time beyond what the clock can tell is never over.
            until: time.and_then(|time| start.checked_add(time)),
            issued: 0,
            in_flight: 0,
            dialling: 0,
            outcome: LoadOutcome::new(),
            schedule,
            free: (0..connections).collect(),
            stopped: false,
        }
    }

    /// Takes the next request, if there is one now: from when on its latency counts.
    fn next(&mut self, now: Instant) -> Option<Instant> {
        if self.has_failed() || self.stopped {
            return None;
        }
        match self.window {
            Window::Requests(requests) => (self.issued < requests).then_some(now),
            Window::Time(_) => (!self.is_over_time(now)).then_some(now),
            Window::Rate(_) => self.schedule.as_mut()?.take(),
        }
    }

    /// In an open loop: notices the requests that are due.
    fn notice(&mut self, now: Instant) {
        if let Some(schedule) = &mut self.schedule {
            schedule.notice(now, &mut self.outcome);
        }
    }

    /// Notes a right reply to a request whose latency counts from `begun`.
    fn answered(&mut self, begun: Instant, now: Instant, refused: bool) {
        let latency = now - begun;
        self.outcome.record(latency, refused);
        self.outcome.in_time += u64::from(!refused && !self.is_over_time(now));
        if self.schedule.is_some() {
            self.outcome.timeline.record(begun - self.start, latency, refused);
        }
    }

    fn is_over_time(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    fn has_failed(&self) -> bool {
        self.outcome.errors.total() >= ERRORS_MAX
    }

    /// Whether no reply is awaited and no request is to come.
    fn is_over(&self) -> bool {
        let all = self.schedule.as_ref().is_none_or(Schedule::is_over);
        self.in_flight == 0 && (all || self.has_failed() || self.stopped)
    }

    /// How long to wait for events.
    fn patience(&self) -> Duration {
        let due = self.schedule.as_ref().and_then(Schedule::next_due);
        let until = due.map(|due| due.saturating_duration_since(Instant::now()));
        until.map_or(SWEEP, |until| until.saturating_sub(WAKE_LATE).min(SWEEP))
    }

    /// The outcome; an error if the generator fell behind its own rate.
    fn end(mut self) -> Result<LoadOutcome, LoadError> {
        self.outcome.elapsed = self.start.elapsed();
        let ended_early = self.stopped || self.has_failed();
        let until = self.until.filter(|_| !ended_early);
        self.outcome.time = until.map_or(self.outcome.elapsed, |until| until - self.start);
        if let Window::Rate(rate) = self.window {
            let late = Duration::from_nanos(self.outcome.late_ns.value_at_quantile(0.999));
            if late > rate.late_max {
                return Err(LoadError::Behind { late, late_max: rate.late_max });
            }
        }
        Ok(self.outcome)
    }

    fn finish(&mut self, at: usize, connection: &mut Connection) {
        connection.stage = Stage::Idle;
        self.in_flight -= 1;
        self.dialling -= usize::from(std::mem::take(&mut connection.dialling));
        self.free.push_back(at);
    }

    fn fail(&mut self, count: impl FnOnce(&mut LoadOutcome) -> &mut u64, what: String) {
        *count(&mut self.outcome) += 1;
        self.outcome.first_error.get_or_insert(what);
    }
}

impl LoadClient {
    /// Prepares to make load. Connections to be kept are opened now, and each is asked once.
    ///
    /// # Errors
    /// A setting that makes no sense; a system that gives no event queue; first requests that were
    /// not all answered as expected.
    pub fn connect(config: LoadConfig) -> Result<LoadClient, LoadError> {
        if config.connections == 0 {
            return Err(LoadError::Setting { what: "the connections must be at least 1" });
        }
        if config.sources > 0 && !config.addr.ip().is_loopback() {
            return Err(LoadError::Setting { what: "source addresses need a loopback server" });
        }
        let poll = Poll::new().map_err(|source| LoadError::Poll { source })?;
        let now = Instant::now();
        let mut client = LoadClient {
            request: config.request(),
            expected: Expected::new(config.expect.clone()),
            poll,
            events: Events::with_capacity(EVENTS),
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
            connections: (0..config.connections).map(|_| Connection::new(now)).collect(),
            dialled: 0,
            config,
        };
        let first = match client.config.manner {
            Manner::KeepAlive => client.config.connections as u64,
            Manner::ConnectionPerRequest => 1,
        };
        let outcome = client.run(Window::Requests(first))?;
        match outcome.errors.total() {
            0 => Ok(client),
            failed => Err(LoadError::FirstRequests {
                addr: client.config.addr,
                failed,
                first_error: outcome.first_error.unwrap_or_default(),
            }),
        }
    }

    /// Makes load for one window. Each failure is counted in the outcome; a window with very many
    /// ends early.
    ///
    /// # Errors
    /// The event queue failed; the generator fell behind in an open loop; an open loop of rate 0.
    pub fn run(&mut self, window: Window) -> Result<LoadOutcome, LoadError> {
        self.run_until(window, &|| false)
    }

    /// As [`run`](LoadClient::run), but ends early once `stop` says so: it is asked five times a
    /// second, and the requests in flight are awaited.
    ///
    /// # Errors
    /// Those of [`run`](LoadClient::run).
    pub fn run_until(
        &mut self,
        window: Window,
        stop: &dyn Fn() -> bool,
    ) -> Result<LoadOutcome, LoadError> {
        if matches!(window, Window::Rate(Rate { per_s: 0, .. })) {
            return Err(LoadError::Setting { what: "an open loop needs a rate of at least 1" });
        }
        let mut run = Run::new(window, self.connections.len());
        let mut now = run.start;
        let mut sweep_at = now + SWEEP;
        loop {
            self.issue(&mut run, now);
            if run.is_over() {
                break;
            }
            match self.poll.poll(&mut self.events, Some(run.patience())) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(LoadError::Poll { source }),
            }
            let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
            for event in &events {
                let Token(token) = event.token();
                let (at, generation) = (token & 0xffff_ffff, (token >> 32) as u32);
                if self.connections[at].generation == generation {
                    self.drive(&mut run, at);
                }
            }
            self.events = events;
            now = Instant::now();
            if now >= sweep_at {
                self.sweep(&mut run, now);
                run.stopped |= stop();
                sweep_at = now + SWEEP;
            }
        }
        run.end()
    }

    /// Begins a request on each free connection, while the window lasts and one is due.
    fn issue(&mut self, run: &mut Run, mut now: Instant) {
        run.notice(now);
        while let Some(&next) = run.free.front()
            && (self.connections[next].stream.is_some() || run.dialling < DIALS_MAX)
            && let Some(begun) = run.next(now)
            && let Some(at) = run.free.pop_front()
        {
            run.issued += 1;
            run.in_flight += 1;
            self.connections[at].begin(begun);
            if self.connections[at].stream.is_none() {
                self.open(run, at);
            } else {
                self.drive(run, at);
            }
            if !run.free.is_empty() {
                now = Instant::now();
            }
        }
    }

    /// Sends and receives on one connection; begins its next request if this one is done.
    fn drive(&mut self, run: &mut Run, at: usize) {
        let connection = &mut self.connections[at];
        match connection.drive(&self.request, &mut self.expected, &mut self.buffer) {
            Driven::Waits => {}
            Driven::Right { closes, refused } => {
                let now = Instant::now();
                run.answered(connection.begun, now, refused);
                if closes {
                    connection.stage = Stage::Closing;
                    return self.drive(run, at);
                }
                run.finish(at, connection);
                if self.config.manner == Manner::ConnectionPerRequest {
                    connection.stream = None;
                }
                self.issue(run, now);
            }
            Driven::Closed => {
                connection.stream = None;
                if connection.stage == Stage::Closing {
                    run.finish(at, connection);
                }
            }
            Driven::Wrong(what) => {
                let idle = connection.stage == Stage::Idle;
                connection.stream = None;
                run.fail(|outcome| &mut outcome.errors.reply, what);
                if !idle {
                    run.finish(at, connection);
                }
            }
            Driven::Broken(error) => self.retry(run, at, error),
        }
    }

    /// Tries a request again on a new socket, or gives it up.
    fn retry(&mut self, run: &mut Run, at: usize, error: io::Error) {
        let connection = &mut self.connections[at];
        connection.stream = None;
        if connection.retries < self.config.retries_max && connection.is_fresh() {
            connection.retries += 1;
            run.outcome.retries += 1;
            connection.again();
            self.open(run, at);
        } else {
            run.fail(|outcome| &mut outcome.errors.connection, error.to_string());
            run.finish(at, connection);
        }
    }

    /// Begins to open a connection; its first event lets the request be sent.
    fn open(&mut self, run: &mut Run, at: usize) {
        run.outcome.connects += 1;
        self.dialled += 1;
        let source = match self.config.sources {
            0 => 0,
            sources => (self.dialled % u64::from(sources)) as u8 + 1,
        };
        let connection = &mut self.connections[at];
        run.dialling += usize::from(!std::mem::replace(&mut connection.dialling, true));
        connection.generation = connection.generation.wrapping_add(1);
        let token = Token(at | (connection.generation as usize) << 32);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let opened = dial(self.config.addr, source).and_then(|mut stream| {
            self.poll.registry().register(&mut stream, token, interest)?;
            Ok(stream)
        });
        match opened {
            Ok(stream) => connection.stream = Some(stream),
            Err(error) => self.retry(run, at, error),
        }
    }

    /// Gives up the requests that are over their deadline.
    fn sweep(&mut self, run: &mut Run, now: Instant) {
        for (at, connection) in self.connections.iter_mut().enumerate() {
            let late = now.saturating_duration_since(connection.begun);
            if connection.stage == Stage::Idle || late < self.config.request_deadline {
                continue;
            }
            connection.stream = None;
            let what = format!("no whole reply within {late:?}");
            run.fail(|outcome| &mut outcome.errors.deadline, what);
            run.finish(at, connection);
        }
    }
}
