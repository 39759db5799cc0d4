//! What `windlass load` says: as a table of at most 80 columns, and as JSON.

use std::fmt::Write;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::kit::load::{LoadConfig, LoadOutcome, Rate};
use crate::kit::report::text::{figure, harmless, percent, wrap};

const WIDTH: usize = 80;

/// Less of the connections in use than this share, by Little's law, means that the generator holds
/// requests back.
const LITTLE_SHARE_MIN: f64 = 0.9;

/// Fewer answers than this share of the rate asked for are worth a note.
const RATE_SHARE_MIN: f64 = 0.95;

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct LoadResult {
    format: &'static str,
    schema: u32,
    url: String,
    method: &'static str,
    #[serde(rename = "loop")]
    kind: &'static str,
    /// Requests per second that were asked for, in an open loop.
    rate: Option<u32>,
    connections: usize,
    /// A connection for each request.
    close: bool,
    /// What of each reply was checked.
    checked: String,
    elapsed_s: f64,
    requests: u64,
    requests_per_s: f64,
    errors: ErrorCounts,
    /// Requests that were due and never sent, since too many waited.
    dropped: u64,
    retries: u64,
    connects: u64,
    latency_ms: Quantiles,
    /// How late the generator noticed that requests were due (open loop).
    lateness_ms: Option<Quantiles>,
    /// Requests on their way at a time: rate times mean latency (closed loop).
    in_flight: Option<f64>,
    /// What keeps the figures from being what was asked for; empty when all is well.
    wrong: Vec<String>,
    /// What to bear in mind.
    notes: Vec<String>,
    /// Ctrl-C ended it early.
    interrupted: bool,
}

#[derive(Debug, Serialize)]
struct ErrorCounts {
    connection: u64,
    reply: u64,
    deadline: u64,
    first: Option<String>,
}

/// Quantiles in milliseconds.
#[derive(Debug, Serialize)]
struct Quantiles {
    mean: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    #[serde(rename = "p99.9")]
    p999: f64,
    max: f64,
}

impl Quantiles {
    fn of(ns: &Histogram<u64>) -> Quantiles {
        let at = |quantile| ns.value_at_quantile(quantile) as f64 / 1e6;
        Quantiles {
            mean: ns.mean() / 1e6,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: ns.max() as f64 / 1e6,
        }
    }
}

/// How the load was made.
pub(super) struct Made {
    pub(super) url: String,
    pub(super) method: &'static str,
    pub(super) rate: Option<u32>,
    pub(super) close: bool,
    pub(super) checked: String,
    pub(super) interrupted: bool,
}

impl LoadResult {
    pub(super) fn new(made: Made, config: &LoadConfig, outcome: &LoadOutcome) -> LoadResult {
        let open = made.rate.is_some();
        let rate = outcome.requests_per_s();
        let in_flight = (!open).then(|| rate * outcome.latency_ns.mean() / 1e9);
        let errors = ErrorCounts {
            connection: outcome.errors.connection,
            reply: outcome.errors.reply,
            deadline: outcome.errors.deadline,
            first: outcome.first_error.as_deref().map(harmless),
        };
        let mut result = LoadResult {
            format: "windlass-load",
            schema: 1,
            url: made.url,
            method: made.method,
            kind: if open { "open" } else { "closed" },
            rate: made.rate,
            connections: config.connections,
            close: made.close,
            checked: made.checked,
            elapsed_s: outcome.elapsed.as_secs_f64(),
            requests: outcome.requests,
            requests_per_s: rate,
            errors,
            dropped: outcome.dropped,
            retries: outcome.retries,
            connects: outcome.connects,
            latency_ms: Quantiles::of(&outcome.latency_ns),
            lateness_ms: open.then(|| Quantiles::of(&outcome.late_ns)),
            in_flight,
            wrong: wrong(outcome, open),
            notes: Vec::new(),
            interrupted: made.interrupted,
        };
        result.notes = result.notes();
        result
    }

