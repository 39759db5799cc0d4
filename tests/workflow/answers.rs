//! Both stores against a model that says which answers a queue may give, for any sequence of calls.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use windlass::workflow::queue::{
    Delivery, MemoryStore, Message, MessageId, MessageQueue, Priority, QueueOptions, RedriveError,
    SettleError, SqliteStore, Store,
};
use windlass::workflow::sqlite::{Database, Options};
use windlass::workflow::wall::ManualWall;

use super::blocking::wait;
use super::layer;
use super::model::{ATTEMPTS, KEEP_MS, LEASE_MS, MESSAGES, Model, State};
use super::scratch::{Scratch, numbers};

const START_MS: u64 = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// Priority, delay, and one of three keys or none.
    Send(usize, u64, usize),
    Take,
    /// The n-th delivery in hand.
    Ack(usize),
    Nack(usize, u64),
    Dead(usize),
    Extend(usize),
    Drop(usize),
    Leave(usize),
    Advance(u64),
    /// The n-th message of all.
    Redrive(usize),
    Discard(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let delay = || prop_oneof![3 => Just(0), 1 => Just(40), 1 => Just(400)];
    let any_one = 0..8_usize;
    let step = prop_oneof![
        6 => (0..4_usize, delay(), 0..6_usize).prop_map(|(p, d, k)| Step::Send(p, d, k)),
        6 => Just(Step::Take),
        3 => any_one.clone().prop_map(Step::Ack),
        3 => (any_one.clone(), delay()).prop_map(|(n, d)| Step::Nack(n, d)),
        1 => any_one.clone().prop_map(Step::Dead),
        1 => any_one.clone().prop_map(Step::Extend),
        1 => any_one.clone().prop_map(Step::Drop),
        1 => any_one.clone().prop_map(Step::Leave),
        3 => prop_oneof![Just(1_u64), Just(50), Just(100), Just(500)].prop_map(Step::Advance),
        1 => any_one.clone().prop_map(Step::Redrive),
        1 => any_one.prop_map(Step::Discard),
    ];
    prop::collection::vec(step, 0..60)
}

struct Both<S: Store> {
    queue: MessageQueue<S>,
    wall: Arc<ManualWall>,
    model: Model,
    hands: Vec<Delivery<S>>,
}

impl<S: Store> Both<S> {
    fn hand(&mut self, number: usize) -> Option<Delivery<S>> {
        let count = self.hands.len();
        (count > 0).then(|| self.hands.remove(number % count))
    }

    fn settle(
        &mut self,
        number: usize,
        how: impl FnOnce(Delivery<S>) -> Result<(), SettleError>,
        then: impl FnOnce(&mut Model, MessageId),
    ) {
        let Some(delivery) = self.hand(number) else { return };
        let (id, lease) = (delivery.id(), delivery.lease());
        let answer = how(delivery);
        if self.model.settled(id, lease.delivery, &answer) {
            then(&mut self.model, id);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send(priority, delay_ms, key) => {
                let message = Message::new("a")
                    .priority(Priority::of_level(priority))
                    .delay(Duration::from_millis(delay_ms));
                let message = if key < 3 { message.dedup(key.to_string()) } else { message };
                let answer = self.queue.enqueue_blocking(message.clone());
                self.model.sent(&message, answer);
            }
            Step::Take => self.take(),
            Step::Ack(n) => self.settle(n, Delivery::ack_blocking, Model::remove),
            Step::Nack(n, delay_ms) => self.settle(
                n,
                |delivery| delivery.nack_blocking(Duration::from_millis(delay_ms)),
                |model, id| model.given_back(id, delay_ms),
            ),
            Step::Dead(n) => self.settle(
                n,
                |delivery| delivery.dead_blocking("unfit"),
                |model, id| model.known.get_mut(&id).expect("leased").state = State::Dead,
            ),
            Step::Extend(n) => self.extend(n),
            Step::Drop(n) => self.drop_one(n),
            Step::Leave(n) => self.hand(n).into_iter().for_each(Delivery::leave),
            Step::Advance(ms) => {
                self.wall.advance(Duration::from_millis(ms));
                self.model.now_ms += ms;
            }
            Step::Redrive(n) => self.redrive(n),
            Step::Discard(n) => self.discard(n),
        }
    }

    fn take(&mut self) {
        let found = self.queue.receive_timeout(Duration::ZERO).expect("the store works");
        self.model.taken(found.as_ref());
        self.hands.extend(found);
    }

    fn extend(&mut self, number: usize) {
        let Some(mut delivery) = self.hand(number) else { return };
        let answer = delivery.extend_blocking(Duration::from_millis(LEASE_MS));
        let (id, lease) = (delivery.id(), delivery.lease());
        if self.model.settled(id, lease.delivery, &answer) {
            let until_ms = self.model.now_ms + LEASE_MS;
            let known = self.model.known.get_mut(&id).expect("it is leased");
            known.state = State::Leased(until_ms, lease.delivery);
        }
        self.hands.push(delivery);
    }

