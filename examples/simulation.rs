//! A race that one run in many shows, found and replayed by a seed.
//!
//! Two tellers each read an account, then write the sum: an update between the two is lost. Most
//! orders of the tasks hide it. `cargo run --example simulation`

use std::convert::Infallible;
use std::time::Duration;

use windlass::sim::{Disk, Halt, Seeds, Sim, World};
use windlass::spawn;
use windlass::time::sleep;

/// Reads, waits as a real one might, then writes.
async fn pay_in(sim: Sim, account: Disk<u64>, amount: u64) {
    sleep(sim.between(Duration::ZERO, Duration::from_secs(60))).await;
    let Ok(balance) = account.read(|balance| *balance) else { return };
    sim.note(format_args!("the balance is {balance}, to pay in {amount}"));
    sleep(sim.between(Duration::ZERO, Duration::from_millis(500))).await;
    let write = |own: &mut u64| {
        *own = balance + amount;
        Ok::<_, Infallible>(())
    };
    // The disk of this experiment does not fail.
    let _ = account.write(write).await;
}

fn experiment(world: &mut World) -> Result<(), Halt> {
    let sim = world.sim().clone();
    world.run(async move {
        let bank = sim.node("bank");
        let account = bank.disk(0_u64);
        let (one, disk) = (sim.clone(), account.clone());
        bank.start(async move {
            let first = spawn(pay_in(one.clone(), disk.clone(), 30));
            pay_in(one, disk, 12).await;
            drop(first.await);
        });
        // An hour of virtual time.
        sleep(Duration::from_secs(3600)).await;
        let balance = account.synced(|balance| *balance);
        sim.check(balance == 42, format_args!("30 and 12 were paid in, and {balance} is there"));
    })
}

fn main() {
    let seeds = Seeds::new(10_000).replayed_by("cargo run --example simulation");
    match seeds.run(experiment) {
        Ok(ran) => {
            println!("{} seeds, {:?} of virtual time, no update lost", ran.seeds, ran.passed)
        }
        // It is there to be found.
        Err(failed) => println!("{failed}"),
    }
}
