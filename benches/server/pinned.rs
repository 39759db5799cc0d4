//! A server on one core, its client on another: what the runtime itself costs.

use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass::kit::measure::cores;
use windlass_benches::{Better, Group, Harness, Role};

use crate::field::{BARE, Field, Size, TOKIO};
use crate::spec::{Kind, Spec};
use windlass::kit::stage::contest::CPU;

const NOT_SHOWN: &str = "What a second core is good for. The client has a core to itself and is as \
    busy as the server: where client_cpu_share is near 1, the rate is bounded by the client, and \
    the processor time for each request tells more. A network: all goes over loopback.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness, size: Size) {
    for at_once in [64, 1000] {
        ranked(bench, size, at_once);
    }
    if !bench.quick() {
        user(bench, size);
    }
    let at_once: &[usize] = if bench.all() { &[64, 1000] } else { &[64] };
    for &at_once in at_once {
        peers(bench, size, at_once);
    }
}

/// The subject against the limit and tokio, with the bars.
fn ranked(bench: &mut Harness, size: Size, at_once: usize) {
    bench.group(&format!("pinned_{at_once}"), |group| {
        common(group, at_once);
        let family = "hello, one core for the server and one for the client";
        group
            .over(family, "requests at once", at_once as f64)
            .title(&format!("hello, one core each, {at_once} at once"))
            .question("What does the runtime itself cost, on one core, beside a bare event loop?")
            .rounds(10, 60)
            .budget(Duration::from_secs(14))
            .sample(Duration::from_millis(300))
            .no_worse("one core: at least tokio's requests/s", TOKIO, 1.0)
            .claim("one core: at least 0.97x the bare loop's requests/s", BARE, 0.97)
            .claim_of("one core: CPU at most 1.05x the bare loop's", CPU, BARE, 1.05);
        let load = |addr| LoadConfig::hello(addr, size.connections(at_once));
        let mut field = Field::new(group, size, at_once).pinned();
        field.windlass(&load);
        field.bare(&load);
        field.tokio(&load);
    });
}

/// The user code alone, in windows long enough for the kernel's samples.
fn user(bench: &mut Harness, size: Size) {
    let at_once = 64;
    let all = bench.all();
    bench.group(&format!("pinned_user_{at_once}"), |group| {
        common(group, at_once);
        group
            .title(&format!("user CPU per request, {at_once} at once"))
            .question("And of what it costs, how much is the runtime's and the service's own code?")
            .unit("us of user CPU per request", Better::Lower)
            .without_control()
            .without_criterion()
            .rounds(10, 10)
            .sample(Duration::from_millis(900))
            .claim("one core: user CPU at most 1.25x the bare loop's", BARE, 1.0 / 1.25);
        let load = |addr| LoadConfig::hello(addr, size.connections(at_once));
        let mut field = Field::new(group, size, at_once).pinned().user();
        field.windlass(&load);
        field.bare(&load);
        if all {
            field.tokio(&load);
        }
    });
}

/// All the others.
fn peers(bench: &mut Harness, size: Size, at_once: usize) {
    let all = bench.all();
    bench.group(&format!("pinned_peers_{at_once}"), |group| {
        common(group, at_once);
        group
            .title(&format!("the same, more peers, {at_once} at once"))
            .question("And beside the other runtimes, and hyper on two of them?")
            .without_control()
            .rounds(10, 10)
            .sample(Duration::from_millis(100));
        let load = |addr| LoadConfig::hello(addr, size.connections(at_once));
        let mut field = Field::new(group, size, at_once).pinned();
        field.windlass(&load);
        for (name, kind) in [
            ("tokio, current-thread", Kind::TokioOneThread),
            ("smol", Kind::Smol),
            ("monoio, epoll", Kind::MonoioEpoll),
            ("monoio, io_uring", Kind::MonoioUring),
            ("hyper on windlass", Kind::HyperWindlass),
            ("hyper on tokio", Kind::HyperTokio),
        ] {
            field.enter(name, Role::Peer, Spec::of(kind), &load);
        }
        if all {
            field.enter("nginx", Role::Peer, Spec::of(Kind::Nginx), &load);
        }
    });
}

fn common(group: &mut Group<'_>, at_once: usize) {
    group
        .rate("requests per second")
        .method(&format!(
            "{} The server, with one worker, is kept to the machine's first core, the client to \
             its last{}.",
            crate::method(at_once),
            if cores::count() < 2 { " (here they are one and the same)" } else { "" }
        ))
        .not_shown(NOT_SHOWN);
}
