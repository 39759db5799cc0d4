//! The faults, one after the other, as chance has it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;

use crate::world::Talk;

use super::fleet::Fleet;
use super::stage::{Chance, ECHO, ORDERS, SLOW, Stage, pause};

/// What is done to the processes. (What clients do all the while: `peers.rs`.)
const FAULTS: [&str; 15] = [
    "slow service fails",
    "slow service stalls",
    "slow service gone",
    "slow service stopped",
    "slow service killed",
    "slow service slow, and a burst",
    "orders killed",
    "orders killed, down for a while",
    "orders ended by SIGTERM",
    "orders stopped",
    "orders out of descriptors",
    "slow service out of descriptors",
    "echo stopped",
    "echo out of descriptors",
    "a burst",
];

/// How often each was provoked.
pub(super) type Provoked = BTreeMap<&'static str, u64>;

/// Provokes faults until `end` of the run; each ends before the next one begins, but for what the
/// slow service does for a while.
pub(super) fn provoke(stage: &Stage, fleet: &mut Fleet, end: Duration, log: &Path) -> Provoked {
    let mut chance = Chance::new(stage.seed, 0);
    let mut provoked = Provoked::new();
    let mut lines = "s\tfault\tlasted_s\tacknowledged\n".to_owned();
    // In rounds: chance decides the order, so that none is left out for long.
    let mut left: Vec<usize> = Vec::new();
    let mut told = 0;
    while stage.begun.elapsed() < end {
        if left.is_empty() {
            left = (0..FAULTS.len()).collect();
        }
        let which = left.swap_remove(chance.below(left.len() as u64) as usize);
        let from = stage.begun.elapsed();
        one(stage, fleet, &mut chance, which);
        *provoked.entry(FAULTS[which]).or_default() += 1;
        let lasted = (stage.begun.elapsed() - from).as_secs_f64();
        let (at, orders) = (from.as_secs_f64(), stage.count());
        let _ = writeln!(lines, "{at:.1}\t{}\t{lasted:.1}\t{orders}", FAULTS[which]);
        let minute = stage.begun.elapsed().as_secs() / 60;
        if minute > told {
            told = minute;
            let faults: u64 = provoked.values().sum();
            println!("soak: {minute} min, {faults} faults, {orders} orders acknowledged");
        }
        let rest = if end < Duration::from_secs(60) { 100..300 } else { 500..6_000 };
        pause(chance.ms(rest.start, rest.end));
    }
    std::fs::write(log, lines).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
    provoked
}

fn one(stage: &Stage, fleet: &mut Fleet, chance: &mut Chance, which: usize) {
    let for_ms = chance.ms(500, 4_000).as_millis() as u64;
    let slow = |change| Talk::to(stage.addrs[SLOW]).faults(&change);
    let time = chance.ms(200, 2_500);
    match FAULTS[which] {
        "slow service fails" => slow(json!({ "fail_rate": 1.0, "for_ms": for_ms })),
        "slow service stalls" => slow(json!({ "stall_ms": 3_000, "for_ms": for_ms })),
        "slow service gone" => slow(json!({ "gone": true, "for_ms": for_ms })),
        "slow service stopped" => fleet.stop(SLOW, time),
        "slow service killed" => fleet.kill(stage, SLOW, time),
        "slow service slow, and a burst" => {
            slow(json!({ "latency_ms": 400, "for_ms": 2_000 }));
            stage.bursts.fetch_add(1, Ordering::SeqCst);
        }
        "orders killed" => fleet.kill(stage, ORDERS, Duration::ZERO),
        "orders killed, down for a while" => fleet.kill(stage, ORDERS, time),
        "orders ended by SIGTERM" => fleet.end_and_start(stage, ORDERS),
        "orders stopped" => fleet.stop(ORDERS, time),
        "orders out of descriptors" => fleet.starve(ORDERS, time),
        "slow service out of descriptors" => fleet.starve(SLOW, time),
        "echo stopped" => fleet.stop(ECHO, time),
        "echo out of descriptors" => fleet.starve(ECHO, time),
        _ => drop(stage.bursts.fetch_add(1, Ordering::SeqCst)),
    }
}
