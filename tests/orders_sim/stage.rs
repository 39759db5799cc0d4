//! What an experiment is made of: its plan, drawn from the seed; where the database is; what was
//! acknowledged.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use windlass::sim::{Disk, Node, Sim};

use crate::dice::Dice;
use crate::disk::{Fails, fail, lose_power, with};

/// A mistake that can be made by what the service is given. The invariants must find each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// The database acknowledges what its disk has not synced.
    Unsynced,
    /// The slow service does its work for each call, whatever its key.
    WorkForEachCall,
    /// A call that times out passes for one that succeeded.
    SilenceIsSuccess,
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
            clients: 1 + random.below(2),
            orders_each: 1 + random.below(4),
            workers: 1 + random.below(3) as usize,
            calls_max: 1 + random.below(2) as usize,
            backlog_max: 2 + random.below(4) as usize,
            attempts_max: 2 + random.below(3) as u32,
            attempt_timeout: Duration::from_millis(50 + random.below(200)),
            hopeless_every: 3 + random.below(4),
            faults_for: Duration::from_millis(random.below(4_000)),
        }
    }
}

/// How often the slow service has done its work, by the order's number.
pub(crate) type Effects = BTreeMap<u64, u64>;

/// How the slow service behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    /// Which share of the calls fails.
    pub(crate) fail: f64,
    /// How long a call takes at most.
    pub(crate) latency_max: Duration,
}

/// The mood when all is well.
pub(crate) const WELL: Mood = Mood { fail: 0.0, latency_max: Duration::from_millis(20) };

#[derive(Default)]
pub(crate) struct Seen {
    /// The order's name, by the client's key.
    pub(crate) acknowledged: BTreeMap<String, String>,
    pub(crate) calls_under_way: usize,
    /// How often the queue's depth was looked at.
    pub(crate) audits: u64,
    /// How often the shop was started.
    pub(crate) lives: u64,
}

/// What everybody in the experiment knows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) plan: Arc<Plan>,
    pub(crate) bug: Bug,
    pub(crate) effects: Disk<Effects>,
    folder: Arc<Path>,
    seen: Arc<Mutex<Seen>>,
    mood: Arc<Mutex<Mood>>,
}

impl Stage {
    pub(crate) fn new(sim: &Sim, bug: Bug, folder: &Path) -> Stage {
        let plan = Plan::draw(sim);
        sim.note(format_args!("{plan:?}"));
        Stage {
            effects: sim.node("slow").disk(Effects::new()),
            sim: sim.clone(),
            plan: Arc::new(plan),
            bug,
            folder: folder.into(),
            seen: Arc::default(),
            mood: Arc::new(Mutex::new(WELL)),
        }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics under the lock")
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

    /// The database's file in the shop's present life, or in one before.
    fn database(&self, life: u64) -> PathBuf {
        self.folder.join(format!("{}-{life}.db", self.sim.seed()))
    }

    /// Starts the shop. If it runs, the power goes first: of what the disk has not synced, sectors
    /// are there or not.
    pub(crate) fn start_shop(&self) {
        let life = {
            let mut seen = self.seen();
            seen.lives += 1;
            seen.calls_under_way = 0;
            seen.lives
        };
        let (before, now) = (self.database(life - 1), self.database(life));
        let mut dice = Dice::new(self.sim.below(u64::MAX));
        lose_power(text(&before), text(&now), &mut dice);
        self.shop().start(crate::shop::run(self.clone(), now));
    }

    pub(crate) fn start_slow(&self) {
        self.sim.node("slow").start(crate::slow::run(self.clone()));
    }

    /// Whether the disk has no room, or does not sync, from now on.
    pub(crate) fn set_disk(&self, fails: Fails) {
        let (full, sync) = (fails.full, fails.sync);
        self.sim.note(format_args!("the disk is full: {full}, fails to sync: {sync}"));
        let database = self.database(self.seen().lives);
        fail(&format!("{}-wal", text(&database)), fails);
    }

    /// Forgets the files, when nobody has them open.
    pub(crate) fn forget(folder: &Path, seed: u64) {
        let prefix = folder.join(format!("{seed}-"));
        with(|disk| {
            let gone = disk.names.extract_if(|name, _| name.starts_with(text(&prefix)));
            let gone: Vec<u64> = gone.map(|(_, id)| id).collect();
            disk.files.retain(|id, _| !gone.contains(id));
        });
    }

    pub(crate) fn work(&self, number: u64) -> impl FnOnce(&mut Effects) -> Result<(), Infallible> {
        let every_call = self.bug == Bug::WorkForEachCall;
        move |effects| {
            let count = effects.entry(number).or_default();
            if *count == 0 || every_call {
                *count += 1;
            }
            Ok(())
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is plain")
}
