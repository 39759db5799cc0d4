//! The contenders of one group: who takes part, and how each is loaded.

use std::net::SocketAddr;

use windlass::kit::load::LoadConfig;
use windlass::kit::serve::Model;
use windlass_benches::{Group, Harness, Role};

use windlass::kit::stage::contest::{Connect, Contest, How};
use windlass::kit::stage::files;

use crate::spec::{Kind, Spec};
use crate::{child, nginx};

/// The subject's name.
pub(crate) const WINDLASS: &str = "windlass evented";
/// The limit's name: what the others are held against.
pub(crate) const BARE: &str = "bare mio loop";
/// The name of the most used peer.
pub(crate) const TOKIO: &str = "tokio";
/// The name of the best blocking baseline.
pub(crate) const PER_CONNECTION: &str = "thread per connection";
/// The name of the simplest blocking baseline.
pub(crate) const PER_REQUEST: &str = "thread per request";

/// Most threads of the pool: what `windlass serve` gives it by default.
pub(crate) const POOL_THREADS_MAX: usize = 64;

/// Connections in smoke mode, at most.
const SMOKE_CONNECTIONS: usize = 8;

/// Descriptors beside those of connections.
const DESCRIPTORS_BESIDE: usize = 256;

/// How the client asks.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    /// Each connection asks again when it is answered; requests per second.
    Closed,
    /// As closed; the server's user code for each request.
    User,
    /// So many requests a second; the latency that a thousandth exceeds.
    Open { per_s: u32 },
    /// So many requests a second; the server's processor time for each.
    Cost { per_s: u32 },
}

/// The contenders of one group.
pub(crate) struct Field<'g, 'a> {
    pub(crate) group: &'g mut Group<'a>,
    /// Requests in flight, or connections.
    pub(crate) at_once: usize,
    /// Servers are kept to one core, their clients to another.
    pub(crate) pinned: bool,
    pub(crate) manner: Manner,
    /// Connections held open by contenders that have entered.
    held: usize,
}

impl<'g, 'a> Field<'g, 'a> {
    /// An empty one, closed loop, not pinned.
    pub(crate) fn new(group: &'g mut Group<'a>, size: Size, at_once: usize) -> Self {
        let at_once = size.connections(at_once);
        Field { group, at_once, pinned: false, manner: Manner::Closed, held: 0 }
    }

    /// The same with servers on the first core, and their clients on the last.
    pub(crate) fn pinned(mut self) -> Self {
        self.pinned = true;
        self
    }

    /// The same, measured for what the server's user code takes.
    pub(crate) fn user(mut self) -> Self {
        self.manner = Manner::User;
        self
    }

    /// The same in an open loop.
    pub(crate) fn open(mut self, per_s: u32) -> Self {
        self.manner = Manner::Open { per_s };
        self
    }

    /// The same in an open loop, and measured for what it costs the server.
    pub(crate) fn cost(mut self, per_s: u32) -> Self {
        self.manner = Manner::Cost { per_s };
        self
    }

    /// windlass with the workers it chooses: one, where it is kept to one core.
    pub(crate) fn windlass(&mut self, load: Load<'_>) {
        self.enter(WINDLASS, Role::Subject, Spec::of(Kind::Kit(Model::Evented)), load);
    }

    /// The limit: one bare loop.
    pub(crate) fn bare(&mut self, load: Load<'_>) {
        self.enter(BARE, Role::Limit, Spec::of(Kind::Bare).workers(1), load);
    }

    /// tokio, multi-thread.
    pub(crate) fn tokio(&mut self, load: Load<'_>) {
        self.enter(TOKIO, Role::Peer, Spec::of(Kind::Tokio), load);
    }

    /// A blocking model.
    pub(crate) fn blocking(&mut self, name: &str, model: Model, load: Load<'_>) {
        let pool_threads = self.at_once.min(POOL_THREADS_MAX);
        let spec = Spec::of(Kind::Kit(model)).pool(pool_threads);
        self.enter(name, Role::Baseline, spec, load);
    }

    /// Starts a contender's server and client; what does not start is recorded with the reason.
    pub(crate) fn enter(&mut self, name: &str, role: Role, spec: Spec, load: Load<'_>) {
        let spec = if self.pinned { spec.pinned() } else { spec };
        let installed = match spec.kind {
            Kind::Nginx => nginx::program().map(drop),
            _ => Ok(()),
        };
        let started =
            installed.and_then(|()| self.connect()).and_then(|connect| start(&spec, connect, load));
        let manner = self.manner;
        match started {
            Ok((mut contest, leftovers)) => self.group.window(name, role, move |window| {
                // Removed when the group has been measured.
                let _ = &leftovers;
                match manner {
                    Manner::Closed => contest.measure(window),
                    Manner::User => contest.measure_user(window),
                    Manner::Open { per_s } => contest.measure_open(window, per_s),
                    Manner::Cost { per_s } => contest.measure_cost(window, per_s),
                }
            }),
            Err(why) => self.group.broken(name, role, &why),
        };
    }

    /// Whether the next contender's connections stay open between windows: where the limit of open
    /// files leaves room for them and once more as many, which others then open when it is their
    /// turn.
    fn connect(&mut self) -> Result<Connect, String> {
        let wanted = self.held + 2 * self.at_once + DESCRIPTORS_BESIDE;
        if files::up_to(wanted)? >= wanted {
            self.held += self.at_once;
            return Ok(Connect::Once);
        }
        files::enough(self.held + self.at_once + DESCRIPTORS_BESIDE)?;
        Ok(Connect::EachWindow)
    }
}

/// Starts a server and its client, and whatever must be removed after it.
fn start(
    spec: &Spec,
    connect: Connect,
    load: Load<'_>,
) -> Result<(Contest, Option<nginx::Files>), String> {
    let process = child::start(spec)?;
    let files = (spec.kind == Kind::Nginx).then(|| nginx::Files::of(process.id()));
    let load = load(process.addr());
    // A pool ends connections while others wait, and a connection that serves one request may end
    // before it is used.
    let retries_belong = spec.close_each || spec.kind == Kind::Kit(Model::ThreadPool);
    let how = How { connect, retries_belong, pinned: spec.pinned };
    Ok((Contest::start(process, load, how)?, files))
}

/// What load a server at an address is put under.
pub(crate) type Load<'l> = &'l dyn Fn(SocketAddr) -> LoadConfig;

/// How large the groups are.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    smoke: bool,
}

impl Size {
    pub(crate) fn of(bench: &Harness) -> Size {
        Size { smoke: bench.smoke() }
    }

    /// So many connections, or few in smoke mode.
    pub(crate) fn connections(self, wanted: usize) -> usize {
        if self.smoke { wanted.min(SMOKE_CONNECTIONS) } else { wanted }
    }
}
