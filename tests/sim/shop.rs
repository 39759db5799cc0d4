//! The shop, of the workflow's own parts: acknowledges an order once it is on the disk; workers
//! behind a queue have the slow service do the work.

use std::future::pending;
use std::time::Duration;

use windlass::runtime::Handle;
use windlass::sim::Call;
use windlass::spawn;
use windlass::time::{sleep, timeout};
use windlass::workflow::breaker::{Breaker, BreakerSettings, State};
use windlass::workflow::bulkhead::{Bulkhead, BulkheadSettings};
use windlass::workflow::events::EventBus;
use windlass::workflow::jobs::{Jobs, JobsSettings};
use windlass::workflow::queue::{Delivery, MemoryStore, Message, MessageQueue, QueueOptions};
use windlass::workflow::retry::{BudgetSettings, RetryBudget, RetryPolicy, RetrySettings};

use crate::stage::{Bug, Order, Orders, Stage, Status};

/// So many calls the half-open circuit lets through.
pub(crate) const PROBES: u32 = 2;

/// The retry budget: a share of the calls, and what may be saved up.
pub(crate) const SHARE: f64 = 0.2;
pub(crate) const BURST: u32 = 3;

/// How much longer than its call an order is its worker's alone.
const LEASE_SLACK: Duration = Duration::from_millis(500);

/// How long a worker leaves the disk or an open circuit alone.
const PAUSE: Duration = Duration::from_millis(50);

/// What happens to orders, for who listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Received(u64),
    Completed(u64),
    Failed(u64),
}

#[derive(Clone)]
pub(crate) struct Shop {
    stage: Stage,
    pub(crate) queue: MessageQueue<MemoryStore>,
    pub(crate) breaker: Breaker,
    pub(crate) bulkhead: Bulkhead,
    pub(crate) budget: RetryBudget,
    policy: RetryPolicy,
    events: EventBus<Event>,
}

/// Why an order was not saved.
enum Unsaved {
    NoRoom,
}

/// The node's first task.
pub(crate) async fn run(stage: Stage) {
    let Ok(inbox) = stage.sim.net().listen("shop", 16) else {
        return stage.sim.fail(format_args!("two shops"));
    };
    let shop = Shop::new(stage.clone());
    stage.watch().shop_is_up(&shop);
    let settings = JobsSettings { jobs_max: 16, ..JobsSettings::default() };
    let jobs = Jobs::new(Handle::current(), settings).expect("sound settings");
    for _ in 0..stage.plan.workers {
        jobs.spawn("worker", shop.clone().work()).expect("there is room");
    }
    jobs.spawn("requeue", shop.clone().requeue()).expect("there is room");
    let mut audit = shop.events.subscribe("audit");
    jobs.spawn("audit", async move {
        while let Ok(event) = audit.recv().await {
            stage.watch().heard(event);
        }
    })
    .expect("there is room");
    loop {
        let call = inbox.accept().await;
        spawn(shop.clone().answer(call)).detach();
    }
}

impl Shop {
    fn new(stage: Stage) -> Shop {
        let plan = &stage.plan;
        let options = QueueOptions {
            messages_max: plan.backlog_max,
            lease: plan.attempt_timeout + LEASE_SLACK,
            // The order's own table counts: an open circuit is no attempt.
            attempts_max: u32::MAX,
            wall: stage.sim.wall(),
            ..QueueOptions::default()
        };
        let breaker = BreakerSettings {
            calls_min: 4,
            window: Duration::from_secs(2),
            open_for: Duration::from_millis(400),
            probes: PROBES,
            ..BreakerSettings::default()
        };
        let policy = RetrySettings {
            attempts_max: plan.attempts_max,
            backoff_base: Duration::from_millis(20),
            backoff_max: Duration::from_millis(500),
            seed: Some(stage.sim.below(u64::MAX)),
            ..RetrySettings::default()
        };
        let seats = BulkheadSettings { concurrent_max: plan.calls_max, waiting_max: plan.workers };
        Shop {
            queue: MessageQueue::in_memory(options),
            breaker: Breaker::new(breaker).expect("sound settings"),
            bulkhead: Bulkhead::new(seats).expect("sound settings"),
            budget: RetryBudget::new(BudgetSettings { share: SHARE, burst: BURST })
                .expect("sound settings"),
            policy: RetryPolicy::new(policy).expect("sound settings"),
            events: EventBus::new(64).expect("a capacity"),
            stage,
        }
    }

