//! Connections that are held: what each takes of the memory, and what many do to the few that ask.

use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass::kit::serve::Model;
use windlass::kit::stage::files;
use windlass::kit::stage::growth::{self, LOT};
use windlass_benches::{Better, Group, Harness, Role, Window};

use crate::child;
use crate::field::{BARE, Field, PER_CONNECTION, Size, TOKIO, WINDLASS};
use crate::spec::{Kind, Spec};

/// Connections held; the last is the issue's.
const HELD: [usize; 3] = [100, 1000, 10_000];

/// The bar, in KiB.
const MOST_KIB: f64 = 2.2;

/// Requests a second over all connections, one after the other.
const PER_S: u32 = 20_000;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness, size: Size) {
    // A first look has no time for so many.
    let held = if bench.quick() { &HELD[..2] } else { &HELD };
    for &held in held {
        memory(bench, size, held);
    }
    for &held in held {
        asked(bench, size, held);
    }
}

fn memory(bench: &mut Harness, size: Size, held: usize) {
    // To start and end ten thousand threads takes longer than all the rest.
    let threads = bench.all() || held < HELD[2];
    bench.group(&format!("held_memory_{held}"), |group| {
        let method = " tokio's connections own a read buffer of 2 KiB each, as its users write it, \
                      of which the first page is resident.";
        let not_shown = " With few connections, what the server sets up once for many counts for \
                         these few.";
        growth::describe(group, held, method, not_shown);
        group.over("memory of a held connection", "connections", held as f64).without_criterion();
        if held == HELD[2] {
            let text = "at most 2.2 KiB for each of 10,000 idle connections";
            group.limit(text, MOST_KIB);
        }
        let held = size.connections(held);
        holder(group, WINDLASS, Role::Subject, Spec::of(Kind::Kit(Model::Evented)), held);
        holder(group, BARE, Role::Limit, Spec::of(Kind::Bare).workers(1), held);
        holder(group, TOKIO, Role::Peer, Spec::of(Kind::Tokio), held);
        if threads {
            let spec = Spec::of(Kind::Kit(Model::ThreadPerConnection));
            holder(group, PER_CONNECTION, Role::Baseline, spec, held);
        }
    });
}

fn holder(group: &mut Group<'_>, name: &str, role: Role, spec: Spec, held: usize) {
    match files::enough(held + LOT) {
        Ok(()) => group.window(name, role, move |_: &Window| {
            growth::kib_per_connection(&child::start(&spec)?, held)
        }),
        Err(why) => group.broken(name, role, &why),
    };
}

fn asked(bench: &mut Harness, size: Size, held: usize) {
    // Long enough that each connection is asked in each window.
    let (sample_ms, rounds) = if held < HELD[2] { (100, 10) } else { (500, 6) };
    let all = bench.all();
    bench.group(&format!("held_cpu_{held}"), |group| {
        group
            .title(&format!("CPU per request, {held} connections held"))
            .question("Does a request cost more when more connections are held?")
            .method(
                "An open loop, 20,000 requests a second, on each of the connections in turn; \
                 server on the first core, client on the last. Processor time of the server by \
                 requests answered. Not one error is allowed.",
            )
            .not_shown(
                "The runtime alone: the more sockets, the less of what the kernel knows of each is \
                 in the caches, for all contenders alike; the bare loop shows how much.",
            )
            .unit("us of CPU per request", Better::Lower)
            .over("CPU per request over held connections", "connections", held as f64)
            .without_criterion()
            .without_control()
            .rounds(rounds, rounds)
            .sample(Duration::from_millis(sample_ms));
        let load = |addr| LoadConfig::hello(addr, size.connections(held));
        let mut field = Field::new(group, size, held).pinned().cost(PER_S);
        field.windlass(&load);
        field.bare(&load);
        if all {
            field.tokio(&load);
        }
    });
}
