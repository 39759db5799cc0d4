//! The hello service as a contender: a process of its own, and the client that asks it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::kit::load::LoadConfig;
use crate::kit::measure::contender::{Role, Sample};
use crate::kit::measure::cores::{Confined, Core};
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::contest::{Connect, Contest, How, SOURCES};
use crate::kit::stage::files;
use crate::kit::stage::hello::Hello;

use super::claim::Course;

pub(super) const WINDLASS: &str = "windlass evented";
pub(super) const PER_CONNECTION: &str = "thread per connection";
pub(super) const PER_REQUEST: &str = "thread per request";

/// Connections in smoke mode, at most.
const SMOKE_CONNECTIONS: usize = 8;

/// Descriptors beside those of connections.
const FILES_BESIDE: usize = 256;

/// So many connections, or few in smoke mode.
pub(super) fn connections(course: &Course<'_>, wanted: usize) -> usize {
    if course.is_smoke() { wanted.min(SMOKE_CONNECTIONS) } else { wanted }
}

/// What makes one.
pub(super) struct Setup {
    /// The server.
    pub(super) hello: Hello,
    /// Server on the first core, client on the last.
    pub(super) pinned: bool,
    /// Context switches are counted.
    pub(super) counts_switches: bool,
    /// All connections of the group's contenders together.
    pub(super) of_all: usize,
}

impl Setup {
    /// A server of this model, as `windlass serve` starts it.
    pub(super) fn new(model: Model, of_all: usize) -> Setup {
        Setup { hello: Hello::new(model), pinned: false, counts_switches: false, of_all }
    }

    /// Starts the server, and connects the client that `load` describes: those of all contenders at
    /// once where the limit of open files allows it, else each when it is its turn.
    pub(super) fn start(self, load: impl FnOnce(SocketAddr) -> LoadConfig) -> Server {
        Server(self.started(load).map(|contest| Rc::new(RefCell::new(contest))))
    }

    fn started(self, load: impl FnOnce(SocketAddr) -> LoadConfig) -> Result<Contest, String> {
        let wanted = self.of_all + FILES_BESIDE;
        let connect = match files::up_to(wanted)? >= wanted {
            true => Connect::Once,
            false => Connect::EachWindow,
        };
        let process = {
            let _confined = self.pinned.then(|| Confined::to(Core::First));
            self.hello.start()?
        };
        let load = LoadConfig { sources: SOURCES, ..load(process.addr()) };
        // A pool ends kept connections while others wait.
        let retries_belong = self.hello.model == Model::ThreadPool || self.hello.close_each;
        let how = How { connect, retries_belong, pinned: self.pinned };
        let contest = Contest::start(process, load, how)?;
        Ok(if self.counts_switches { contest.counting_switches() } else { contest })
    }
}

/// A running server with its client, or why there is none; may take part in several groups.
#[derive(Clone)]
pub(super) struct Server(Result<Rc<RefCell<Contest>>, String>);

impl Server {
    /// Takes part in a group, measured by `measure`.
    pub(super) fn enter<'a>(
        &self,
        group: &mut Group<'a>,
        name: &str,
        role: Role,
        measure: impl Fn(&mut Contest, &Window) -> Result<Sample, String> + 'a,
    ) {
        match &self.0 {
            Err(why) => group.broken(name, role, why),
            Ok(contest) => {
                let contest = Rc::clone(contest);
                group.window(name, role, move |window| measure(&mut contest.borrow_mut(), window))
            }
        };
    }
    /// The same with another server at its side.
    pub(super) fn enter_with<'a>(
        &self,
        beside: &Server,
        group: &mut Group<'a>,
        name: &str,
        role: Role,
        measure: impl Fn(&mut Contest, &mut Contest, &Window) -> Result<Sample, String> + 'a,
    ) {
        match &beside.0 {
            Err(why) => {
                group.broken(name, role, why);
            }
            Ok(other) => {
                let other = Rc::clone(other);
                self.enter(group, name, role, move |own, window| {
                    measure(own, &mut other.borrow_mut(), window)
                });
            }
        }
    }

    /// Measures it outside of any group.
    pub(super) fn once<T>(
        &self,
        measure: impl FnOnce(&mut Contest) -> Result<T, String>,
    ) -> Result<T, String> {
        measure(&mut self.0.clone()?.borrow_mut())
    }

    /// One that could not be started.
    #[cfg(test)]
    pub(super) fn absent(why: &str) -> Server {
        Server(Err(why.to_owned()))
    }
}
