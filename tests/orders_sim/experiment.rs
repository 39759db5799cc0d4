//! The experiment: clients, faults, the end; and mistakes that must be found.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use windlass::sim::{Halt, NetFaults, Seeds, Sim, Trace, World};
use windlass::time::{sleep, timeout};
use windlass::{JoinHandle, spawn};

use crate::disk::Fails;
use crate::scene::{Mood, WELL};
use crate::stage::{Bug, Stage};
use crate::totals::{Total, add};

/// So many seeds in `cargo test`.
const SEEDS: u64 = 300;

/// How long everything may take to come to its end when the faults have ended.
const PATIENCE: Duration = Duration::from_secs(300);

const REPLAY: &str = "cargo test --test orders_sim the_service_survives -- --nocapture";

/// What a seed came to.
#[derive(Clone, Copy, Debug, Default)]
struct Came {
    acknowledged: usize,
    dead: usize,
    audits: u64,
    lives: u64,
}

async fn experiment(sim: Sim, bug: Bug, folder: PathBuf) -> Came {
    let stage = Stage::new(&sim, bug, &folder);
    stage.start_slow();
    stage.start_shop();
    let clients: Vec<JoinHandle<()>> =
        (0..stage.plan.clients).map(|client| spawn(send_all(stage.clone(), client))).collect();
    faults(&stage).await;
    let ended = timeout(PATIENCE, async {
        for client in clients {
            sim.check(client.await.is_ok(), format_args!("a client does not end"));
        }
        let dead = ends(&stage).await;
        // Once more, now that nothing happens any more.
        while asked(&stage, "audit").await != "audited" {
            sleep(Duration::from_millis(200)).await;
        }
        dead
    });
    let dead = ended.await;
    sim.check(dead.is_ok(), format_args!("after {PATIENCE:?} without faults orders still wait"));
    let names: Vec<String> = stage.seen().acknowledged.values().cloned().collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    sim.check(distinct.len() == names.len(), format_args!("two keys, one order: {names:?}"));
    let (audits, lives) = {
        let seen = stage.seen();
        (seen.audits, seen.lives)
    };
    Came { acknowledged: names.len(), dead: dead.unwrap_or(0), audits, lives }
}

/// Waits until each acknowledged order has ended. How many are dead.
async fn ends(stage: &Stage) -> usize {
    let names: Vec<String> = stage.seen().acknowledged.values().cloned().collect();
    let mut dead = 0;
    for name in names {
        loop {
            let status = asked(stage, &format!("status {name}")).await;
            match &*status {
                "completed" => break,
                "dead" => {
                    dead += 1;
                    break;
                }
                _ => sleep(Duration::from_millis(200)).await,
            }
        }
    }
    let told: usize = asked(stage, "dead").await.parse().unwrap_or(0);
    let sim = &stage.sim;
    // Orders that were saved, and their answers lost, may be among the dead, too.
    sim.check(told >= dead, format_args!("{dead} orders are dead; it tells of {told}"));
    dead
}

async fn asked(stage: &Stage, what: &str) -> String {
    let call = stage.sim.net().call("shop", what);
    let reply = timeout(Duration::from_millis(500), call).await;
    let reply = reply.ok().and_then(Result::ok).unwrap_or_default();
    String::from_utf8_lossy(&reply).into_owned()
}

/// A client sends its orders one after the other, each until it is acknowledged.
async fn send_all(stage: Stage, client: u64) {
    for order in 0..stage.plan.orders_each {
        let key = format!("{client}-{order}");
        loop {
            let reply = asked(&stage, &format!("post {key}")).await;
            if let Some(name) = reply.strip_prefix("202 ") {
                stage.seen().acknowledged.insert(key, name.to_owned());
                break;
            }
            let pause = stage.sim.between(Duration::from_millis(5), Duration::from_millis(300));
            sleep(pause).await;
        }
    }
}

