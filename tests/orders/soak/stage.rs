//! What all threads of the soak share: whom to talk to, what was acknowledged, what went wrong.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// So many failures are told; further ones are counted.
const TOLD_MAX: usize = 20;

/// xorshift64 (G. Marsaglia, 2003).
pub(super) struct Chance(u64);

impl Chance {
    /// Numbers of its own for each `number`.
    pub(super) fn new(seed: u64, number: u64) -> Chance {
        let mut chance = Chance((seed ^ (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end
    }

    pub(super) fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// The processes, in the order of their tables.
pub(super) const NAMES: [&str; 3] = ["echo", "orders", "slow"];
pub(super) const ECHO: usize = 0;
pub(super) const ORDERS: usize = 1;
pub(super) const SLOW: usize = 2;

/// Which process runs, 0 while none does, and the how-manieth it is.
#[derive(Default)]
pub(super) struct Running {
    pub(super) id: AtomicU32,
    pub(super) life: AtomicU32,
}

/// What clients count.
#[derive(Default)]
pub(super) struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(super) fn add(&self, what: &'static str) {
        *locked(&self.0).entry(what).or_default() += 1;
    }

    pub(super) fn shown(&self) -> String {
        let all = locked(&self.0);
        let all: Vec<String> = all.iter().map(|(what, count)| format!("{what} {count}")).collect();
        all.join(", ")
    }
}

/// What the threads share.
pub(super) struct Stage {
    pub(super) seed: u64,
    pub(super) begun: Instant,
    pub(super) addrs: [SocketAddr; 3],
    pub(super) running: [Running; 3],
    /// The name of each acknowledged order, by its key.
    pub(super) acknowledged: Mutex<BTreeMap<String, String>>,
    /// How often the senders were asked for a burst.
    pub(super) bursts: AtomicU64,
    pub(super) sent: Tally,
    pub(super) peers: Tally,
    over: AtomicBool,
    failed: Mutex<(u64, Vec<String>)>,
}

impl Stage {
    pub(super) fn new(seed: u64, addrs: [SocketAddr; 3]) -> Stage {
        Stage {
            seed,
            begun: Instant::now(),
            addrs,
            running: Default::default(),
            acknowledged: Mutex::default(),
            bursts: AtomicU64::new(0),
            sent: Tally::default(),
            peers: Tally::default(),
            over: AtomicBool::new(false),
            failed: Mutex::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub(super) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    /// Notes what must not happen; the run goes on, and fails at its end.
    pub(super) fn failed(&self, said: String) {
        let mut failed = locked(&self.failed);
        failed.0 += 1;
        if failed.1.len() < TOLD_MAX {
            let said = format!("after {:.1} s: {said}", self.begun.elapsed().as_secs_f64());
            println!("soak: {said}");
            failed.1.push(said);
        }
    }

    pub(super) fn failures(&self) -> (u64, Vec<String>) {
        locked(&self.failed).clone()
    }

    pub(super) fn count(&self) -> usize {
        locked(&self.acknowledged).len()
    }
}

/// Nobody leaves half of a change behind: each is one call.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Time that a fault lasts, or that a client takes between two steps.
pub(super) fn pause(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}
