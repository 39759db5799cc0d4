//! The slow service fails, stalls and vanishes while orders come in: who notices?

use std::thread;
use std::time::{Duration, Instant};

use windlass::kit::serve::Model;
use windlass_benches::{Better, Harness, Role, Sample, Window};

use windlass::kit::stage::orders::{Ended, Stage, offered_once};

const SLOW: &[&str] = &["--latency", "20ms", "--jitter", "5ms", "--seed", "7"];
const ORDERS: &[&str] = &["--backoff-max", "1s"];

/// Behind a queue orders are tried for longer than the outages last. In line that would only keep
/// clients waiting: there the usual number of attempts holds.
const PATIENT: &[&str] = &["--backoff-max", "1s", "--attempts-max", "40"];

const ACKNOWLEDGES: &str = "windlass, acknowledges";
const PER_CONNECTION: &str = "in line, thread per connection";

const PER_S: u32 = 500;
const SMOKE_PER_S: u32 = 50;
const CONNECTIONS: usize = 256;

/// The slow service is well again.
const WELL: &str = r#"{"fail_rate":0,"stall_ms":0,"gone":false}"#;

/// A reply that says that the order could not be carried out.
const BAD_GATEWAY: u16 = 502;

/// Measures the group of this file. With `whole` the faults last as long as the goal says.
pub(crate) fn measure(bench: &mut Harness, whole: bool) {
    let phases: [(&str, u64); 3] = match whole {
        true => [
            (r#"{"fail_rate":0.3}"#, 3000),
            (r#"{"stall_ms":3000}"#, 3000),
            (r#"{"gone":true}"#, 5000),
        ],
        false => [
            (r#"{"fail_rate":0.3}"#, 600),
            (r#"{"stall_ms":3000}"#, 600),
            (r#"{"gone":true}"#, 1000),
        ],
    };
    bench.group("orders_outage", |group| {
        group
            .title("POST /orders through outages, p99")
            .question("How long do clients wait while the service behind fails, stalls, vanishes?")
            .method(
                "An open loop of 500 orders a second over 256 kept connections, without a pause \
                 between three phases: the slow service (20 ms) fails 30 % of its calls, then \
                 stalls 3 s on each (longer than a call may take), then replies to none; 0.6, 0.6 \
                 and 1 s, with --all 3, 3 and 5 s, by the clock. The value is the p99 of all \
                 orders, whatever became of them; taken_share tells which share was taken (202, or \
                 201 in line; the others got 502). Then the slow service is well again, and all \
                 acknowledged orders \
                 must be completed, none given up, or the sample is an error; settled_s is how \
                 long that took.",
            )
            .not_shown("Clients that try again: nobody does here.")
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .limit("p99 of POST under 25 ms over all three outages", 25.0);
        for (name, role, model) in [
            (ACKNOWLEDGES, Role::Subject, Model::Evented),
            (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
        ] {
            group.window(name, role, move |window| through(model, &phases, window));
        }
    });
}

fn through(model: Model, phases: &[(&str, u64)], window: &Window) -> Result<Sample, String> {
    let orders = if model == Model::Evented { PATIENT } else { ORDERS };
    let stage = Stage::start(model, SLOW, orders)?;
    let per_s = if window.smoke { SMOKE_PER_S } else { PER_S };
    let refused = (model != Model::Evented).then_some(BAD_GATEWAY);
    let mut client = stage.client(CONNECTIONS.min(per_s as usize), refused)?;
    let length = |ms: u64| Duration::from_millis(if window.smoke { 100 } else { ms });
    let whole = phases.iter().map(|(_, ms)| length(*ms)).sum();
    let loaded = thread::scope(|scope| {
        // By the clock, whatever the clients still wait for.
        let switch = scope.spawn(|| {
            let mut until = Instant::now();
            for (change, ms) in phases {
                stage.faults(change)?;
                until += length(*ms);
                thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            stage.faults(WELL)
        });
        let loaded = offered_once(&mut client, per_s, whole).map_err(|error| error.to_string())?;
        switch.join().map_err(|_| "who switches the faults panicked".to_owned())??;
        loaded
    })?;
    let mut sample = Sample::new(loaded.any_ms(0.99)).with("taken_share", loaded.taken_share());
    if model == Model::Evented {
        let begun = Instant::now();
        let (ended, effects) = (stage.settle()?, stage.effects()?);
        if ended.dead > 0.0 || ended.completed != effects {
            let Ended { completed, dead } = ended;
            return Err(format!("{completed} completed, {dead} given up, {effects} done"));
        }
        sample = sample.with("settled_s", begun.elapsed().as_secs_f64());
    }
    Ok(sample
        .with("latency_ms_p50", loaded.any_ms(0.50))
        .with("latency_ms_max", loaded.any_ms(1.0)))
}
