//! The slow service: does its work once for each key, slowly, and not always.

use windlass::sim::Call;
use windlass::spawn;
use windlass::time::sleep;

use crate::stage::{Bug, Stage};
use std::convert::Infallible;
use std::time::Duration;

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

async fn answer(stage: Stage, call: Call) {
    let sim = &stage.sim;
    let key = String::from_utf8_lossy(call.request()).into_owned();
    let mood = stage.mood();
    sleep(sim.between(Duration::from_millis(1), mood.latency_max)).await;
    let number: u64 = key.parse().unwrap_or(0);
    if number.is_multiple_of(stage.plan.hopeless_every) {
        return call.reply("500");
    }
    if sim.chance(mood.fail / 2.0) {
        return call.reply("500");
    }
    let every_call = stage.bug == Bug::WorkForEachCall;
    let work = |effects: &mut crate::stage::Effects| {
        let count = effects.entry(key.clone()).or_default();
        if *count == 0 || every_call {
            *count += 1;
        }
        Ok::<_, Infallible>(())
    };
    let done = stage.effects.write(work).await;
    if done.is_err() || sim.chance(mood.fail / 2.0) {
        // The work may be done all the same: from outside nobody sees a difference.
        return call.reply("500");
    }
    call.reply("200");
}
