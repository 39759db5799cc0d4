//! What the simulated experiments with orders share: a plan, drawn from the seed, and the slow
//! service, which does its work once for each order, slowly, and not always.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass::sim::{Call, Disk, Node, Sim};
use windlass::spawn;
use windlass::time::sleep;

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

/// How many values a size of the plan can have; the least of each is the same everywhere.
pub(crate) struct Spread {
    pub(crate) clients: u64,
    pub(crate) orders_each: u64,
    pub(crate) workers: u64,
    pub(crate) backlogs: u64,
    pub(crate) attempts: u64,
    pub(crate) hopeless: u64,
    pub(crate) faults_ms: u64,
}

impl Plan {
    /// Drawn from the world's seed, and noted.
    pub(crate) fn draw(sim: &Sim, spread: &Spread) -> Plan {
        let mut random = sim.random();
        let plan = Plan {
            clients: 1 + random.below(spread.clients),
            orders_each: 1 + random.below(spread.orders_each),
            workers: 1 + random.below(spread.workers) as usize,
            calls_max: 1 + random.below(2) as usize,
            backlog_max: 2 + random.below(spread.backlogs) as usize,
            attempts_max: 2 + random.below(spread.attempts) as u32,
            attempt_timeout: Duration::from_millis(50 + random.below(200)),
            hopeless_every: 3 + random.below(spread.hopeless),
            faults_for: Duration::from_millis(random.below(spread.faults_ms)),
        };
        sim.note(format_args!("{plan:?}"));
        plan
    }
}

/// How often the slow service has done its work, by the order's number.
pub(crate) type Effects = BTreeMap<u64, u64>;

/// How the slow service behaves; the experimenter changes that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood {
    /// Which share of the calls fails.
    pub(crate) fail: f64,
    /// How long a call takes at most.
    pub(crate) latency_max: Duration,
}

/// The mood when all is well.
pub(crate) const WELL: Mood = Mood { fail: 0.0, latency_max: Duration::from_millis(20) };

/// The world, the plan and the slow service of one experiment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) sim: Sim,
    pub(crate) plan: Arc<Plan>,
    pub(crate) effects: Disk<Effects>,
    /// A mistake: the slow service does its work for each call, whatever its key.
    works_each_call: bool,
    mood: Arc<Mutex<Mood>>,
}

impl Scene {
    pub(crate) fn new(sim: &Sim, plan: Plan, works_each_call: bool) -> Scene {
        Scene {
            effects: sim.node("slow").disk(Effects::new()),
            sim: sim.clone(),
            plan: Arc::new(plan),
            works_each_call,
            mood: Arc::new(Mutex::new(WELL)),
        }
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

    pub(crate) fn start_slow(&self) {
        self.slow().start(serve(self.clone()));
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().expect("nothing panics under the lock")
    }

    fn work(&self, number: u64) -> impl FnOnce(&mut Effects) -> Result<(), Infallible> {
        let each_call = self.works_each_call;
        move |effects| {
            let count = effects.entry(number).or_default();
            if *count == 0 || each_call {
                *count += 1;
            }
            Ok(())
        }
    }
}

/// The number of the order called `name`: what stands behind the name of the database, if any.
pub(crate) fn number(name: &str) -> u64 {
    name.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The slow service's first task.
async fn serve(scene: Scene) {
    let Ok(inbox) = scene.sim.net().listen("slow", 64) else {
        return scene.sim.fail(format_args!("two slow services"));
    };
    loop {
        let call = inbox.accept().await;
        spawn(answer(scene.clone(), call)).detach();
    }
}

async fn answer(scene: Scene, call: Call) {
    let (sim, mood) = (&scene.sim, scene.mood());
    let number = number(&String::from_utf8_lossy(call.request()));
    sleep(sim.between(Duration::from_millis(1), mood.latency_max)).await;
    let hopeless = number.is_multiple_of(scene.plan.hopeless_every);
    if hopeless || sim.chance(mood.fail / 2.0) {
        return call.reply("500");
    }
    let done = scene.effects.write(scene.work(number)).await;
    if done.is_err() || sim.chance(mood.fail / 2.0) {
        // The work may be done all the same: from outside nobody sees a difference.
        return call.reply("500");
    }
    sim.note(format_args!("the work for {number} is done"));
    call.reply("200");
}
