//! Orders acknowledged, against orders done in line: how long does a client wait?

use std::time::Duration;

use windlass::kit::serve::Model;
use windlass::kit::stage::contest::VOID;
use windlass::kit::stage::orders::{Stage, offered};
use windlass_benches::{Better, Harness, Role, Sample, Window};

/// How long the slow service takes.
const SLOW: &[&str] = &["--latency", "200ms", "--jitter", "0ms"];
const SMOKE_SLOW: &[&str] = &["--latency", "20ms", "--jitter", "0ms"];

const ACKNOWLEDGES: &str = "windlass, acknowledges";
const PER_CONNECTION: &str = "in line, thread per connection";

/// Orders a second that are offered for their latency.
const GENTLE_PER_S: u32 = 50;

const CONNECTIONS: usize = 64;

/// A window in smoke mode.
const SMOKE: Duration = Duration::from_millis(500);

pub(crate) fn slow(window: &Window) -> &'static [&'static str] {
    if window.smoke { SMOKE_SLOW } else { SLOW }
}

/// How long to measure.
fn length(window: &Window) -> Duration {
    if window.smoke { SMOKE } else { window.duration }
}

/// Started by the first window, kept for the others.
fn stage<'a>(
    kept: &'a mut Option<Stage>,
    model: Model,
    window: &Window,
    more: &[&str],
) -> Result<&'a mut Stage, String> {
    if kept.is_none() {
        *kept = Some(Stage::start(model, slow(window), more)?);
    }
    kept.as_mut().ok_or_else(|| "no stage".to_owned())
}

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("orders_latency", |group| {
        group
            .title("POST /orders, 200 ms of work, p50")
            .question("How long does a client wait whose order takes 200 ms to be carried out?")
            .method(
                "An open loop of 50 orders a second over 64 kept connections to the orders \
                 service; each order is saved (SQLite, synchronous = FULL) and calls the slow \
                 service, a process of its own that takes 200 ms: after the reply (202), by a \
                 worker behind a queue, or before it (201), in line. Latency counts from when the \
                 order was meant to be sent. Every acknowledged order is completed before the \
                 next contender.",
            )
            .not_shown("Rates at which anybody is short of threads; a slow service that fails.")
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .sample(Duration::from_millis(700))
            .claim("acknowledged 10 times as soon as in line (p50)", PER_CONNECTION, 10.0);
        for (name, role, model) in [
            (ACKNOWLEDGES, Role::Subject, Model::Evented),
            (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
        ] {
            let mut kept = None;
            group.window(name, role, move |window| {
                let stage = stage(&mut kept, model, window, &[])?;
                let mut client = stage.client(CONNECTIONS.min(GENTLE_PER_S as usize), None)?;
                let loaded = offered(&mut client, GENTLE_PER_S, length(window))?;
                if model == Model::Evented {
                    stage.all_completed()?;
                }
                Ok(Sample::new(loaded.ms(0.50))
                    .with("latency_ms_p99", loaded.ms(0.99))
                    .with(VOID, f64::from(loaded.void)))
            });
        }
    });
}