    /// Whether the experiment is about this mistake.
    fn has(&self, bug: Bug) -> bool {
        self.stage.bug == bug
    }

    async fn answer(self, call: Call) {
        let request = String::from_utf8_lossy(call.request()).into_owned();
        if request == "dead" {
            let dead = |order: &&Order| order.status == Status::Dead;
            let count = self.stage.orders.read(|orders| orders.values().filter(dead).count());
            let told = if self.has(Bug::DeadHidden) { 0 } else { count.unwrap_or(0) };
            return call.reply(told.to_string());
        }
        let (ignored, unbounded) = (self.has(Bug::KeyIgnored), self.has(Bug::BacklogIgnored));
        let most = if unbounded { usize::MAX } else { self.stage.plan.backlog_max };
        let save = |orders: &mut Orders| save(orders, &request, most, ignored);
        let saved = if self.has(Bug::AcknowledgedBeforeSync) {
            self.stage.orders.write_unsynced(save)
        } else {
            self.stage.orders.write(save).await
        };
        match saved {
            Ok(Ok((number, is_new))) => {
                self.stage.sim.note(format_args!("acknowledges {number} of {request}"));
                call.reply(format!("202 {number}"));
                if is_new {
                    self.events.publish(Event::Received(number));
                    self.enqueue(number).await;
                }
            }
            Ok(Err(Unsaved::NoRoom)) => call.reply("503"),
            Err(_) => call.reply("500"),
        }
    }

    async fn enqueue(&self, number: u64) {
        let queued = self.queue.enqueue_when_room(Message::new(number.to_string())).await;
        if let Err(error) = queued {
            self.stage.sim.fail(format_args!("{number} is not queued: {error}"));
        }
    }

    /// Queues the unfinished orders of the time before.
    async fn requeue(self) {
        let unfinished = |orders: &Orders| -> Vec<u64> {
            let left = orders.iter().filter(|(_, order)| order.status == Status::Received);
            left.map(|(number, _)| *number).collect()
        };
        if self.has(Bug::NothingRequeued) {
            return;
        }
        for number in self.stage.orders.read(unfinished).unwrap_or_default() {
            self.enqueue(number).await;
        }
    }

    async fn work(self) {
        loop {
            if self.breaker.state() == State::Open && !self.has(Bug::BreakerIgnored) {
                sleep(PAUSE).await;
                continue;
            }
            match self.queue.receive().await {
                Ok(delivery) => self.process(delivery).await,
                Err(error) => {
                    self.stage.sim.fail(format_args!("nothing is received: {error}"));
                    pending::<()>().await;
                }
            }
        }
    }

    async fn process(&self, delivery: Delivery<MemoryStore>) {
        let number: u64 = String::from_utf8_lossy(delivery.body()).parse().unwrap_or(0);
        let found = self.stage.orders.read(|orders| orders.get(&number).cloned());
        let Ok(Some(order)) = found else {
            return self.stage.sim.fail(format_args!("{number} is queued, and unknown"));
        };
        if order.status != Status::Received {
            return drop(delivery.ack().await);
        }
        // The seat first: leave of the breaker is for a call that begins now.
        let seat = match self.bulkhead.enter().await {
            Ok(seat) => (!self.has(Bug::BulkheadIgnored)).then_some(seat),
            Err(refusal) => {
                return self.stage.sim.fail(format_args!("no room to wait for a seat: {refusal}"));
            }
        };
        let permit = self.breaker.try_pass();
        if let Err(open) = &permit
            && !self.has(Bug::BreakerIgnored)
        {
            return drop(delivery.nack(open.retry_after + self.policy.delay(1)).await);
        }
        if let Some(wait) = self.postponed(number, &order) {
            drop((permit, seat));
            return drop(delivery.nack(wait).await);
        }
        let delivery = if self.has(Bug::MessageDoneFirst) {
            drop(delivery.ack().await);
            None
        } else {
            Some(delivery)
        };
        let done = self.call(number).await;
        match permit {
            Ok(permit) if done => permit.succeeded(),
            Ok(permit) => permit.failed(),
            Err(_) => {}
        }
        drop(seat);
        self.end(delivery, number, done).await;
    }

