//! What network and disks do to nodes, and what a crash leaves.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass::sim::{
    Disk, DiskError, DiskFaults, Halt, NameTaken, NetError, NetFaults, Seeds, Sim, World,
};
use windlass::spawn;
use windlass::time::{Elapsed, sleep, timeout};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(10);

/// Runs it for some seeds.
fn each<F>(experiment: impl Fn(Sim) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let ran = Seeds::new(50).run(|world: &mut World| {
        let sim = world.sim().clone();
        world.run(experiment(sim))
    });
    assert_eq!(ran.unwrap_or_else(|failed| panic!("{failed}")).seeds, 50);
}

/// A node that answers each request with itself, and says what it has seen.
fn echo(sim: &Sim, seen: &Arc<Mutex<Vec<String>>>) {
    let (own, seen) = (sim.clone(), seen.clone());
    sim.node("echo").start(async move {
        let inbox = own.net().listen("echo", 2).expect("one echo");
        loop {
            let call = inbox.accept().await;
            let request = call.request().to_vec();
            seen.lock().expect("whole").push(String::from_utf8_lossy(&request).into_owned());
            call.reply(request);
        }
    });
}

/// A call from the experimenter's node, which waits for ten seconds at most.
async fn called(sim: &Sim, what: &str) -> Result<Result<Vec<u8>, NetError>, Elapsed> {
    timeout(LONG, sim.net().call("echo", what)).await
}

fn count(seen: &Mutex<Vec<String>>) -> usize {
    seen.lock().expect("whole").len()
}

#[test]
fn replies_come_within_the_delays() {
    each(|sim| async move {
        let seen = Arc::default();
        echo(&sim, &seen);
        sleep(MS).await;
        sim.net().set_faults(NetFaults {
            delay_min: 3 * MS,
            delay_max: 7 * MS,
            ..NetFaults::default()
        });
        let begun = sim.now();
        assert_eq!(called(&sim, "ahoy").await, Ok(Ok(b"ahoy".to_vec())));
        let took = sim.now() - begun;
        assert!(took >= 6 * MS && took <= 15 * MS, "{took:?}");
        assert_eq!(count(&seen), 1);
        assert_eq!(sim.net().listen("echo", 1).err(), Some(NameTaken("echo".to_owned())));
    });
}

#[test]
fn nobody_there_refuses_and_so_does_a_full_inbox() {
    each(|sim| async move {
        assert_eq!(called(&sim, "nobody").await, Ok(Err(NetError::Refused)));
        let own = sim.clone();
        sim.node("deaf").start(async move {
            let _inbox = own.net().listen("echo", 2).expect("one echo");
            pending::<()>().await;
        });
        sleep(MS).await;
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let sim = sim.clone();
                spawn(async move { called(&sim, "full").await })
            })
            .collect();
        let mut came = Vec::new();
        for call in calls {
            came.push(call.await.expect("it ends"));
        }
        let refused = came.iter().filter(|it| **it == Ok(Err(NetError::Refused))).count();
        let silent = came.iter().filter(|it| it.is_err()).count();
        assert_eq!((refused, silent), (1, 2), "{came:?}");
    });
}

#[test]
fn messages_are_lost_reset_and_doubled_when_they_are_to_be() {
    each(|sim| async move {
        let seen = Arc::default();
        echo(&sim, &seen);
        sleep(MS).await;
        let net = sim.net();
        net.set_faults(NetFaults { drop: 1.0, ..NetFaults::default() });
        assert_eq!(called(&sim, "lost").await, Err(Elapsed));
        net.set_faults(NetFaults { reset: 1.0, ..NetFaults::default() });
        assert_eq!(called(&sim, "reset").await, Ok(Err(NetError::Reset)));
        assert_eq!(count(&seen), 0);
        net.set_faults(NetFaults { duplicate: 1.0, ..NetFaults::default() });
        assert_eq!(called(&sim, "twice").await, Ok(Ok(b"twice".to_vec())));
        sleep(LONG).await;
        assert_eq!(*seen.lock().expect("whole"), ["twice", "twice"]);
        net.heal();
        assert_eq!(called(&sim, "well").await, Ok(Ok(b"well".to_vec())));
    });
}

