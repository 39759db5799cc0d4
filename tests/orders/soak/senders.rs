//! The open loop of orders: each has a key, and is sent with it until it is acknowledged.

use std::sync::atomic::Ordering;
use std::time::Duration;

use windlass::kit::client::{BlockingClient, ClientSettings};
use windlass::kit::http::Outgoing;

use crate::world::{good_order, parsed, shown};

use super::stage::{Chance, ORDERS, Stage, locked, pause};

pub(super) const SENDERS: u64 = 16;

/// Orders a second, of all senders together.
pub(super) const PER_S: u64 = 60;

/// So many orders has a burst, from each sender.
const BURST: u64 = 40;

/// So often an order is sent; then its sender gives it up.
const TRIES_MAX: u32 = 120;

/// One of the senders: its orders are due at fixed times, whatever becomes of those before.
pub(super) fn send(stage: &Stage, sender: u64) {
    let settings = ClientSettings {
        timeout: Duration::from_secs(10),
        ..ClientSettings::new(stage.addrs[ORDERS])
    };
    let client = BlockingClient::new(settings);
    let mut chance = Chance::new(stage.seed, 100 + sender);
    let mut bursts = 0;
    for turn in 0.. {
        let due = Duration::from_micros((turn * SENDERS + sender) * 1_000_000 / PER_S);
        while !stage.is_over() && stage.begun.elapsed() < due {
            pause(Duration::from_millis(50).min(due.saturating_sub(stage.begun.elapsed())));
            let asked = stage.bursts.load(Ordering::SeqCst);
            if asked > bursts {
                bursts = asked;
                for number in 0..BURST {
                    one(stage, &client, &mut chance, format!("burst-{bursts}-{sender}-{number}"));
                }
            }
        }
        if stage.is_over() {
            return;
        }
        one(stage, &client, &mut chance, format!("order-{sender}-{turn}"));
    }
}

fn one(stage: &Stage, client: &BlockingClient, chance: &mut Chance, key: String) {
    let order = good_order();
    let request = Outgoing { method: "POST", path: "/orders", key: Some(&key), json: Some(&order) };
    for _ in 0..TRIES_MAX {
        match client.call(&request) {
            Ok(reply) if reply.status == 202 => {
                let id = parsed(&reply)["id"].as_str().expect("an id").to_owned();
                let known = locked(&stage.acknowledged).insert(key.clone(), id.clone());
                if known.as_ref().is_some_and(|known| *known != id) {
                    stage.failed(format!("{key} was {known:?}, and is {id} now"));
                }
                // Some are sent again, and must be known.
                if known.is_some() || chance.below(20) > 0 {
                    return stage.sent.add("acknowledged");
                }
                stage.sent.add("sent again");
            }
            Ok(reply) if reply.status == 503 => {
                stage.sent.add("refused");
                if reply.retry_after_s.is_none() {
                    stage.failed(format!("503 without retry-after: {}", shown(&reply)));
                }
                pause(chance.ms(50, 400));
            }
            Ok(reply) => return stage.failed(format!("{key}: {}", shown(&reply))),
            Err(_) => {
                stage.sent.add("no reply");
                pause(chance.ms(20, 200));
            }
        }
    }
    match locked(&stage.acknowledged).contains_key(&key) {
        true => stage.sent.add("acknowledged"),
        false => stage.sent.add("given up"),
    }
}
