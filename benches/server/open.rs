//! Requests at a rate of their own: how long does a user wait?

use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass::kit::serve::Model;
use windlass_benches::{Better, Harness};

use crate::field::{BARE, Field, PER_CONNECTION, Size};

const PER_S: u32 = 40_000;
const CONNECTIONS: usize = 1000;

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness, size: Size) {
    bench.group("open_40k_1000", |group| {
        group
            .title("p99.9 at 40,000/s, 1000 connections")
            .question("How long does the slowest of a thousand requests wait, at a given rate?")
            .method(
                "An open loop: 40,000 requests a second over 1000 kept connections, each at its \
                 intended time, on the connection that has been free for longest. A latency counts \
                 from the intended time, also while the request waits for a free connection, so \
                 that a stall shows on every request it delays (no coordinated omission). The \
                 generator is one thread that waits awake, on the machine's last core; the server \
                 is kept to the first. What it noticed too late stands beside \
                 (generator_late_ms_p999); a window in which that was more than 2 ms is void and \
                 run again; dropped requests fail the contender. Every reply is checked.",
            )
            .not_shown(
                "Other rates: near the knee it is the knee that decides. A quiet machine's floor: \
                 of a virtual machine whose host takes the core away for milliseconds, p99.9 shows \
                 the host too, for all alike.",
            )
            .unit("ms", Better::Lower)
            .without_criterion()
            .without_control()
            .crowded()
            .rounds(10, 30)
            .budget(Duration::from_secs(16))
            .sample(Duration::from_millis(400))
            .claim("p99.9 within 1.5x of the bare loop's", BARE, 1.0 / 1.5)
            .claim("p99.9 10x better than thread per connection's", PER_CONNECTION, 10.0);
        let load = |addr| LoadConfig::hello(addr, size.connections(CONNECTIONS));
        let mut field = Field::new(group, size, CONNECTIONS).pinned().open(PER_S);
        field.windlass(&load);
        field.bare(&load);
        field.tokio(&load);
        field.blocking(PER_CONNECTION, Model::ThreadPerConnection, &load);
    });
}