    /// Nobody hears what becomes of it, so it is asked for a lease that surely holds.
    fn drop_one(&mut self, number: usize) {
        let Some(delivery) = self.hand(number) else { return };
        let (id, lease) = (delivery.id(), delivery.lease().delivery);
        let known = self.model.known.get(&id);
        let holds = known.is_some_and(|known| {
            known.state == State::Leased(delivery.until_ms(), lease)
                && !known.is_over(self.model.now_ms)
        });
        if holds {
            drop(delivery);
            self.model.given_back(id, 0);
        } else {
            delivery.leave();
        }
        // The writer does one after the other: after this, it is done.
        wait(self.queue.redrive(MessageId(0))).expect_err("there is no such message");
    }

    fn nth(&self, number: usize) -> Option<MessageId> {
        let count = self.model.known.len().max(1);
        self.model.known.keys().nth(number % count).copied()
    }

    fn redrive(&mut self, number: usize) {
        let Some(id) = self.nth(number) else { return };
        let (least, most) = self.model.depth();
        let now_ms = self.model.now_ms;
        let known = self.model.known.get_mut(&id).expect("it is known");
        match wait(self.queue.redrive(id)) {
            Ok(()) => {
                assert!(known.is_dead(now_ms) && least < MESSAGES);
                known.state = State::Due(now_ms);
                (known.attempts, known.is_fresh) = (0, false);
            }
            Err(RedriveError::Full) => assert!(known.is_dead(now_ms) && most >= MESSAGES),
            Err(RedriveError::Unknown(_)) => assert!(known.state != State::Dead),
            Err(error) => panic!("{error}"),
        }
    }

    fn discard(&mut self, number: usize) {
        let Some(id) = self.nth(number) else { return };
        let known = &self.model.known[&id];
        match wait(self.queue.discard(id)) {
            Ok(()) => {
                assert!(known.is_dead(self.model.now_ms));
                self.model.remove(id);
            }
            Err(RedriveError::Unknown(_)) => assert!(known.state != State::Dead),
            Err(error) => panic!("{error}"),
        }
    }

    /// At last everything comes, or is dead.
    fn end(mut self) {
        self.hands.drain(..).for_each(Delivery::leave);
        self.step(Step::Advance(10_000));
        while self.queue.receive_timeout(Duration::ZERO).is_ok_and(|found| {
            self.model.taken(found.as_ref());
            let id = found.as_ref().map(Delivery::id);
            if let Some(delivery) = found {
                delivery.ack_blocking().expect("the lease holds");
            }
            id.map(|id| self.model.remove(id)).is_some()
        }) {}
        let dead = wait(self.queue.dead_letters(None, usize::MAX)).expect("the store works");
        let dead: Vec<_> = dead.into_iter().map(|letter| letter.id).collect();
        assert_eq!(dead, self.model.known.keys().copied().collect::<Vec<_>>());
        let counts = wait(self.queue.stats()).expect("the store works").counts;
        assert_eq!((counts.depth(), counts.dead, self.queue.depth()), (0, dead.len(), 0));
    }
}

fn options(wall: &Arc<ManualWall>) -> QueueOptions {
    QueueOptions {
        messages_max: MESSAGES,
        lease: Duration::from_millis(LEASE_MS),
        attempts_max: ATTEMPTS,
        keys_keep: Duration::from_millis(KEEP_MS),
        wall: wall.clone(),
        ..QueueOptions::default()
    }
}

fn run<S: Store>(store: S, wall: Arc<ManualWall>, steps: Vec<Step>) {
    let model = Model { now_ms: START_MS, ..Model::default() };
    let mut both = Both { queue: MessageQueue::new(store), wall, model, hands: Vec::new() };
    for step in steps {
        both.step(step);
    }
    both.end();
}

/// So many cases; those that fail are kept beside the source.
fn cases(cases: u32) -> Config {
    let kept = FileFailurePersistence::WithSource("regressions");
    Config { cases, failure_persistence: Some(Box::new(kept)), ..Config::default() }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_queue_in_memory_answers_as_it_may(steps in steps()) {
        let wall = Arc::new(ManualWall::new(START_MS));
        run(MemoryStore::new(options(&wall)), wall, steps);
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_queue_in_sqlite_answers_as_it_may(steps in steps()) {
        let scratch = Scratch::new("model");
        let on_disk = Options { vfs: Some(layer::name()), ..numbers() };
        let name = format!("{:p}.db", &raw const steps);
        let path = scratch.file(&name);
        super::disk::forget(path.to_str().expect("the path is plain"));
        let database = Database::open(path, on_disk).expect("it opens");
        let wall = Arc::new(ManualWall::new(START_MS));
        let store = SqliteStore::open(&database, "q", options(&wall)).expect("it opens");
        run(store, wall, steps);
        database.close_blocking();
    }
}
