//! Which workers sleep, which search, and whom a push must wake. Only this file decides that a
//! worker sleeps.
//!
//! ```text
//! | 1: monitor rests | 15: number of searching workers | 48: one bit for each sleeping worker |
//! ```
//!
//! A worker is *busy* (in neither part), *searching* (counted) or *sleeping* (its bit is set).
//!
//! **The race.** (a) A worker finds every queue empty. (b) A push comes; nobody sleeps yet, so it
//! wakes nobody.
//! (c) The worker sleeps beside a task.
//!
//! **Steps.** The sleeper: `sleep` sets its bit and leaves the count in one step, fence, looks at
//! all queues again. The pusher: pushes, fence, `claim` reads the word. The two fences are a
//! store-buffer pair: either the pusher reads the sleeper's bit, or the sleeper's second look finds
//! the push.
//!
//! **Who is woken counts as searching from that moment:** `claim` moves the sleeper from the bits
//! to the count in one step, so pushes that follow find a searcher and wake nobody else. A push
//! that finds a searcher leaves the task to it: a searcher that finds something looks once more
//! when it stops being the last (`found`), and one that finds nothing looks once more after its bit
//! is set (`sleep`); what it finds then may be more than it takes, so it asks to search on.
//!
//! **Rising.** `rise` clears the bit after a wait, whatever ended it. Was it gone already, then a
//! pusher claimed the worker, which hence counts as searching and must look for work before it
//! sleeps again.
//!
//! **Looking about.** A worker that found nothing may stay a searcher for a while before it sleeps,
//! and look again and again: pushes find a searcher, and ask the kernel for nothing.
//!
//! **Pinned tasks** go to one worker, whoever else sleeps or searches: `rouse` in the place of
//! `claim`, with the same pair of fences. Nobody searches then.
//!
//! **The monitor rests** while all workers sleep: `rest` sets its bit only then, in the same word,
//! so whoever gets up first sees it, clears it, and is to stir the monitor.
//!
//! **Progress.** All wait-free but `claim` and `rest`, which are lock-free.

use crate::sync::{AtomicU64, Ordering, fence};

/// The largest number of workers of one runtime.
pub const WORKERS_MAX: usize = 48;

const SEARCHER: u64 = 1 << WORKERS_MAX;
const SLEEPERS: u64 = SEARCHER - 1;
const RESTING: u64 = 1 << 63;

/// The number of searching workers.
fn searchers(word: u64) -> u64 {
    (word & !RESTING) / SEARCHER
}

/// A worker has got up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct Risen {
    /// A pusher claimed it: it counts as searching.
    pub(crate) claimed: bool,
    /// The monitor rests, and is to be stirred.
    pub(crate) stirs: bool,
}

/// The word, and the protocol on it: all workers busy at first.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    word: AtomicU64,
}

impl Idle {
    /// After a push: the sleeping worker to notify, if it takes one. It counts as searching from
    /// now on.
    pub(crate) fn claim(&self) -> Option<usize> {
        // [idle.pushed] pairs with [idle.asleep], [idle.stopped], [executor.drained]: the push is
        // seen by whoever this thread does not see asleep, or still sees searching.
        fence(Ordering::SeqCst);
        let claim = |word: u64| {
            let can_claim = (1..SEARCHER).contains(&(word & !RESTING));
            // The last bit goes, the count grows.
            can_claim.then(|| (word & (word - 1)) + SEARCHER)
        };
        let claimed = self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, claim);
        claimed.ok().map(|word| word.trailing_zeros() as usize)
    }

    /// After a push into `worker`'s own injector: whether it sleeps and is to be notified. It
    /// leaves the sleepers, and counts as busy.
    #[must_use]
    pub(crate) fn rouse(&self, worker: usize) -> bool {
        // [idle.pushed_to] pairs with [idle.asleep]: the push is seen by the worker that this
        // thread does not see asleep.
        fence(Ordering::SeqCst);
        let bit = 1 << worker;
        self.word.load(Ordering::Relaxed) & bit != 0
            && self.word.fetch_and(!bit, Ordering::Relaxed) & bit != 0
    }

    /// A busy worker asks to search the others' queues: granted while less than half of `workers`
    /// do.
    #[must_use]
    pub(crate) fn try_search(&self, workers: usize) -> bool {
        if searchers(self.word.load(Ordering::Relaxed)) * 2 >= workers as u64 {
            return false;
        }
        self.word.fetch_add(SEARCHER, Ordering::Relaxed);
        true
    }

    /// A searcher found work. `true`: it was the last one, so it must look at the queues again
    /// (this call fences) and claim a sleeper if there is more.
    #[must_use]
    pub(crate) fn found(&self) -> bool {
        if searchers(self.word.fetch_sub(SEARCHER, Ordering::Relaxed)) != 1 {
            return false;
        }
        // [idle.stopped] pairs with [idle.pushed]: a push that left its task to this searcher is
        // seen.
        fence(Ordering::SeqCst);
        true
    }

    /// A worker lies down. `true`: nobody searches, so it must look at all queues again (this call
    /// fences) before it waits.
    #[must_use]
    pub(crate) fn sleep(&self, worker: usize, searching: bool) -> bool {
        let counted = if searching { SEARCHER } else { 0 };
        let change = (1_u64 << worker).wrapping_sub(counted);
        let before = self.word.fetch_add(change, Ordering::Relaxed);
        if searchers(before.wrapping_sub(counted)) > 0 {
            return false;
        }
        // [idle.asleep] pairs with [idle.pushed], [idle.pushed_to]: a push that did not see this
        // worker asleep is seen.
        fence(Ordering::SeqCst);
        true
    }

    /// A worker gets up.
    pub(crate) fn rise(&self, worker: usize) -> Risen {
        let before = self.word.fetch_and(!(1 << worker | RESTING), Ordering::Relaxed);
        Risen { claimed: before & (1 << worker) == 0, stirs: before & RESTING != 0 }
    }

    /// The monitor lies down. `false`: not all of the `workers` sleep.
    #[must_use]
    pub(crate) fn rest(&self, workers: usize) -> bool {
        let all = SLEEPERS >> (WORKERS_MAX - workers);
        let rest = |word: u64| (word == all).then_some(word | RESTING);
        self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).is_ok()
    }

    /// Whether the monitor rests, for who is no worker.
    pub(crate) fn rests(&self) -> bool {
        self.word.load(Ordering::Relaxed) & RESTING != 0
    }

    /// The monitor gets up by itself.
    pub(crate) fn stir(&self) {
        self.word.fetch_and(!RESTING, Ordering::Relaxed);
    }

    /// How many workers sleep.
    pub(crate) fn sleeping(&self) -> usize {
        (self.word.load(Ordering::Relaxed) & SLEEPERS).count_ones() as usize
    }
}
