//! How many requests does each way of serving answer, what does each one cost, how long does the
//! slowest wait, and what does a connection take that only waits?
//!
//! The same HTTP/1.1 service (same parser, handlers, limits, listener options) served by tasks on
//! windlass, by a bare event loop written for it (the limit), by three kinds of blocking threads,
//! and by tokio, smol and monoio; beside them hyper on tokio and on windlass, which bring their own
//! parser. Each server is a process of its own; the client is this process, one thread on bare mio,
//! in a closed or an open loop; it checks every reply.
//!
//! **What it does not show.** A network, and a server alone: all goes over loopback, and client and
//! server share the machine. What each group does not show stands with it.
//!
//! The program is its own server: started with a variable in its environment, it is one.

#[path = "server/spec.rs"]
mod spec;

#[path = "server/bare.rs"]
mod bare;
#[path = "server/smol_server.rs"]
mod smol_server;
#[path = "server/tokio_server.rs"]
mod tokio_server;

#[path = "server/hyper_server.rs"]
mod hyper_server;
#[path = "server/monoio_server.rs"]
mod monoio_server;
#[path = "server/nginx.rs"]
mod nginx;

#[path = "server/child.rs"]
mod child;
#[path = "server/field.rs"]
mod field;

#[path = "server/held.rs"]
mod held;
#[path = "server/kept.rs"]
mod kept;
#[path = "server/open.rs"]
mod open;
#[path = "server/pinned.rs"]
mod pinned;

use std::process::ExitCode;

use windlass_benches::Harness;

use field::Size;

fn main() -> ExitCode {
    if let Some(code) = child::serve_if_told() {
        return code;
    }
    let mut bench = Harness::from_args("server");
    bench.rounds_unless_all();
    let size = Size::of(&bench);
    pinned::measure(&mut bench, size);
    kept::measure(&mut bench, size);
    open::measure(&mut bench, size);
    held::measure(&mut bench, size);
    bench.finish()
}

/// How a closed loop is measured.
fn method(at_once: usize) -> String {
    format!(
        "Each server is a process of its own, this program started again; the client is one thread \
         on bare mio in another, checks every byte of every reply, and keeps {at_once} requests in \
         flight: no error is allowed. Only the server being measured is loaded; before each window \
         one request on each kept connection is not counted. Where the limit of open files does \
         not allow all contenders' connections at once, some open theirs before each window. \
         Processor time is the server's, from the clock of its process; which part of it is user \
         code is from the kernel's samples (250 a second), and coarse. Rate x mean latency must \
         give back the requests in flight (Little's law)."
    )
}
