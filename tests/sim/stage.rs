//! What an experiment with orders is made of: its scene, its mistake, its disk, its watch.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

use windlass::sim::{Disk, Sim};

use crate::scene::{Plan, Scene, Spread};
use crate::{shop, watch::Watch};

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

/// How far the sizes of an experiment spread.
const SPREAD: Spread = Spread {
    clients: 3,
    orders_each: 5,
    workers: 4,
    backlogs: 5,
    attempts: 4,
    hopeless: 5,
    faults_ms: 6_000,
};

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

/// What everybody in the experiment knows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    scene: Scene,
    pub(crate) bug: Bug,
    pub(crate) orders: Disk<Orders>,
    watch: Arc<Mutex<Watch>>,
}

/// The world, the plan and the slow service are at hand as if they were its own.
impl Deref for Stage {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

impl Stage {
    pub(crate) fn new(sim: &Sim, bug: Bug) -> Stage {
        let plan = Plan::draw(sim, &SPREAD);
        let orders = sim.node("shop").disk(Orders::new());
        let scene = Scene::new(sim, plan, bug == Bug::WorkForEachCall);
        Stage { scene, bug, orders, watch: Arc::default() }
    }

    pub(crate) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().expect("nothing panics under the lock")
    }

    pub(crate) fn start_shop(&self) {
        self.watch().shop_starts();
        self.shop().start(shop::run(self.clone()));
    }
}
