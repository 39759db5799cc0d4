//! Three times as many orders as can be done: what becomes of those that are taken, and of those
//! that are not?

use std::time::Duration;

use windlass::kit::serve::Model;
use windlass::kit::stage::contest::VOID;
use windlass::kit::stage::orders::{Stage, offered};
use windlass_benches::{Better, Harness, Role, Sample, Window};

/// 20 workers at 20 ms each: 1000 orders a second.
const SLOW: &[&str] = &["--latency", "20ms", "--jitter", "0ms"];
const WORKERS: [&str; 2] = ["--order-workers", "20"];
const CAPACITY_PER_S: u32 = 1000;
const CONNECTIONS: usize = 256;

const BOUNDED: &str = "windlass, bounded backlog";
const UNBOUNDED: &str = "windlass, a backlog without bound";
const UNLOADED: &str = "windlass, at a third of what it can do";

/// Refused by it, with `retry-after`.
const UNAVAILABLE: u16 = 503;

const REFUSED_MS: &str = "refused_ms_p99";
const RSS_GREW_MIB: &str = "rss_grew_mib";

/// Measures the group of this file. With `whole` the overload lasts as long as the goal says.
pub(crate) fn measure(bench: &mut Harness, whole: bool) {
    let time = Duration::from_millis(if whole { 10_000 } else { 1500 });
    bench.group("orders_overload", |group| {
        group
            .title("3x the orders it can do, p99 of taken")
            .question("When three times as many orders come as can be done, who waits, and where?")
            .method(
                "20 workers call a slow service that takes 20 ms: some 1000 orders a second. In an \
                 open loop over 256 kept connections 3000 a second are offered for 1.5 s (--all: \
                 10 s). The bounded service may have 500 unfinished orders and refuses others by \
                 503; the other takes all. The value is the p99 of the orders taken; beside it \
                 that of those refused, the share taken, how many orders were unfinished at the \
                 end, and by how much resident memory grew.",
            )
            .not_shown(
                "Clients that heed retry-after; orders so large that memory matters at once.",
            )
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(6, 6)
            .claim("taken orders keep their p99 within 2x of the unloaded", UNLOADED, 0.5)
            .limit_of("refused in under 5 ms (p99)", REFUSED_MS, 5.0)
            .limit_of("memory stays flat: it grows by at most 8 MiB", RSS_GREW_MIB, 8.0);
        for (name, role, per_s, backlog) in [
            (BOUNDED, Role::Subject, 3 * CAPACITY_PER_S, "500"),
            (UNLOADED, Role::Limit, CAPACITY_PER_S / 3, "500"),
            (UNBOUNDED, Role::Limit, 3 * CAPACITY_PER_S, "10000000"),
        ] {
            group.window(name, role, move |window| {
                let [workers, many] = WORKERS;
                let orders = [workers, many, "--backlog-max", backlog];
                overloaded(&orders, per_s, time, window)
            });
        }
    });
}

fn overloaded(
    orders: &[&str],
    per_s: u32,
    time: Duration,
    window: &Window,
) -> Result<Sample, String> {
    let stage = Stage::start(Model::Evented, SLOW, orders)?;
    let time = if window.smoke { Duration::from_millis(100) } else { time };
    let mut client = stage.client(CONNECTIONS, Some(UNAVAILABLE))?;
    stage.settle()?;
    let (_, before_mib) = stage.threads_and_rss_mib()?;
    let loaded = offered(&mut client, per_s, time)?;
    let unfinished = stage.figures()?.unfinished()?;
    let (_, after_mib) = stage.threads_and_rss_mib()?;
    Ok(Sample::new(loaded.ms(0.99))
        .with(REFUSED_MS, loaded.refused_ms(0.99))
        .with("taken_share", loaded.taken_share())
        .with("unfinished_at_end", unfinished)
        .with(VOID, f64::from(loaded.void))
        .with(RSS_GREW_MIB, after_mib - before_mib))
}
