//! A server on one core, its client on another: what the runtime itself costs.

use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass_benches::{Group, Harness, Role, cores};

use crate::contest::{CPU, USER_CPU};
use crate::field::{BARE, Field, Size, TOKIO};
use crate::spec::{Kind, Spec};

const NOT_SHOWN: &str = "What a second core is good for. The client has a core to itself and is as \
    busy as the server: where client_cpu_share is near 1, the rate is bounded by the client, and \
    the processor time for each request tells more. A network: all goes over loopback.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness, size: Size) {
    for at_once in [64, 1000] {
        ranked(bench, size, at_once);
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
        group
            .title(&format!("hello, one core each, {at_once} at once"))
            .question("What does the runtime itself cost, on one core, beside a bare event loop?")
            .rounds(10, 60)
            .budget(Duration::from_secs(14))
            .sample(Duration::from_millis(300))
            .claim("one core: at least tokio's requests/s", TOKIO, 1.0)
            .claim("one core: at least 0.97x the bare loop's requests/s", BARE, 0.97)
            .claim_of("one core: CPU at most 1.05x the bare loop's", CPU, BARE, 1.05)
            .claim_of("one core: user CPU at most 1.25x the bare loop's", USER_CPU, BARE, 1.25);
        let load = |addr| LoadConfig::hello(addr, size.connections(at_once));
        let mut field = Field::new(group, size, at_once).pinned();
        field.windlass(&load);
        field.bare(&load);
        field.tokio(&load);
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
    let family = "hello, one core for the server and one for the client";
    group
        .rate("requests per second")
        .method(&format!(
            "{} The server, with one worker, is kept to the machine's first core, the client to \
             its last{}.",
            crate::method(at_once),
            if cores::count() < 2 { " (here they are one and the same)" } else { "" }
        ))
        .not_shown(NOT_SHOWN)
        .over(family, "requests at once", at_once as f64);
}
