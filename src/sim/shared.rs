//! What a world and the handles to it share.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};

use super::{dice::Dice, halt::Halt, virtual_clock::VirtualClock};
use crate::runtime::Handle;
use crate::sync::lock;

/// What a node runs from its start on.
pub(super) type Main = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The experimenter's own node: it is always up.
pub(super) const WORLD: usize = 0;

/// What outlives a node's crash, in part.
pub(super) trait Kept: Send + Sync {
    /// What was not synced is lost, or is not: chance says so.
    fn crash(&self);
}

/// What the world is to do before the next poll.
pub(super) enum Order {
    Start(usize, Main),
    Crash(usize),
}

pub(super) struct Shared {
    pub(super) seed: u64,
    pub(super) clock: Arc<VirtualClock>,
    pub(super) dice: Arc<Dice>,
    state: Mutex<State>,
}

struct State {
    /// Whose code runs.
    here: usize,
    nodes: Vec<Known>,
    orders: VecDeque<Order>,
    halt: Option<Halt>,
    /// Where the network carries what is under way.
    courier: Option<Handle>,
}

struct Known {
    name: Arc<str>,
    is_up: bool,
    kept: Vec<Weak<dyn Kept>>,
}

impl Shared {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let world = Known { name: "world".into(), is_up: true, kept: Vec::new() };
        let state = State {
            here: WORLD,
            nodes: vec![world],
            orders: VecDeque::new(),
            halt: None,
            courier: None,
        };
        Arc::new(Self {
            seed,
            clock: Arc::new(VirtualClock::new()),
            dice: Arc::new(Dice::new(seed)),
            state: Mutex::new(state),
        })
    }

    /// Notes an event where it happens.
    pub(super) fn note(&self, what: fmt::Arguments<'_>) {
        let place = self.name(self.here());
        self.dice.note(self.clock.passed(), &place, what);
    }

    /// Whose code runs.
    pub(super) fn here(&self) -> usize {
        lock(&self.state).here
    }

    /// The code of `node` runs from now on. Whose did before.
    pub(super) fn go(&self, node: usize) -> usize {
        std::mem::replace(&mut lock(&self.state).here, node)
    }

    /// The number of the node of that name, which is new if there was none.
    pub(super) fn number(&self, name: &str) -> usize {
        let mut state = lock(&self.state);
        let known = state.nodes.iter().position(|node| &*node.name == name);
        known.unwrap_or_else(|| {
            state.nodes.push(Known { name: name.into(), is_up: false, kept: Vec::new() });
            state.nodes.len() - 1
        })
    }

    pub(super) fn name(&self, node: usize) -> Arc<str> {
        lock(&self.state).nodes[node].name.clone()
    }

    pub(super) fn is_up(&self, node: usize) -> bool {
        lock(&self.state).nodes[node].is_up
    }

    pub(super) fn set_up(&self, node: usize, is_up: bool) {
        lock(&self.state).nodes[node].is_up = is_up;
    }

    pub(super) fn keep(&self, node: usize, kept: Weak<dyn Kept>) {
        lock(&self.state).nodes[node].kept.push(kept);
    }

    /// What is kept of a node that has crashed.
    pub(super) fn kept(&self, node: usize) -> Vec<Arc<dyn Kept>> {
        let mut state = lock(&self.state);
        let kept = &mut state.nodes[node].kept;
        kept.retain(|kept| kept.strong_count() > 0);
        kept.iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn order(&self, order: Order) {
        lock(&self.state).orders.push_back(order);
    }

    pub(super) fn next_order(&self) -> Option<Order> {
        lock(&self.state).orders.pop_front()
    }

    /// Ends the experiment, unless it has ended otherwise.
    pub(super) fn halt(&self, why: Halt) {
        lock(&self.state).halt.get_or_insert(why);
    }

    pub(super) fn halted(&self) -> Option<Halt> {
        lock(&self.state).halt.take()
    }

    pub(super) fn set_courier(&self, courier: Option<Handle>) {
        let before = std::mem::replace(&mut lock(&self.state).courier, courier);
        drop(before);
    }

    /// Carries something, whatever becomes of who sent it.
    pub(super) fn carry(&self, journey: impl Future<Output = ()> + Send + 'static) {
        let courier = lock(&self.state).courier.clone();
        // The world's own end ends what is under way.
        if let Some(courier) = courier {
            courier.spawn(journey).detach();
        }
    }
}
