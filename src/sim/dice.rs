//! What chance decides in a world, and the record of what has happened there.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::Mutex;
use std::time::Duration;

use crate::sync::lock;
use crate::workflow::random::Random;

/// The offset and the prime of FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991).
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// The only source of chance in a world.
#[derive(Debug)]
pub(super) struct Dice(Mutex<Drawn>);

#[derive(Debug)]
struct Drawn {
    random: Random,
    hash: Hash,
    events: u64,
    lines_max: usize,
    lines: VecDeque<String>,
}

/// What has happened in a world so far: worlds with equal traces have had equal histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// A hash over every event and every choice.
    pub hash: u64,
    /// How many events there were.
    pub events: u64,
    /// The last of them, as many as the world was told to keep.
    pub lines: Vec<String>,
}

#[derive(Debug)]
struct Hash(u64);

impl Hash {
    fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
    }
}

impl Write for Hash {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.add(byte));
        Ok(())
    }
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let (random, hash) = (Random::new(seed), Hash(FNV_OFFSET));
        Self(Mutex::new(Drawn { random, hash, events: 0, lines_max: 0, lines: VecDeque::new() }))
    }

    /// One of so many (of none: 0), and the choice becomes part of the trace.
    pub(super) fn pick(&self, of: usize) -> usize {
        let mut drawn = lock(&self.0);
        let picked = drawn.random.below(of as u64);
        (of as u64).to_le_bytes().into_iter().for_each(|byte| drawn.hash.add(byte));
        picked.to_le_bytes().into_iter().for_each(|byte| drawn.hash.add(byte));
        picked as usize
    }

    /// A generator of its own.
    pub(super) fn split(&self) -> Random {
        lock(&self.0).random.split()
    }

    pub(super) fn chance(&self, probability: f64) -> bool {
        lock(&self.0).random.chance(probability)
    }

    /// A time from the first to the second, both included.
    pub(super) fn between(&self, least: Duration, most: Duration) -> Duration {
        least.saturating_add(lock(&self.0).random.up_to(most.saturating_sub(least)))
    }

    /// Notes an event.
    pub(super) fn note(&self, time: Duration, place: &str, what: fmt::Arguments<'_>) {
        let mut drawn = lock(&self.0);
        drawn.events += 1;
        // The hash takes all that is written.
        let _ = write!(drawn.hash, "{} {place}: {what}", time.as_nanos());
        drawn.hash.add(b'\n');
        if drawn.lines_max > 0 {
            if drawn.lines.len() >= drawn.lines_max {
                drawn.lines.pop_front();
            }
            drawn.lines.push_back(format!("{:>12.6} {place}: {what}", time.as_secs_f64()));
        }
    }

    pub(super) fn keep(&self, lines: usize) {
        lock(&self.0).lines_max = lines;
    }

    pub(super) fn trace(&self) -> Trace {
        let drawn = lock(&self.0);
        let lines = drawn.lines.iter().cloned().collect();
        Trace { hash: drawn.hash.0, events: drawn.events, lines }
    }
}