    /// Whether the figures are what was asked for.
    pub(super) fn is_right(&self) -> bool {
        self.wrong.is_empty()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let used = self.in_flight.map(|seen| seen / self.connections as f64);
        if used.is_some_and(|used| used < LITTLE_SHARE_MIN) && !self.close && self.is_right() {
            notes.push(
                "fewer requests were on their way than there are connections: the generator may \
                 be what limits the rate; give it a core of its own"
                    .to_owned(),
            );
        }
        if self.rate.is_none() {
            notes.push(
                "a closed loop's latencies hide what a stalled server does to clients that do not \
                 wait; ask with --rate for those"
                    .to_owned(),
            );
        }
        let slow = |rate: &u32| self.requests_per_s < f64::from(*rate) * RATE_SHARE_MIN;
        if let Some(rate) = self.rate.filter(slow).filter(|_| !self.interrupted) {
            let seen = figure(self.requests_per_s);
            notes.push(format!("{rate} requests were due each second, and {seen} were answered"));
        }
        if self.interrupted {
            notes.push("Ctrl-C ended it early: these are the figures until then".to_owned());
        }
        notes
    }

    /// The table.
    pub(super) fn table(&self) -> String {
        let mut out = String::new();
        let asked = match self.rate {
            Some(rate) => format!("open loop, {rate}/s due"),
            None => "closed loop".to_owned(),
        };
        let each = if self.close { ", one for each request" } else { "" };
        let (connections, elapsed) = (self.connections, self.elapsed_s);
        let title = format!("{} {}", self.method, harmless(&self.url));
        let how = format!("{asked}, {connections} connections{each}, {elapsed:.2} s");
        let _ = writeln!(out, "{title}\n{how}\nreplies checked by {}\n", self.checked);
        let ErrorCounts { connection, reply, deadline, .. } = &self.errors;
        let _ = writeln!(out, "requests {:>13}  {}/s", self.requests, figure(self.requests_per_s));
        let _ = writeln!(
            out,
            "errors   {:>13}  connection {connection}, reply {reply}, deadline {deadline}",
            connection + reply + deadline
        );
        if self.rate.is_some() {
            let _ = writeln!(out, "dropped  {:>13}", self.dropped);
        }
        let heads = ["p50", "p90", "p99", "p99.9", "max"];
        let heads: String = heads.iter().map(|head| format!("{head:>11}")).collect();
        let _ = writeln!(out, "\n{:<12}{heads}", "ms");
        let _ = writeln!(out, "{}", row("latency", &self.latency_ms));
        if let Some(lateness) = &self.lateness_ms {
            let _ = writeln!(out, "{}", row("lateness", lateness));
        }
        if let Some(seen) = self.in_flight.filter(|_| self.requests > 0) {
            let (rate, mean) = (figure(self.requests_per_s), figure(self.latency_ms.mean));
            let share = percent(seen / connections as f64);
            let _ = writeln!(
                out,
                "\nLittle's law: {rate}/s x {mean} ms = {} on their way, {share} of {connections}",
                figure(seen)
            );
        }
        for said in &self.wrong {
            let _ = writeln!(out, "{}", wrap(&format!("wrong: {said}"), WIDTH, ""));
        }
        for said in &self.notes {
            let _ = writeln!(out, "{}", wrap(&format!("note: {said}"), WIDTH, ""));
        }
        out
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn row(name: &str, quantiles: &Quantiles) -> String {
    let Quantiles { p50, p90, p99, p999, max, .. } = quantiles;
    let values = [p50, p90, p99, p999, max];
    let values: String = values.iter().map(|value| format!("{:>11}", figure(**value))).collect();
    format!("{name:<12}{values}")
}

/// What keeps the figures from being what was asked for.
fn wrong(outcome: &LoadOutcome, open: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let failed = outcome.errors.total();
    if failed > 0 {
        let first = harmless(outcome.first_error.as_deref().unwrap_or("unknown"));
        wrong.push(format!("requests that failed: {failed}, the first: {first}"));
    }
    if outcome.dropped > 0 {
        let dropped = outcome.dropped;
        wrong.push(format!(
            "requests that were never sent: {dropped}, since too many waited for a connection: the \
             server is slower than the rate, and the latencies leave these out"
        ));
    }
    let (late_max, late) = (Rate::default().late_max, outcome.late_ns.value_at_quantile(0.999));
    let late = Duration::from_nanos(late);
    if open && late > late_max {
        wrong.push(format!(
            "the generator fell behind: it noticed a thousandth of the requests {late:.1?} late or \
             later, and may be {late_max:?} late; the latencies say nothing of the server: give \
             the generator a core of its own, or ask for a lower rate"
        ));
    }
    wrong
}
