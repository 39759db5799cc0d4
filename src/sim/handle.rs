//! The handle by which the tasks of a world know it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{halt::Halt, net::Net, node::Node, shared::Shared};
use crate::reactor::Clock;
use crate::workflow::random::Random;
use crate::workflow::wall::{ClockWall, WallClock};

/// When a world's wall clock starts, in milliseconds since 1970: 2026-01-01.
const WALL_START_MS: u64 = 1_767_225_600_000;

/// A handle to a [`World`](super::World), for its tasks: time, chance, nodes, network, the record.
/// Cheap to clone.
///
/// All that is random in an experiment is drawn here, or from a generator that was
/// [split off](Sim::random): else the seed does not repeat it.
#[derive(Clone)]
pub struct Sim {
    shared: Arc<Shared>,
    net: Net,
}

impl Sim {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { net: Net::new(shared.clone()), shared }
    }

    /// The world's seed.
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// The time since the world began.
    pub fn now(&self) -> Duration {
        self.shared.clock.passed()
    }

    /// A wall clock that goes as the world's time does, from 2026-01-01 on.
    pub fn wall(&self) -> Arc<dyn WallClock> {
        let clock: Arc<dyn Clock> = self.shared.clock.clone();
        let passed_ms = u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX);
        Arc::new(ClockWall::new(clock, WALL_START_MS.saturating_add(passed_ms)))
    }

    /// A generator of random numbers that follow from the seed.
    pub fn random(&self) -> Random {
        self.shared.dice.split()
    }

    /// A number less than `bound`; 0 when `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        self.random().below(bound)
    }

    /// `true` with that probability.
    pub fn chance(&self, probability: f64) -> bool {
        self.shared.dice.chance(probability)
    }

    /// A time from the first to the second, both included.
    pub fn between(&self, least: Duration, most: Duration) -> Duration {
        self.shared.dice.between(least, most)
    }

    /// Notes an event in the world's trace: `sim.note(format_args!("order {id} is taken"))`.
    pub fn note(&self, what: fmt::Arguments<'_>) {
        self.shared.note(what);
    }

    /// Ends the experiment: what must not happen has happened. The first one counts.
    pub fn fail(&self, what: fmt::Arguments<'_>) {
        self.shared.note(format_args!("failed: {what}"));
        self.shared.halt(Halt::Failed(what.to_string()));
    }

    /// [`Sim::fail`], unless it `holds`.
    pub fn check(&self, holds: bool, what: fmt::Arguments<'_>) {
        if !holds {
            self.fail(what);
        }
    }

    /// The node of that name, which is new (and down) if there was none. `world` is the
    /// experimenter's own, where [`World::run`](super::World::run) runs its future.
    pub fn node(&self, name: &str) -> Node {
        Node::new(self.shared.clone(), name)
    }

    /// The network.
    pub fn net(&self) -> &Net {
        &self.net
    }
}

shows!([] Sim: |own| Sim { seed: own.seed(), now: own.now() });
