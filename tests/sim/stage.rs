//! What an experiment with orders is made of: its plan, drawn from the seed; its disks; its watch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use windlass::sim::{Disk, Node, Sim};

use crate::{shop, slow, watch::Watch};

/// A mistake that somebody might make. The invariants must find each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// The shop acknowledges an order before its disk has synced it.
    AcknowledgedBeforeSync,
    /// The shop never gives an order up.
    RetryWithoutLimit,
    /// The slow service does its work for each call, whatever its key.
    WorkForEachCall,
    /// The shop takes an order with a known key for a new one.
    KeyIgnored,
    /// The shop forgets, at its start, the orders of the time before.
    NothingRequeued,
    /// A worker takes the message out of the queue before it has done the work.
    MessageDoneFirst,
    /// A call that times out passes for one that succeeded.
    SilenceIsSuccess,
    /// Calls are made while the circuit is open.
    BreakerIgnored,
    /// More calls are under way than the bulkhead has room for.
    BulkheadIgnored,
    /// Retries are made whether or not the budget pays for them.
    BudgetIgnored,
    /// The shop takes orders in however many wait.
    BacklogIgnored,
    /// The shop tells of no dead letters.
    DeadHidden,
}

/// Sizes of one experiment.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) clients: u64,
    pub(crate) orders_each: u64,
    pub(crate) workers: usize,
    pub(crate) calls_max: usize,
    pub(crate) backlog_max: usize,
    pub(crate) attempts_max: u32,
    pub(crate) attempt_timeout: Duration,
    /// Every so-manieth order can never be done.
    pub(crate) hopeless_every: u64,
    /// So long faults come.
    pub(crate) faults_for: Duration,
}

impl Plan {
    fn draw(sim: &Sim) -> Plan {
        let mut random = sim.random();
        Plan {
            clients: 1 + random.below(3),
            orders_each: 1 + random.below(5),
            workers: 1 + random.below(4) as usize,
            calls_max: 1 + random.below(2) as usize,
            backlog_max: 2 + random.below(5) as usize,
            attempts_max: 2 + random.below(4) as u32,
            attempt_timeout: Duration::from_millis(50 + random.below(200)),
            hopeless_every: 3 + random.below(5),
            faults_for: Duration::from_millis(random.below(6_000)),
        }
    }
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Received,
    Completed,
    Dead,
}

/// What the shop keeps of an order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) key: String,
    pub(crate) status: Status,
    pub(crate) attempts: u32,
}

/// The shop's orders, by number.
pub(crate) type Orders = BTreeMap<u64, Order>;

/// How often the slow service has done its work, by key.
pub(crate) type Effects = BTreeMap<String, u64>;

/// How the slow service behaves; the experimenter changes that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mood {
    /// Which share of the calls fails.
    pub(crate) fail: f64,
    /// How long a call takes at most.
    pub(crate) latency_max: Duration,
}

/// What everybody in the experiment knows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) plan: Arc<Plan>,
    pub(crate) bug: Bug,
    pub(crate) orders: Disk<Orders>,
    pub(crate) effects: Disk<Effects>,
    watch: Arc<Mutex<Watch>>,
    mood: Arc<Mutex<Mood>>,
}

impl Stage {
    pub(crate) fn new(sim: &Sim, bug: Bug) -> Stage {
        let plan = Plan::draw(sim);
        sim.note(format_args!("{plan:?}"));
        Stage {
            orders: sim.node("shop").disk(Orders::new()),
            effects: sim.node("slow").disk(Effects::new()),
            sim: sim.clone(),
            plan: Arc::new(plan),
            bug,
            watch: Arc::default(),
            mood: Arc::new(Mutex::new(Mood { fail: 0.0, latency_max: Duration::from_millis(20) })),
        }
    }

    pub(crate) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().expect("nothing panics under the lock")
    }

    pub(crate) fn mood(&self) -> Mood {
        *self.mood.lock().expect("nothing panics under the lock")
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.sim.note(format_args!("{mood:?}"));
        *self.mood.lock().expect("nothing panics under the lock") = mood;
    }

    pub(crate) fn shop(&self) -> Node {
        self.sim.node("shop")
    }

    pub(crate) fn slow(&self) -> Node {
        self.sim.node("slow")
    }

    pub(crate) fn start_shop(&self) {
        self.watch().shop_starts();
        self.shop().start(shop::run(self.clone()));
    }

    pub(crate) fn start_slow(&self) {
        self.slow().start(slow::run(self.clone()));
    }
}
