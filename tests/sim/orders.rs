//! The order workflow under faults: thousands of seeds, and mistakes that must be found.

use std::cell::Cell;
use std::ops::Add;
use std::time::Duration;

use windlass::sim::{DiskFaults, Halt, NetFaults, Seeds, Sim, Trace, World};
use windlass::time::{sleep, timeout};
use windlass::{JoinHandle, spawn};

use crate::scene::{Mood, WELL};
use crate::stage::{Bug, Order, Orders, Stage, Status};
use crate::totals::{Total, add};
use crate::watch::audit;

/// So many seeds in `cargo test`.
const SEEDS: u64 = 2_000;

/// How long everything may take to come to its end when the faults have ended.
const PATIENCE: Duration = Duration::from_secs(120);

const REPLAY: &str = "cargo test --test sim orders_survive_all_faults -- --nocapture";

/// What a seed came to, for the counts at the end.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    acknowledged: u64,
    completed: u64,
    dead: u64,
    opened: u64,
    events: u64,
}

impl Add for Came {
    type Output = Came;

    fn add(self, other: Came) -> Came {
        Came {
            acknowledged: self.acknowledged + other.acknowledged,
            completed: self.completed + other.completed,
            dead: self.dead + other.dead,
            opened: self.opened + other.opened,
            events: self.events + other.events,
        }
    }
}