    /// One call of the slow service, in its time. Whether the work is done.
    async fn call(&self, number: u64) -> bool {
        let stage = &self.stage;
        let state = self.breaker.state();
        stage.watch().call_begins(&stage.sim, state, stage.plan.calls_max);
        let under_way = UnderWay(stage, state);
        let call = stage.sim.net().call("slow", number.to_string());
        let reply = timeout(stage.plan.attempt_timeout, call).await;
        drop(under_way);
        match reply {
            Ok(reply) => reply.is_ok_and(|reply| reply == b"200"),
            Err(_elapsed) => self.has(Bug::SilenceIsSuccess),
        }
    }

    /// A retry is paid from the budget; where that is empty it is put off once, then it is made all
    /// the same.
    fn postponed(&self, number: u64, order: &Order) -> Option<Duration> {
        let mut watch = self.stage.watch();
        if order.attempts == 0 {
            self.budget.deposit();
            watch.first_calls += 1;
            return None;
        }
        let was_put_off = watch.put_off.remove(&number);
        match self.budget.withdraw() {
            _ if self.has(Bug::BudgetIgnored) => {}
            Some(token) => token.spend(),
            None if was_put_off => {}
            None => {
                watch.put_off.insert(number);
                watch.put_offs += 1;
                return Some(self.policy.ceiling(order.attempts));
            }
        }
        watch.retry(&self.stage.sim);
        None
    }

    /// Says on the disk, then in the queue, what became of an order.
    async fn end(&self, delivery: Option<Delivery<MemoryStore>>, number: u64, done: bool) {
        let unlimited = self.has(Bug::RetryWithoutLimit);
        let limit = if unlimited { u32::MAX } else { self.stage.plan.attempts_max };
        let ended = self.stage.orders.write(|orders| end(orders, number, done, limit)).await;
        let Some(delivery) = delivery else { return };
        match ended {
            Ok(Ok(Some((status, attempts)))) => {
                self.stage.sim.note(format_args!("{number} is {status:?} after {attempts}"));
                match status {
                    Status::Received => drop(delivery.nack(self.policy.delay(attempts)).await),
                    Status::Completed => {
                        self.events.publish(Event::Completed(number));
                        drop(delivery.ack().await);
                    }
                    Status::Dead => {
                        self.events.publish(Event::Failed(number));
                        drop(delivery.ack().await);
                    }
                }
            }
            Ok(_) => drop(delivery.ack().await),
            // It is called again when the lease is over, with the same key.
            Err(_) => delivery.leave(),
        }
    }
}

/// A call that is under way; it ends with its task, too.
struct UnderWay<'a>(&'a Stage, State);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.watch().call_ends(self.1);
    }
}

/// Saves an order, unless its key has made one before: its number, and whether it is new.
fn save(
    orders: &mut Orders,
    key: &str,
    most: usize,
    key_ignored: bool,
) -> Result<(u64, bool), Unsaved> {
    let known = orders.iter().find(|(_, order)| order.key == key);
    if let Some((number, _)) = known.filter(|_| !key_ignored) {
        return Ok((*number, false));
    }
    let unfinished = orders.values().filter(|order| order.status == Status::Received).count();
    if unfinished >= most {
        return Err(Unsaved::NoRoom);
    }
    let number = orders.last_key_value().map_or(1, |(last, _)| last + 1);
    let order = Order { key: key.to_owned(), status: Status::Received, attempts: 0 };
    orders.insert(number, order);
    Ok((number, true))
}

/// Ends an attempt. `None`: the order was finished before.
fn end(
    orders: &mut Orders,
    number: u64,
    done: bool,
    attempts_max: u32,
) -> Result<Option<(Status, u32)>, Unsaved> {
    let Some(order) = orders.get_mut(&number).filter(|it| it.status == Status::Received) else {
        return Ok(None);
    };
    order.attempts += 1;
    if done {
        order.status = Status::Completed;
    } else if order.attempts >= attempts_max {
        order.status = Status::Dead;
    }
    Ok(Some((order.status, order.attempts)))
}
