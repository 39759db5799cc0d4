//! A network between the nodes of a world: requests and replies, and all that happens to them.
//!
//! ```text
//!   call --> [ delay ] --> inbox --> accept --> reply --> [ delay ] --> the caller
//!               |             |                              |
//!     lost, cut, reset   nobody there, full         lost, cut, reset
//! ```
//!
//! What is under way is nobody's: a caller that gives up, or crashes, does not call its request
//! back. A message that is lost, or comes to a cut, is not answered at all: who calls bounds its
//! waiting, by [`timeout`](fn@crate::time::timeout).

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::shared::Shared;
use crate::channel::{OneSender, Receiver, Sender, bounded, oneshot};
use crate::sync::lock;
use crate::time::sleep;

/// What the network does to each message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetFaults {
    /// No message takes less. 50 us.
    pub delay_min: Duration,
    /// No message takes longer. 1 ms. Messages overtake each other.
    pub delay_max: Duration,
    /// Which share of the messages is lost without a word, from 0 to 1. 0.
    pub drop: f64,
    /// Which share of the messages ends with an error for the caller, as a connection does that is
    /// reset. 0.
    pub reset: f64,
    /// Which share of the requests comes twice. 0.
    pub duplicate: f64,
}

impl Default for NetFaults {
    fn default() -> Self {
        Self {
            delay_min: Duration::from_micros(50),
            delay_max: Duration::from_millis(1),
            drop: 0.0,
            reset: 0.0,
            duplicate: 0.0,
        }
    }
}

/// Why a call gave no reply. Its request may have been seen all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetError {
    /// Nobody listens there, or whoever does has as many requests waiting as it takes.
    Refused,
    /// The connection was reset: by the network, or as the other side crashed.
    Reset,
}

says!([] NetError: |own, f| f.write_str(match own {
    Self::Refused => "the connection was refused",
    Self::Reset => "the connection was reset",
}));

/// Somebody listens at this name already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTaken(
    /// The name.
    pub String,
);

says!([] NameTaken: |own, f| write!(f, "`{}` is listened at already: take another name", own.0));

/// The network of a world. Cheap to clone; clones are one network.
#[derive(Clone)]
pub struct Net(Arc<Wires>);

struct Wires {
    shared: Arc<Shared>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    faults: NetFaults,
    /// Pairs of nodes between which nothing passes, the lower number first.
    cuts: BTreeSet<(usize, usize)>,
    listeners: BTreeMap<String, (usize, Sender<Call>)>,
}

/// What a caller learns.
enum Heard {
    Reply(Vec<u8>),
    Error(NetError),
    /// Nothing, ever.
    Silence,
}

/// What becomes of one message.
#[derive(Clone, Copy)]
enum Fate {
    Arrives,
    Lost,
    Reset,
}

