//! A world follows from its seed: order, time, crashes, the end.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass::channel::bounded;
use windlass::sim::{Bounds, Halt, Seeds, Trace, World};
use windlass::time::{sleep, timeout};
use windlass::workflow::jobs::{Every, Jobs, JobsSettings};
use windlass::{spawn, spawn_blocking, yield_now};

const HOUR: Duration = Duration::from_secs(3600);

/// Ten tasks that pass, wait and yield; in which order they ended.
fn crowd(seed: u64) -> (Vec<u64>, Trace) {
    let mut world = World::new(seed).expect("a world");
    let sim = world.sim().clone();
    let order = world.run(async move {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (to, from) = bounded(3);
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let (order, to, from, sim) = (order.clone(), to.clone(), from.clone(), sim.clone());
                spawn(async move {
                    to.send(number).await.expect("it is open");
                    yield_now().await;
                    sleep(sim.between(Duration::ZERO, HOUR)).await;
                    let got = from.recv().await.expect("as many as were sent");
                    spawn_blocking(move || got).await.expect("it ends");
                    sim.note(format_args!("{number} got {got}"));
                    order.lock().expect("whole").push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("it ends");
        }
        order.lock().expect("whole").clone()
    });
    (order.unwrap_or_else(|halt| panic!("{halt}")), world.trace())
}

#[test]
fn equal_seeds_have_equal_histories_and_others_differ() {
    let histories: Vec<_> = (0..50).map(crowd).collect();
    for (seed, history) in histories.iter().enumerate() {
        assert_eq!(*history, crowd(seed as u64), "seed {seed}");
    }
    let hashes: BTreeSet<_> = histories.iter().map(|(_, trace)| trace.hash).collect();
    let orders: BTreeSet<_> = histories.iter().map(|(order, _)| order.clone()).collect();
    assert_eq!((hashes.len(), orders.len()), (50, 50));
}

/// Two tasks that each read, then write: with some seeds an update is lost, with some not.
#[test]
fn both_outcomes_of_a_race_are_found() {
    let outcomes: BTreeSet<u64> = (0..40)
        .map(|seed| {
            let mut world = World::new(seed).expect("a world");
            let count = world.run(async {
                let count = Arc::new(Mutex::new(0));
                let add = |count: Arc<Mutex<u64>>| async move {
                    let read = *count.lock().expect("whole");
                    yield_now().await;
                    *count.lock().expect("whole") = read + 1;
                };
                let one = spawn(add(count.clone()));
                let other = spawn(add(count.clone()));
                one.await.and(other.await).expect("both end");
                *count.lock().expect("whole")
            });
            count.expect("it ends")
        })
        .collect();
    assert_eq!(outcomes, BTreeSet::from([1, 2]));
}

#[test]
fn years_take_no_time_and_timers_keep_their_order() {
    let mut world = World::new(7).expect("a world");
    world.set_bounds(Bounds { time_max: 20 * 365 * 24 * HOUR, ..Bounds::default() });
    let woken = world.run(async {
        let (to, from) = bounded(4);
        for years in [10_u32, 2, 5, 1] {
            let to = to.clone();
            spawn(async move {
                sleep(years * 365 * 24 * HOUR).await;
                to.send(years).await.expect("it is open");
            })
            .detach();
        }
        drop(to);
        let mut woken = Vec::new();
        while let Ok(years) = from.recv().await {
            woken.push(years);
        }
        woken
    });
    assert_eq!(woken.expect("it ends"), [1, 2, 5, 10]);
    assert!(world.sim().now() >= 10 * 365 * 24 * HOUR);
}

#[test]
fn what_can_never_happen_is_said_at_once() {
    let mut world = World::new(1).expect("a world");
    assert!(matches!(world.run(pending::<()>()), Err(Halt::Stalled { .. })));
    // A wake-up that is lost shows behind a timer, too.
    let lost = world.run(async {
        sleep(HOUR).await;
        pending::<()>().await;
    });
    assert!(matches!(lost, Err(Halt::Stalled { at }) if at >= HOUR), "{lost:?}");
    // The world goes on.
    assert_eq!(world.run(async { 6 * 7 }).expect("it ends"), 42);
}

#[test]
fn what_goes_on_for_ever_is_ended() {
    let mut world = World::new(2).expect("a world");
    world.set_bounds(Bounds { time_max: HOUR, polls_max: 100_000 });
    let spun = world.run(async {
        loop {
            yield_now().await;
        }
    });
    assert!(matches!(spun, Err::<(), _>(Halt::Polls(100_000))), "{spun:?}");
    let mut world = World::new(2).expect("a world");
    world.set_bounds(Bounds { time_max: HOUR, polls_max: 100_000 });
    let waited = world.run(async {
        loop {
            sleep(Duration::from_secs(60)).await;
        }
    });
    assert!(matches!(waited, Err::<(), _>(Halt::Time(HOUR))), "{waited:?}");
}

#[test]
fn panics_and_failures_end_the_experiment() {
    let mut world = World::new(3).expect("a world");
    let sim = world.sim().clone();
    sim.node("one").start(async { panic!("no such table") });
    let halt = world.run(sleep(HOUR)).expect_err("a task has panicked");
    assert!(matches!(&halt, Halt::Panicked(said) if said == "no such table"), "{halt}");
    let checked = sim.clone();
    let halt = world.run(async move {
        checked.check(true, format_args!("never"));
        checked.check(1 > 2, format_args!("{} is not more than {}", 1, 2));
        checked.fail(format_args!("only the first counts"));
        pending::<()>().await;
    });
    let said = halt.expect_err("it failed").to_string();
    assert_eq!(said, "1 is not more than 2");
}

#[test]
fn a_world_within_a_runtime_says_so() {
    let runtime = windlass::Runtime::builder().workers(1).build().expect("a runtime");
    let mut world = World::new(4).expect("a world");
    let nested = runtime.block_on(async move { world.run(async {}) });
    assert!(matches!(nested, Err(Halt::Nested)), "{nested:?}");
}

/// A node's crash ends what it has spawned and what its jobs have, and nothing else.
#[test]
fn a_crash_ends_all_that_a_node_runs() {
    let ran = Seeds::new(100).run(|world| {
        let sim = world.sim().clone();
        world.run(async move {
            let node = sim.node("worker");
            let life = |sim: windlass::sim::Sim, ticks: Arc<Mutex<u64>>| async move {
                let handle = windlass::runtime::Handle::current();
                let jobs = Jobs::new(handle, JobsSettings::default()).expect("sound");
                let every = Every::new(Duration::from_millis(5));
                let tick = move || {
                    *ticks.lock().expect("whole") += 1;
                    let sim = sim.clone();
                    async move { sim.note(format_args!("tick")) }
                };
                jobs.spawn_every("ticks", every, tick).expect("there is room");
                spawn(async { spawn(pending::<()>()).await.expect("it never ends") }).detach();
                pending::<()>().await;
            };
            let ticks = Arc::new(Mutex::new(0));
            let so_far = || *ticks.lock().expect("whole");
            node.start(life(sim.clone(), ticks.clone()));
            sleep(sim.between(Duration::ZERO, Duration::from_millis(100))).await;
            node.crash();
            yield_now().await;
            sim.check(!node.is_up(), format_args!("it is up after its crash"));
            let before = so_far();
            sleep(HOUR).await;
            sim.check(so_far() == before, format_args!("it ticks on"));
            sim.check(Arc::strong_count(&ticks) == 1, format_args!("it holds what was its own"));
            node.start(life(sim.clone(), ticks.clone()));
            sleep(Duration::from_millis(50)).await;
            sim.check(node.is_up() && so_far() >= before + 9, format_args!("it is not back"));
        })
    });
    assert_eq!(ran.unwrap_or_else(|failed| panic!("{failed}")).seeds, 100);
}

#[test]
fn a_seed_that_fails_is_told_with_its_events_and_the_command() {
    let experiment = |world: &mut World| {
        let sim = world.sim().clone();
        world.run(async move {
            sim.note(format_args!("nothing wrong so far"));
            let late =
                timeout(Duration::from_millis(5), sleep(Duration::from_millis(sim.below(20))));
            sim.check(late.await.is_ok(), format_args!("it was late"));
        })
    };
    let failed = Seeds::new(1000).run(experiment).expect_err("some are late");
    let again = Seeds::new(1000).run(experiment).expect_err("the same");
    assert_eq!((failed.seed, &failed.trace), (again.seed, &again.trace));
    let said = failed.to_string();
    assert!(said.contains("world: nothing wrong so far") && said.contains("it was late"), "{said}");
    let panics = Seeds::new(3).run(|_| -> Result<(), Halt> { panic!("at once") });
    assert_eq!(panics.expect_err("it panics").said, "panicked: at once");
}

/// Whatever a world holds, wherever it is, is dropped with it.
#[test]
fn a_world_leaves_nothing_behind() {
    for seed in 0..50 {
        let token = Arc::new(());
        let mut world = World::new(seed).expect("a world");
        let (sim, own) = (world.sim().clone(), token.clone());
        let ran = world.run(async move {
            for name in ["one", "two"] {
                let (sim, own) = (sim.clone(), own.clone());
                sim.clone().node(name).start(async move {
                    let inbox = sim.net().listen(name, 2).expect("one of this name");
                    let disk = sim.node(name).disk(vec![own.clone()]);
                    let waits = own.clone();
                    spawn(async move {
                        sleep(HOUR).await;
                        drop(waits);
                    })
                    .detach();
                    let written = disk.write_unsynced(|list| {
                        list.push(own.clone());
                        Ok::<_, ()>(())
                    });
                    assert_eq!(written, Ok(Ok(())));
                    drop(spawn_blocking(move || drop(own)));
                    let other = if name == "one" { "two" } else { "one" };
                    for _ in 0..5 {
                        let (sim, other) = (sim.clone(), other.to_owned());
                        spawn(async move { drop(sim.net().call(&other, "ahoy").await) }).detach();
                    }
                    let _in_hand = inbox.accept().await;
                    pending::<()>().await;
                });
            }
            sleep(sim.between(Duration::ZERO, Duration::from_millis(3))).await;
            sim.node("one").crash();
            sim.node("three").start(async move { drop(own) });
        });
        ran.unwrap_or_else(|halt| panic!("seed {seed}: {halt}"));
        drop(world);
        assert_eq!(Arc::strong_count(&token), 1, "seed {seed}");
    }
}
