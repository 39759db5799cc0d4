//! What has happened since the service started, and how it is told to Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::workflow::pressure::PressureMetrics;

/// A number that only counts up.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn one(&self) {
        self.add(1);
    }

    /// Counts one: how many there were before.
    pub(super) fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number of things that are under way.
#[derive(Debug, Default)]
pub(super) struct Gauge(AtomicU64);

/// One of the things that a [`Gauge`] counts, while it lives.
#[derive(Debug)]
pub(super) struct Counted<'a>(&'a Gauge);

impl Gauge {
    pub(super) fn enter(&self) -> Counted<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self)
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Requests of any kind.
    pub(super) requests: Counter,
    /// Orders that were saved (and so acknowledged).
    pub(super) received: Counter,
    /// Requests answered with an order that their key had made before.
    pub(super) repeated: Counter,
    /// Orders refused because they make no sense.
    pub(super) invalid: Counter,
    /// Orders refused for lack of room.
    pub(super) rejected: Counter,
    /// Requests that failed because the database did.
    pub(super) unsaved: Counter,
    /// Calls of the slow service.
    pub(super) attempts: Counter,
    /// Of those, the ones that failed.
    pub(super) failed: Counter,
    /// Of those, the ones after which another was planned.
    pub(super) retried: Counter,
    /// Orders completed.
    pub(super) completed: Counter,
    /// Orders given up.
    pub(super) dead: Counter,
    /// Dead orders taken up again.
    pub(super) revived: Counter,
    /// Unfinished orders found at the start that had to be queued again.
    pub(super) requeued: Counter,
    /// Calls of the slow service under way.
    pub(super) in_flight: Gauge,
}

/// Metrics in Prometheus' text form, one after the other.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

impl Exposition {
    /// A number that only counts up.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.metric(name, help, "counter", &value);
    }

    /// A number that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.metric(name, help, "gauge", &value);
    }

    /// Numbers of one kind that go up and down, told apart by a label.
    pub(super) fn gauges<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        self.head(name, help, "gauge");
        self.labelled(name, label, values);
    }

    /// Numbers of one kind that only count up, told apart by a label.
    pub(super) fn counters<'a>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        self.head(name, help, "counter");
        self.labelled(name, label, values);
    }

    /// What bounds how many are inside: `name` says what.
    pub(super) fn pressure(&mut self, name: &str, figures: &PressureMetrics) {
        let gauges = [
            ("capacity", "How many may be inside.", figures.capacity),
            ("depth", "How many are inside.", figures.depth),
            ("depth_max", "The most there ever were.", figures.depth_max),
            ("waiters", "How many wait to be let in.", figures.waiters),
            ("waiters_max", "The most that ever did.", figures.waiters_max),
        ];
        for (which, help, value) in gauges {
            self.gauge(&format!("{name}_{which}"), help, value);
        }
        let counters = [
            ("admitted_total", "How many were let in.", figures.admitted),
            ("rejected_total", "How many were not.", figures.rejected),
            ("shed_total", "How many went for somebody newer.", figures.shed),
        ];
        for (which, help, value) in counters {
            self.counter(&format!("{name}_{which}"), help, value);
        }
    }

    fn labelled<'a>(
        &mut self,
        name: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, u64)>,
    ) {
        for (which, value) in values {
            // Writing to a String does not fail.
            let _ = writeln!(self.0, "windlass_{name}{{{label}=\"{which}\"}} {value}");
        }
    }

    fn metric(&mut self, name: &str, help: &str, kind: &str, value: &dyn std::fmt::Display) {
        self.head(name, help, kind);
        let _ = writeln!(self.0, "windlass_{name} {value}");
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP windlass_{name} {help}");
        let _ = writeln!(self.0, "# TYPE windlass_{name} {kind}");
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Figures {
    /// Tells the counters.
    pub(super) fn expose(&self, to: &mut Exposition) {
        let counters = [
            ("requests_total", "Requests of any kind.", &self.requests),
            ("orders_received_total", "Orders saved and acknowledged.", &self.received),
            ("orders_repeated_total", "Orders their key had made before.", &self.repeated),
            ("orders_invalid_total", "Orders that make no sense.", &self.invalid),
            ("orders_rejected_total", "Orders refused for lack of room.", &self.rejected),
            ("orders_unsaved_total", "Requests the database failed.", &self.unsaved),
            ("attempts_total", "Calls of the slow service.", &self.attempts),
            ("attempts_failed_total", "Calls that failed.", &self.failed),
            ("attempts_retried_total", "Failures to be tried again.", &self.retried),
            ("orders_completed_total", "Orders completed.", &self.completed),
            ("orders_dead_total", "Orders given up.", &self.dead),
            ("orders_revived_total", "Dead orders taken up again.", &self.revived),
            ("orders_requeued_total", "Orders queued again at the start.", &self.requeued),
        ];
        for (name, help, counter) in counters {
            to.counter(name, help, counter.get());
        }
        to.gauge("in_flight", "Calls of the slow service under way.", self.in_flight.get());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_in_prometheus_form() {
        let figures = Figures::default();
        figures.received.add(3);
        let under_way = figures.in_flight.enter();
        let mut text = Exposition::default();
        figures.expose(&mut text);
        text.gauges("queue", "Messages.", "state", [("ready", 2), ("dead", 0)]);
        let text = text.into_text();
        for line in [
            "# TYPE windlass_orders_received_total counter",
            "windlass_orders_received_total 3",
            "windlass_in_flight 1",
            "windlass_queue{state=\"ready\"} 2",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        drop(under_way);
        assert_eq!(figures.in_flight.get(), 0);
    }
}