impl Net {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Wires { shared, state: Mutex::default() }))
    }

    /// What it does to messages that are sent from now on.
    pub fn set_faults(&self, faults: NetFaults) {
        lock(&self.0.state).faults = faults;
    }

    /// Listens at `name`, where up to `waiting_max` (at least 1) requests wait to be accepted. The
    /// inbox is the calling node's, and ends with it.
    ///
    /// # Errors
    /// [`NameTaken`].
    pub fn listen(&self, name: &str, waiting_max: usize) -> Result<Inbox, NameTaken> {
        let (to, requests) = bounded(waiting_max.max(1));
        let here = self.0.shared.here();
        let mut state = lock(&self.0.state);
        if state.listeners.get(name).is_some_and(|(_, to)| !to.is_closed()) {
            return Err(NameTaken(name.to_owned()));
        }
        state.listeners.insert(name.to_owned(), (here, to));
        Ok(Inbox { requests })
    }

    /// Sends a request to whoever listens at `name`, and waits for the reply.
    ///
    /// **Cancel safety.** Dropped, it waits no longer; the request goes its way.
    ///
    /// # Errors
    /// [`NetError`].
    pub async fn call(&self, name: &str, request: impl Into<Vec<u8>>) -> Result<Vec<u8>, NetError> {
        let (answer, heard) = oneshot();
        let (from, request, shared) = (self.0.shared.here(), request.into(), &self.0.shared);
        if shared.dice.chance(lock(&self.0.state).faults.duplicate) {
            shared.note(format_args!("a request to {name} will come twice"));
            self.send(from, name, request.clone(), None);
        }
        self.send(from, name, request, Some(answer));
        match heard.await {
            Ok(Heard::Reply(reply)) => Ok(reply),
            Ok(Heard::Error(error)) => Err(error),
            Ok(Heard::Silence) | Err(_) => pending().await,
        }
    }

    /// Cuts the network between two nodes: nothing passes, either way. What is under way is lost.
    pub fn cut(&self, one: &str, other: &str) {
        self.0.shared.note(format_args!("nothing passes between {one} and {other}"));
        lock(&self.0.state).cuts.insert(self.pair(one, other));
    }

    /// What passed before a cut between the two passes again.
    pub fn mend(&self, one: &str, other: &str) {
        self.0.shared.note(format_args!("{one} and {other} hear each other"));
        lock(&self.0.state).cuts.remove(&self.pair(one, other));
    }

    /// Mends all cuts, and ends all faults.
    pub fn heal(&self) {
        self.0.shared.note(format_args!("the network is whole"));
        let mut state = lock(&self.0.state);
        state.cuts.clear();
        state.faults = NetFaults::default();
    }

    fn pair(&self, one: &str, other: &str) -> (usize, usize) {
        let (one, other) = (self.0.shared.number(one), self.0.shared.number(other));
        (one.min(other), one.max(other))
    }

    fn is_cut(&self, one: usize, other: usize) -> bool {
        lock(&self.0.state).cuts.contains(&(one.min(other), one.max(other)))
    }

    /// How long the next message takes, and what becomes of it.
    fn fate(&self) -> (Duration, Fate) {
        let NetFaults { delay_min, delay_max, drop, reset, .. } = lock(&self.0.state).faults;
        let dice = &self.0.shared.dice;
        let delay = dice.between(delay_min, delay_max);
        let fate = match () {
            () if dice.chance(drop) => Fate::Lost,
            () if dice.chance(reset) => Fate::Reset,
            () => Fate::Arrives,
        };
        (delay, fate)
    }

    fn send(&self, from: usize, name: &str, request: Vec<u8>, answer: Option<OneSender<Heard>>) {
        let (delay, fate) = self.fate();
        let (net, name) = (self.clone(), name.to_owned());
        self.0.shared.carry(async move {
            sleep(delay).await;
            let there = lock(&net.0.state).listeners.get(&name).cloned();
            let is_cut = there.as_ref().is_some_and(|(node, _)| net.is_cut(from, *node));
            match (fate, there) {
                (Fate::Lost, _) => net.tell(answer, Heard::Silence, "a request is lost"),
                _ if is_cut => net.tell(answer, Heard::Silence, "a request comes to a cut"),
                (Fate::Reset, _) => {
                    net.tell(answer, Heard::Error(NetError::Reset), "a request is reset");
                }
                (Fate::Arrives, Some((node, to))) => {
                    let call = Call { request, from, node, answer, net: net.clone() };
                    if let Err(refused) = to.try_send(call) {
                        let answer = refused.into_value().answer.take();
                        let what = "a request is refused: full, or gone";
                        net.tell(answer, Heard::Error(NetError::Refused), what);
                    }
                }
                (Fate::Arrives, None) => {
                    let what = "a request is refused: nobody is there";
                    net.tell(answer, Heard::Error(NetError::Refused), what);
                }
            }
        });
    }

    fn tell(&self, answer: Option<OneSender<Heard>>, heard: Heard, what: &str) {
        self.0.shared.note(format_args!("{what}"));
        // Who called may have given up.
        drop(answer.map(|answer| answer.send(heard)));
    }

    fn answer(&self, (from, to): (usize, usize), answer: OneSender<Heard>, heard: Heard) {
        let (delay, fate) = self.fate();
        let net = self.clone();
        self.0.shared.carry(async move {
            sleep(delay).await;
            match fate {
                Fate::Lost => net.tell(Some(answer), Heard::Silence, "a reply is lost"),
                _ if net.is_cut(from, to) => {
                    net.tell(Some(answer), Heard::Silence, "a reply comes to a cut");
                }
                Fate::Reset => {
                    net.tell(Some(answer), Heard::Error(NetError::Reset), "a reply is reset");
                }
                Fate::Arrives => drop(answer.send(heard)),
            }
        });
    }
}

/// Where a node gets the requests that come to a name. Dropped, with its node's crash too, the
/// requests that wait are reset.
#[derive(Debug)]
pub struct Inbox {
    requests: Receiver<Call>,
}

impl Inbox {
    /// The next request, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, it has taken none.
    pub async fn accept(&self) -> Call {
        match self.requests.recv().await {
            Ok(call) => call,
            // The network keeps the other end as long as this one is there.
            Err(_) => pending().await,
        }
    }
}

/// A request, and the way back. Dropped without a reply, its caller's connection is reset.
#[must_use = "dropped, the caller's connection is reset"]
pub struct Call {
    request: Vec<u8>,
    from: usize,
    node: usize,
    answer: Option<OneSender<Heard>>,
    net: Net,
}

impl Call {
    /// What it says.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// The name of the node it comes from.
    pub fn from(&self) -> Arc<str> {
        self.net.0.shared.name(self.from)
    }

    /// Sends the reply on its way.
    pub fn reply(mut self, reply: impl Into<Vec<u8>>) {
        self.send(Heard::Reply(reply.into()));
    }

    fn send(&mut self, heard: Heard) {
        if let Some(answer) = self.answer.take() {
            self.net.answer((self.node, self.from), answer, heard);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.send(Heard::Error(NetError::Reset));
    }
}

shows!([] Net: |own| Net { faults: lock(&own.0.state).faults });
shows!([] Call: |own| Call { from: own.from() });
