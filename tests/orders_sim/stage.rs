//! What an experiment is made of: its scene, its mistake, where the database is; what was
//! acknowledged.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use windlass::sim::Sim;

use crate::dice::Dice;
use crate::disk::{Fails, fail, lose_power, with};
use crate::scene::{Plan, Scene, Spread};

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

/// How far the sizes of an experiment spread.
const SPREAD: Spread = Spread {
    clients: 2,
    orders_each: 4,
    workers: 3,
    backlogs: 4,
    attempts: 3,
    hopeless: 4,
    faults_ms: 4_000,
};

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
    scene: Scene,
    pub(crate) bug: Bug,
    folder: Arc<Path>,
    seen: Arc<Mutex<Seen>>,
}

/// The world, the plan and the slow service are at hand as if they were its own.
impl Deref for Stage {
    type Target = Scene;

    fn deref(&self) -> &Scene {
        &self.scene
    }
}

impl Stage {
    pub(crate) fn new(sim: &Sim, bug: Bug, folder: &Path) -> Stage {
        let scene = Scene::new(sim, Plan::draw(sim, &SPREAD), bug == Bug::WorkForEachCall);
        Stage { scene, bug, folder: folder.into(), seen: Arc::default() }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nothing panics under the lock")
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
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is plain")
}