/// What goes wrong, drawn; then all is well again.
async fn faults(stage: &Stage) {
    let (sim, net) = (&stage.sim, stage.sim.net());
    let end = sim.now() + stage.plan.faults_for;
    while sim.now() < end {
        sleep(sim.between(Duration::ZERO, Duration::from_millis(500))).await;
        match sim.below(9) {
            0..3 => stage.start_shop(),
            3 => stage.start_slow(),
            4 => net.cut("shop", "slow"),
            5 => net.heal(),
            6 => net.set_faults(NetFaults {
                delay_max: sim.between(Duration::from_millis(1), Duration::from_millis(200)),
                drop: 0.3 * sim.random().unit(),
                reset: 0.3 * sim.random().unit(),
                duplicate: 0.3 * sim.random().unit(),
                ..NetFaults::default()
            }),
            7 => {
                let full = sim.chance(0.5);
                stage.set_disk(Fails { full, sync: !full });
                sleep(sim.between(Duration::ZERO, Duration::from_millis(300))).await;
                stage.set_disk(Fails::default());
            }
            _ => stage.set_mood(Mood {
                fail: sim.random().unit(),
                latency_max: sim.between(Duration::from_millis(1), Duration::from_millis(400)),
            }),
        }
    }
    net.heal();
    stage.set_mood(WELL);
}

/// A folder of a test's own, where only the claims on databases are real files.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let memory = Path::new("/dev/shm");
        let temporary = std::env::temp_dir();
        let home = if memory.is_dir() { memory } else { &*temporary };
        let path = home.join(format!("windlass-sim-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn run(&self, world: &mut World, bug: Bug) -> Result<Came, Halt> {
        let sim = world.sim().clone();
        let came = world.run(experiment(sim.clone(), bug, self.0.clone()));
        sim.node("shop").crash();
        let closed = world.run(async {});
        Stage::forget(&self.0, sim.seed());
        closed.and(came)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it is in the system's folder for such.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_service_survives_crashes_and_all_faults() {
    let folder = Folder::new("all");
    let all = Cell::new(Came::default());
    let ran = Seeds::new(SEEDS).replayed_by(REPLAY).run(|world| {
        let (came, before) = (folder.run(world, Bug::None)?, all.get());
        all.set(Came {
            acknowledged: before.acknowledged + came.acknowledged,
            dead: before.dead + came.dead,
            audits: before.audits + came.audits,
            lives: before.lives + came.lives,
        });
        Ok::<_, Halt>(())
    });
    let ran = ran.unwrap_or_else(|failed| panic!("{failed}"));
    add(Total::Seeds, ran.seeds as usize);
    let Came { acknowledged, dead, audits, lives } = all.get();
    println!(
        "{} seeds of the orders service: {acknowledged} orders acknowledged, {dead} dead letters, \
         the power lost {} times; {} polls, {:?} of virtual time",
        ran.seeds,
        lives - ran.seeds,
        ran.polls,
        ran.passed
    );
    if ran.seeds >= 100 {
        assert!(acknowledged > 0 && dead > 0 && audits > 0 && lives > ran.seeds);
    }
}

#[test]
fn mistakes_in_what_it_is_given_are_found() {
    let folder = Folder::new("planted");
    for (bug, by) in [
        (Bug::Unsynced, "is lost"),
        (Bug::WorkForEachCall, "is done 2 times"),
        (Bug::SilenceIsSuccess, "its work is not done"),
    ] {
        let failed = Seeds::new(SEEDS).run(|world| folder.run(world, bug).map(drop));
        let Err(failed) = failed else { panic!("{bug:?} is not found by {SEEDS} seeds") };
        assert!(failed.said.contains(by), "{bug:?} shows in another way: {failed}");
        add(Total::Mistakes, 1);
        println!("{bug:?} is found by seed {}: {}", failed.seed, failed.said);
    }
}

#[test]
fn a_seed_repeats_the_whole_service() {
    let folder = Folder::new("repeated");
    let history = |seed| -> Trace {
        let mut world = World::new(seed).expect("a world");
        world.keep_lines(10_000);
        let came = folder.run(&mut world, Bug::None);
        came.unwrap_or_else(|halt| panic!("seed {seed}: {halt}"));
        world.trace()
    };
    for seed in 0..10 {
        assert_eq!(history(seed), history(seed), "seed {seed}");
    }
}
