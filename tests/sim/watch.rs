//! What an experiment with orders is watched for, and what must hold.
//!
//! | invariant | looked at |
//! |---|---|
//! | each acknowledged order is on the shop's disk, synced, under its number and key | any time |
//! | acknowledged = completed + dead + unfinished | any time |
//! | one order for each key, however often it was sent | any time |
//! | the work is done once at most for each order, and once for each completed one | any time |
//! | no more orders wait, calls are under way, attempts are made than may | any time |
//! | no call while the circuit is open; half-open, not more than its probes | each call |
//! | retries are paid from the budget, or were put off | each retry |
//! | each acknowledged order ends once the faults have ended | the end |
//! | the shop tells of each dead letter | the end |

use std::collections::{BTreeMap, BTreeSet};

use windlass::sim::Sim;
use windlass::workflow::breaker::State;

use crate::shop::{BURST, Event, PROBES, SHARE, Shop};
use crate::stage::{Order, Orders, Stage, Status};

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Watch {
    /// Which number the shop gave to which key.
    pub(crate) acknowledged: BTreeMap<String, u64>,
    /// The shop that runs, or the last that did.
    shop: Option<Shop>,
    calls_under_way: usize,
    probes_under_way: u32,
    pub(crate) first_calls: u64,
    retries: u64,
    pub(crate) put_offs: u64,
    /// Orders whose retry was put off.
    pub(crate) put_off: BTreeSet<u64>,
    /// Events that the audit heard, of all shops.
    pub(crate) events: u64,
    pub(crate) opened: u64,
}

impl Watch {
    /// Whatever a shop before had under way has ended.
    pub(crate) fn shop_starts(&mut self) {
        let before = std::mem::take(self);
        let (acknowledged, events) = (before.acknowledged, before.events);
        let opened = before.opened + before.shop.map_or(0, |it| it.breaker.metrics().opened);
        *self = Watch { acknowledged, events, opened, ..Watch::default() };
    }

    pub(crate) fn shop_is_up(&mut self, shop: &Shop) {
        self.shop = Some(shop.clone());
    }

    pub(crate) fn heard(&mut self, _: Event) {
        self.events += 1;
    }

    pub(crate) fn call_begins(&mut self, sim: &Sim, state: State, calls_max: usize) {
        self.calls_under_way += 1;
        self.probes_under_way += u32::from(state == State::HalfOpen);
        sim.check(state != State::Open, format_args!("a call is made while the circuit is open"));
        let (calls, probes) = (self.calls_under_way, self.probes_under_way);
        sim.check(calls <= calls_max, format_args!("{calls} calls are under way of {calls_max}"));
        sim.check(probes <= PROBES, format_args!("{probes} probes are under way of {PROBES}"));
    }

    pub(crate) fn call_ends(&mut self, state: State) {
        self.calls_under_way = self.calls_under_way.saturating_sub(1);
        let probe = u32::from(state == State::HalfOpen);
        self.probes_under_way = self.probes_under_way.saturating_sub(probe);
    }

    /// A retry is made.
    pub(crate) fn retry(&mut self, sim: &Sim) {
        self.retries += 1;
        let paid = f64::from(BURST) + SHARE * self.first_calls as f64;
        let most = paid as u64 + self.put_offs;
        let retries = self.retries;
        sim.check(retries <= most, format_args!("{retries} retries; {most} are paid or put off"));
    }
}

/// Looks at the disks, and at the shop's figures.
pub(crate) fn audit(stage: &Stage) {
    let sim = &stage.sim;
    let orders = stage.orders.synced(Orders::clone);
    let watch = stage.watch();
    for (key, number) in &watch.acknowledged {
        let kept = orders.get(number).is_some_and(|order| order.key == *key);
        sim.check(kept, format_args!("{number}, of {key}, was acknowledged and is lost"));
    }
    let status = |status| {
        let numbers = watch.acknowledged.values();
        numbers.filter(|it| orders.get(it).is_some_and(|order| order.status == status)).count()
    };
    let [received, completed, dead] =
        [Status::Received, Status::Completed, Status::Dead].map(status);
    let all = watch.acknowledged.len();
    sim.check(
        all == received + completed + dead,
        format_args!("{all} acknowledged: {received} unfinished, {completed} done, {dead} dead"),
    );
    let keys: BTreeSet<&str> = orders.values().map(|order| &*order.key).collect();
    sim.check(keys.len() == orders.len(), format_args!("two orders of one key: {orders:?}"));
    stage.effects.synced(|effects| {
        for (number, order) in &orders {
            let done = effects.get(number).copied().unwrap_or(0);
            sim.check(done <= 1, format_args!("the work for {number} is done {done} times"));
            let untrue = order.status == Status::Completed && done == 0;
            sim.check(!untrue, format_args!("{number} is completed, and its work is not done"));
        }
    });
    bounds(stage, &orders, watch.shop.as_ref());
}

fn bounds(stage: &Stage, orders: &Orders, shop: Option<&Shop>) {
    let (sim, plan) = (&stage.sim, &stage.plan);
    let is_unfinished = |order: &&Order| order.status == Status::Received;
    let unfinished = orders.values().filter(is_unfinished).count();
    let most = plan.backlog_max;
    sim.check(unfinished <= most, format_args!("{unfinished} orders wait, of {most}"));
    for (number, order) in orders {
        let (made, most) = (order.attempts, plan.attempts_max);
        sim.check(made <= most, format_args!("{made} attempts were made for {number}, of {most}"));
    }
    let Some(shop) = shop else { return };
    let depth = shop.queue.depth();
    sim.check(depth <= most, format_args!("{depth} messages in a queue for {most}"));
    let inside = shop.bulkhead.metrics().depth;
    sim.check(inside <= plan.calls_max, format_args!("{inside} inside the bulkhead"));
    let budget = shop.budget.metrics();
    let tokens = budget.tokens;
    sim.check(tokens <= u64::from(BURST), format_args!("{tokens} tokens in the budget"));
}
