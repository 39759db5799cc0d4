//! Waiting under the models: other threads get their turn, and fruitless waiting is cut short.

/// How often a waiter looks in vain before the rest of its execution is left unexplored.
pub(crate) const FRUITLESS_TURNS_MAX: u32 = 6;

/// Stands in for the door's own.
#[derive(Debug)]
pub(crate) struct Backoff {
    turns: u32,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { turns: 0 }
    }

    /// After a lost compare-exchange: the winner has made progress, nobody need be waited for.
    pub(crate) fn spin(&mut self) {}

    /// As `spin`.
    pub(crate) fn stay_away(&mut self) {}

    /// A peer must do something first.
    pub(crate) fn snooze(&mut self) {
        self.turns += 1;
        if self.turns > FRUITLESS_TURNS_MAX {
            loom::skip_branch();
        }
        loom::thread::yield_now();
    }
}