#[test]
fn nothing_passes_a_cut_until_it_is_mended() {
    each(|sim| async move {
        let seen = Arc::default();
        echo(&sim, &seen);
        sleep(MS).await;
        let net = sim.net();
        net.cut("echo", "world");
        assert_eq!(called(&sim, "cut").await, Err(Elapsed));
        assert_eq!(count(&seen), 0);
        net.mend("world", "echo");
        assert_eq!(called(&sim, "mended").await, Ok(Ok(b"mended".to_vec())));
        // A cut between others is none here; one that comes behind the request meets the reply.
        net.cut("echo", "other");
        assert!(called(&sim, "others").await.is_ok());
        net.set_faults(NetFaults { delay_min: 5 * MS, delay_max: 5 * MS, ..NetFaults::default() });
        let behind = sim.clone();
        let call = spawn(async move { called(&behind, "behind").await });
        sleep(7 * MS).await;
        net.cut("echo", "world");
        assert_eq!(call.await.expect("it ends"), Err(Elapsed));
        assert!(seen.lock().expect("whole").contains(&"behind".to_owned()));
    });
}

#[test]
fn who_gives_up_does_not_call_its_request_back() {
    each(|sim| async move {
        let seen = Arc::default();
        echo(&sim, &seen);
        sleep(MS).await;
        sim.net().set_faults(NetFaults {
            delay_min: 5 * MS,
            delay_max: 5 * MS,
            ..NetFaults::default()
        });
        assert_eq!(timeout(MS, sim.net().call("echo", "late")).await, Err(Elapsed));
        let own = sim.clone();
        sim.node("caller").start(async move {
            drop(own.net().call("echo", "from a node that crashes").await);
        });
        sleep(2 * MS).await;
        sim.node("caller").crash();
        sleep(LONG).await;
        assert_eq!(*seen.lock().expect("whole"), ["late", "from a node that crashes"]);
    });
}

#[test]
fn a_crash_resets_what_waits_and_the_name_is_free_again() {
    each(|sim| async move {
        let own = sim.clone();
        sim.node("echo").start(async move {
            let inbox = own.net().listen("echo", 4).expect("one echo");
            let _in_hand = inbox.accept().await;
            pending::<()>().await;
        });
        sleep(MS).await;
        let calls: Vec<_> = (0..3)
            .map(|_| {
                let sim = sim.clone();
                spawn(async move { called(&sim, "wait").await })
            })
            .collect();
        sleep(5 * MS).await;
        sim.node("echo").crash();
        for call in calls {
            assert_eq!(call.await.expect("it ends"), Ok(Err(NetError::Reset)));
        }
        assert_eq!(called(&sim, "down").await, Ok(Err(NetError::Refused)));
        let seen = Arc::default();
        echo(&sim, &seen);
        sleep(MS).await;
        assert_eq!(called(&sim, "back").await, Ok(Ok(b"back".to_vec())));
    });
}

fn add(value: u32) -> impl FnOnce(&mut Vec<u32>) -> Result<usize, Infallible> {
    move |list| {
        list.push(value);
        Ok(list.len())
    }
}

/// A node that writes one after the other, without end, and has others wait for nothing.
fn writer(sim: &Sim, disk: &Disk<Vec<u32>>, told: &Arc<Mutex<u32>>) {
    let (disk, told) = (disk.clone(), told.clone());
    sim.node("writer").start(async move {
        for value in 0.. {
            if value % 3 == 0 {
                disk.write(add(value)).await.expect("it works").expect("it is added");
                *told.lock().expect("whole") = value + 1;
            } else {
                disk.write_unsynced(add(value)).expect("it works").expect("it is added");
            }
        }
    });
}

