//! A disk that survives the crash of its node, but for what was not synced.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::shared::{Kept, Shared};
use crate::sync::lock;
use crate::time::sleep;

/// How a [`Disk`] behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiskFaults {
    /// No sync takes less. 100 us.
    pub sync_min: Duration,
    /// No sync takes longer. 2 ms.
    pub sync_max: Duration,
    /// Which share of the writes fails, from 0 to 1. 0.
    pub fail: f64,
}

impl Default for DiskFaults {
    fn default() -> Self {
        let (sync_min, sync_max) = (Duration::from_micros(100), Duration::from_millis(2));
        Self { sync_min, sync_max, fail: 0.0 }
    }
}

/// Why nothing was written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// The disk failed, as it is told to now and then: nothing was changed.
    Failed,
    /// It is another node's, or its node is down.
    OutOfReach,
}

says!([] DiskError: |own, f| f.write_str(match own {
    Self::Failed => "the disk failed: nothing was written",
    Self::OutOfReach => "the disk is another node's, or its node is down",
}));

/// What a node keeps over its crashes: a value of any type, changed by transactions.
///
/// A change can be read at once. It is synced when [`Disk::write`] is ready, with all that came
/// before it. At a crash changes that were not synced are lost from some point on: that point is
/// drawn, so now and then what nobody was told of is there all the same. Cheap to clone; clones are
/// one disk.
pub struct Disk<S> {
    shared: Arc<Shared>,
    node: usize,
    platters: Arc<Platters<S>>,
}

struct Platters<S> {
    state: Mutex<State<S>>,
    shared: Arc<Shared>,
}

struct State<S> {
    /// What a crash leaves for certain.
    synced: S,
    /// What each change after that has made, and its number.
    unsynced: VecDeque<(u64, S)>,
    changes: u64,
    faults: DiskFaults,
}

impl<S> State<S> {
    fn current(&self) -> &S {
        self.unsynced.back().map_or(&self.synced, |(_, value)| value)
    }

    /// All changes up to that one are synced.
    fn sync(&mut self, change: u64) {
        while let Some((number, _)) = self.unsynced.front()
            && *number <= change
            && let Some((_, value)) = self.unsynced.pop_front()
        {
            self.synced = value;
        }
    }
}

impl<S: Clone + Send + 'static> Disk<S> {
    pub(super) fn new(shared: Arc<Shared>, node: usize, value: S) -> Self {
        let state = State {
            synced: value,
            unsynced: VecDeque::new(),
            changes: 0,
            faults: DiskFaults::default(),
        };
        let platters = Arc::new(Platters { state: Mutex::new(state), shared: shared.clone() });
        let kept: Arc<dyn Kept> = platters.clone();
        shared.keep(node, Arc::downgrade(&kept));
        Self { shared, node, platters }
    }

    /// How it behaves from now on.
    pub fn set_faults(&self, faults: DiskFaults) {
        lock(&self.platters.state).faults = faults;
    }

    /// Reads what is there now, synced or not.
    ///
    /// # Errors
    /// [`DiskError::OutOfReach`].
    pub fn read<T>(&self, read: impl FnOnce(&S) -> T) -> Result<T, DiskError> {
        self.check()?;
        Ok(read(lock(&self.platters.state).current()))
    }

    /// Changes what is there, whole or not at all, and waits until that is synced. Where `change`
    /// gives an error, nothing is changed.
    ///
    /// **Cancel safety.** Dropped before it is ready, the change is made, and may not be synced.
    ///
    /// # Errors
    /// [`DiskError`]: nothing was changed.
    pub async fn write<T, E>(
        &self,
        change: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<Result<T, E>, DiskError> {
        let (done, number) = self.apply(change)?;
        if done.is_ok() {
            let DiskFaults { sync_min, sync_max, .. } = lock(&self.platters.state).faults;
            sleep(self.shared.dice.between(sync_min, sync_max)).await;
            lock(&self.platters.state).sync(number);
            self.shared.note(format_args!("change {number} is synced"));
        }
        Ok(done)
    }

    /// As [`Disk::write`], without waiting: when it is synced, with a later change, is not told.
    ///
    /// # Errors
    /// [`DiskError`]: nothing was changed.
    pub fn write_unsynced<T, E>(
        &self,
        change: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<Result<T, E>, DiskError> {
        self.apply(change).map(|(done, _)| done)
    }

    /// For the experimenter: what a crash at this moment would leave for certain. At any time, of
    /// any node.
    pub fn synced<T>(&self, read: impl FnOnce(&S) -> T) -> T {
        read(&lock(&self.platters.state).synced)
    }

    fn apply<T, E>(
        &self,
        change: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<(Result<T, E>, u64), DiskError> {
        self.check()?;
        let mut state = lock(&self.platters.state);
        if self.shared.dice.chance(state.faults.fail) {
            drop(state);
            self.shared.note(format_args!("the disk fails"));
            return Err(DiskError::Failed);
        }
        let mut value = state.current().clone();
        let done = change(&mut value);
        if done.is_ok() {
            state.changes += 1;
            let number = state.changes;
            state.unsynced.push_back((number, value));
        }
        Ok((done, state.changes))
    }

    fn check(&self) -> Result<(), DiskError> {
        let own = self.shared.here() == self.node && self.shared.is_up(self.node);
        if own { Ok(()) } else { Err(DiskError::OutOfReach) }
    }
}

impl<S: Send> Kept for Platters<S> {
    fn crash(&self) {
        let mut state = lock(&self.state);
        let unsynced = state.unsynced.len();
        let survive = self.shared.dice.pick(unsynced + 1);
        if let Some((number, _)) = survive.checked_sub(1).and_then(|last| state.unsynced.get(last))
        {
            let number = *number;
            state.sync(number);
        }
        state.unsynced.clear();
        drop(state);
        self.shared.note(format_args!("the disk loses {} of {unsynced}", unsynced - survive));
    }
}

impl<S> Clone for Disk<S> {
    fn clone(&self) -> Self {
        let (shared, platters) = (self.shared.clone(), self.platters.clone());
        Self { shared, node: self.node, platters }
    }
}

shows!([S] Disk<S>: |own| Disk { node: own.shared.name(own.node) });