/// One experiment.
async fn experiment(sim: Sim, bug: Bug) -> Came {
    let stage = Stage::new(&sim, bug);
    stage.start_slow();
    stage.start_shop();
    let clients: Vec<JoinHandle<()>> =
        (0..stage.plan.clients).map(|client| spawn(send_all(stage.clone(), client))).collect();
    let auditor = spawn(keep_auditing(stage.clone()));
    faults(&stage).await;
    let ended = timeout(PATIENCE, async {
        for client in clients {
            sim.check(client.await.is_ok(), format_args!("a client does not end"));
        }
        while unfinished(&stage) > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let in_time = ended.await.is_ok();
    let left = unfinished(&stage);
    sim.check(in_time, format_args!("after {PATIENCE:?} without faults {left} orders wait"));
    auditor.abort();
    audit(&stage);
    dead_letters(&stage).await;
    let count = |status| {
        let of = |order: &&Order| order.status == status;
        stage.orders.synced(|orders| orders.values().filter(of).count() as u64)
    };
    stage.watch().shop_starts();
    let (acknowledged, opened, events) = {
        let watch = stage.watch();
        (watch.acknowledged.len() as u64, watch.opened, watch.events)
    };
    let [completed, dead] = [Status::Completed, Status::Dead].map(count);
    Came { acknowledged, completed, dead, opened, events }
}

fn unfinished(stage: &Stage) -> usize {
    let received = |order: &&Order| order.status == Status::Received;
    stage.orders.synced(|orders: &Orders| orders.values().filter(received).count())
}

/// A client sends its orders one after the other, each until it is acknowledged.
async fn send_all(stage: Stage, client: u64) {
    for order in 0..stage.plan.orders_each {
        let key = format!("{client}-{order}");
        loop {
            let call = stage.sim.net().call("shop", key.clone());
            let reply = timeout(Duration::from_millis(300), call).await;
            let reply = reply.ok().and_then(Result::ok).unwrap_or_default();
            let reply = String::from_utf8_lossy(&reply);
            if let Some(number) = reply.strip_prefix("202 ") {
                let number = number.parse().expect("a number");
                stage.watch().acknowledged.insert(key, number);
                break;
            }
            let pause = stage.sim.between(Duration::from_millis(5), Duration::from_millis(200));
            sleep(pause).await;
        }
    }
}

async fn keep_auditing(stage: Stage) {
    loop {
        audit(&stage);
        sleep(stage.sim.between(Duration::from_millis(1), Duration::from_millis(200))).await;
    }
}

/// What goes wrong, drawn; then all is well again.
async fn faults(stage: &Stage) {
    let (sim, net) = (&stage.sim, stage.sim.net());
    let end = sim.now() + stage.plan.faults_for;
    while sim.now() < end {
        sleep(sim.between(Duration::ZERO, Duration::from_millis(600))).await;
        match sim.below(10) {
            0 | 1 => stage.start_shop(),
            2 => {
                stage.shop().crash();
                sleep(sim.between(Duration::ZERO, Duration::from_millis(800))).await;
                stage.start_shop();
            }
            3 => stage.start_slow(),
            4 => net.cut("shop", "slow"),
            5 => net.cut("world", "shop"),
            6 => net.heal(),
            7 => net.set_faults(NetFaults {
                delay_max: sim.between(Duration::from_millis(1), Duration::from_millis(200)),
                drop: 0.3 * sim.random().unit(),
                reset: 0.3 * sim.random().unit(),
                duplicate: 0.3 * sim.random().unit(),
                ..NetFaults::default()
            }),
            8 => stage.orders.set_faults(DiskFaults {
                sync_max: sim.between(Duration::from_millis(1), Duration::from_millis(300)),
                fail: 0.3 * sim.random().unit(),
                ..DiskFaults::default()
            }),
            _ => stage.set_mood(Mood {
                fail: sim.random().unit(),
                latency_max: sim.between(Duration::from_millis(1), Duration::from_millis(400)),
            }),
        }
    }
    net.heal();
    stage.orders.set_faults(DiskFaults::default());
    stage.set_mood(WELL);
}

/// The shop tells of each order that it gave up.
async fn dead_letters(stage: &Stage) {
    let dead = |order: &&Order| order.status == Status::Dead;
    let count = stage.orders.synced(|orders| orders.values().filter(dead).count());
    let reply = stage.sim.net().call("shop", "dead").await.unwrap_or_default();
    let told = String::from_utf8_lossy(&reply).parse();
    let sim = &stage.sim;
    sim.check(told == Ok(count), format_args!("{count} orders are dead, of {told:?} it tells"));
}

fn run(world: &mut World, bug: Bug) -> Result<Came, Halt> {
    let sim = world.sim().clone();
    world.run(experiment(sim, bug))
}

#[test]
fn orders_survive_all_faults() {
    let all = Cell::new(Came::default());
    let ran = Seeds::new(SEEDS).replayed_by(REPLAY).run(|world| {
        let came = run(world, Bug::None)?;
        all.set(all.get() + came);
        Ok::<_, Halt>(())
    });
    let ran = ran.unwrap_or_else(|failed| panic!("{failed}"));
    add(Total::Seeds, ran.seeds as usize);
    let Came { acknowledged, completed, dead, opened, events } = all.get();
    println!(
        "{} seeds of the order workflow: {acknowledged} orders acknowledged, {completed} \
         completed, {dead} dead letters; circuits opened {opened} times, {events} events heard; \
         {} polls, {:?} of virtual time",
        ran.seeds, ran.polls, ran.passed
    );
    // One seed may see none of these; all of them together must.
    if ran.seeds >= 100 {
        assert!(completed > 0 && dead > 0 && opened > 0 && events > completed + dead);
    }
}

/// Each mistake, and by which invariant it is found.
const FOUND_BY: [(Bug, &str); 12] = [
    (Bug::AcknowledgedBeforeSync, "was acknowledged and is lost"),
    (Bug::RetryWithoutLimit, "attempts were made for"),
    (Bug::WorkForEachCall, "is done 2 times"),
    (Bug::KeyIgnored, "two orders of one key"),
    (Bug::NothingRequeued, "without faults"),
    (Bug::MessageDoneFirst, "without faults"),
    (Bug::SilenceIsSuccess, "is completed, and its work is not done"),
    (Bug::BreakerIgnored, "while the circuit is open"),
    (Bug::BulkheadIgnored, "calls are under way of"),
    (Bug::BudgetIgnored, "are paid or put off"),
    (Bug::BacklogIgnored, "orders wait, of"),
    (Bug::DeadHidden, "it tells"),
];

#[test]
fn planted_mistakes_are_found() {
    for (bug, by) in FOUND_BY {
        let failed = Seeds::new(SEEDS).run(|world| run(world, bug).map(drop));
        let Err(failed) = failed else { panic!("{bug:?} is not found by {SEEDS} seeds") };
        assert!(failed.said.contains(by), "{bug:?} shows in another way: {failed}");
        add(Total::Mistakes, 1);
        println!("{bug:?} is found by seed {}: {}", failed.seed, failed.said);
    }
}

#[test]
fn a_seed_repeats_the_whole_workflow() {
    let history = |seed| -> Trace {
        let mut world = World::new(seed).expect("a world");
        run(&mut world, Bug::None).unwrap_or_else(|halt| panic!("seed {seed}: {halt}"));
        world.trace()
    };
    for seed in 0..20 {
        assert_eq!(history(seed), history(seed), "seed {seed}");
    }
    assert_ne!(history(0).hash, history(1).hash);
}
