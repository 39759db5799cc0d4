//! The slow service: does its work once for each key, slowly, and not always.

use std::time::Duration;

use windlass::sim::Call;
use windlass::spawn;
use windlass::time::sleep;

use crate::stage::Stage;

/// The node's first task.
pub(crate) async fn run(stage: Stage) {
    let Ok(inbox) = stage.sim.net().listen("slow", 64) else {
        return stage.sim.fail(format_args!("two slow services"));
    };
    loop {
        let call = inbox.accept().await;
        spawn(answer(stage.clone(), call)).detach();
    }
}

/// The key is the order's name: the database's number, which no seed repeats, and the order's.
pub(crate) fn number(name: &str) -> u64 {
    name.split_once('-').and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
}

async fn answer(stage: Stage, call: Call) {
    let (sim, mood) = (&stage.sim, stage.mood());
    let number = number(&String::from_utf8_lossy(call.request()));
    sleep(sim.between(Duration::from_millis(1), mood.latency_max)).await;
    let hopeless = number.is_multiple_of(stage.plan.hopeless_every);
    if hopeless || sim.chance(mood.fail / 2.0) {
        return call.reply("500");
    }
    let done = stage.effects.write(stage.work(number)).await;
    if done.is_err() || sim.chance(mood.fail / 2.0) {
        // The work may be done all the same: from outside nobody sees a difference.
        return call.reply("500");
    }
    sim.note(format_args!("the work for {number} is done"));
    call.reply("200");
}
