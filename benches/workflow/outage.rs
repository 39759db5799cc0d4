//! The slow service fails, stalls and vanishes while orders come in: who notices?

use std::time::Duration;

use windlass::kit::serve::Model;
use windlass_benches::{Better, Harness, Role, Sample, Window};

use crate::stage::{Stage, offered};

const SLOW: &[&str] = &["--latency", "20ms", "--jitter", "5ms", "--seed", "7"];
const ORDERS: &[&str] = &["--attempts-max", "40", "--backoff-max", "1s"];

const ACKNOWLEDGES: &str = "windlass, acknowledges";
const PER_CONNECTION: &str = "in line, thread per connection";

const PER_S: u32 = 500;
const SMOKE_PER_S: u32 = 50;
const CONNECTIONS: usize = 256;

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
                 and 1 s, with --all 3, 3 and 5 s. The value is the p99 of all orders, whatever \
                 became of them; taken_share tells which share was taken (202, or 201 in line; the \
                 others got 502). Then the slow service is well again, and all acknowledged orders \
                 must be completed, none given up, or the sample is an error; settled_s is how \
                 long that took.",
            )
            .not_shown("Clients that try again: nobody does here.")
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .limit("POST keeps its p99 under 25 ms through every outage", 25.0);
        for (name, role, model) in [
            (ACKNOWLEDGES, Role::Subject, Model::Evented),
            (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
        ] {
            group.window(name, role, move |window| through(model, &phases, window));
        }
    });
}

fn through(model: Model, phases: &[(&str, u64)], window: &Window) -> Result<Sample, String> {
    let stage = Stage::start(model, SLOW, ORDERS)?;
    let per_s = if window.smoke { SMOKE_PER_S } else { PER_S };
    let refused = (model != Model::Evented).then_some(BAD_GATEWAY);
    let mut client = stage.client(CONNECTIONS.min(per_s as usize), refused)?;
    let mut all: Option<crate::stage::Loaded> = None;
    for (change, ms) in phases {
        stage.faults(change)?;
        let ms = if window.smoke { 100 } else { *ms };
        let loaded = offered(&mut client, per_s, Duration::from_millis(ms))?;
        match &mut all {
            Some(all) => all.add(&loaded)?,
            None => all = Some(loaded),
        }
    }
    let all = all.ok_or("no phase")?;
    let well = r#"{"fail_rate":0,"stall_ms":0,"gone":false}"#;
    stage.faults(well)?;
    let mut sample = Sample::new(all.any_ms(0.99)).with("taken_share", all.taken_share());
    if model == Model::Evented {
        let begun = std::time::Instant::now();
        let (_, dead) = stage.settle()?;
        if dead > 0.0 {
            return Err(format!("{dead} acknowledged orders were given up"));
        }
        sample = sample.with("settled_s", begun.elapsed().as_secs_f64());
    }
    Ok(sample.with("latency_ms_p50", all.any_ms(0.50)).with("latency_ms_max", all.any_ms(1.0)))
}