/// What was synced is there; of the rest a beginning, which may be nothing and may be all.
#[test]
fn a_crash_leaves_what_was_synced_and_a_beginning_of_the_rest() {
    let extras: BTreeSet<usize> = (0..200)
        .map(|seed| {
            let mut world = World::new(seed).expect("a world");
            let sim = world.sim().clone();
            let extra = world.run(async move {
                let disk = sim.node("writer").disk(Vec::new());
                let told = Arc::default();
                writer(&sim, &disk, &told);
                sleep(sim.between(5 * MS, 50 * MS)).await;
                sim.node("writer").crash();
                sleep(MS).await;
                let told = *told.lock().expect("whole");
                let left = disk.synced(Clone::clone);
                let all: Vec<u32> = (0..left.len() as u32).collect();
                assert_eq!(left, all, "no hole");
                assert!(left.len() as u32 >= told, "{told} were told of, {} are left", left.len());
                left.len() - told as usize
            });
            extra.unwrap_or_else(|halt| panic!("seed {seed}: {halt}"))
        })
        .collect();
    assert_eq!(extras, BTreeSet::from([0, 1, 2, 3]));
}

#[test]
fn a_disk_that_fails_changes_nothing_and_others_cannot_reach_it() {
    each(|sim| async move {
        let disk: Disk<Vec<u32>> = sim.node("one").disk(Vec::new());
        assert_eq!(disk.read(Vec::len), Err(DiskError::OutOfReach), "from the world's node");
        let own = disk.clone();
        let done = Arc::new(Mutex::new(false));
        let told = done.clone();
        sim.node("one").start(async move {
            own.set_faults(DiskFaults { fail: 1.0, ..DiskFaults::default() });
            assert_eq!(own.write(add(1)).await, Err(DiskError::Failed));
            assert_eq!(own.read(Vec::len), Ok(0));
            own.set_faults(DiskFaults::default());
            let refused = own.write(|list| {
                list.push(7);
                Err::<(), _>("changed its mind")
            });
            assert_eq!(refused.await, Ok(Err("changed its mind")));
            assert_eq!(own.write(add(2)).await, Ok(Ok(1)));
            *told.lock().expect("whole") = true;
        });
        sleep(LONG).await;
        assert!(*done.lock().expect("whole"));
        assert_eq!(disk.synced(Clone::clone), [2]);
    });
}

/// A process that is killed runs no destructors: what they do here reaches nothing.
#[test]
fn what_a_crashed_node_drops_reaches_no_disk() {
    struct Writes(Disk<Vec<u32>>, Arc<Mutex<Option<DiskError>>>);
    impl Drop for Writes {
        fn drop(&mut self) {
            let written = self.0.write_unsynced(add(9));
            *self.1.lock().expect("whole") = written.err();
        }
    }
    each(|sim| async move {
        let (disk, error) = (sim.node("one").disk(Vec::new()), Arc::default());
        let writes = Writes(disk.clone(), Arc::clone(&error));
        sim.node("one").start(async move {
            let _writes = writes;
            pending::<()>().await;
        });
        sleep(MS).await;
        sim.node("one").crash();
        sleep(MS).await;
        assert_eq!(*error.lock().expect("whole"), Some(DiskError::OutOfReach));
        assert_eq!(disk.synced(Vec::len), 0);
    });
}

#[test]
fn an_experiment_that_asserts_fails_with_what_it_said() {
    let failed = Seeds::new(10).run(|world: &mut World| -> Result<(), Halt> {
        let sim = world.sim().clone();
        world.run(async move { assert!(sim.seed() < 3, "seed {} is too high", sim.seed()) })
    });
    let failed = failed.expect_err("the fourth fails");
    assert_eq!((failed.seed, &*failed.said), (3, "a task panicked: seed 3 is too high"));
}
