//! A machine of the world: a runtime of its own, which can crash and be started again.

use std::sync::Arc;

use super::disk::Disk;
use super::shared::{Order, Shared, WORLD};

/// A node: what it runs has a runtime of its own, so that all of it ends when it crashes, whatever
/// it has spawned. Cheap to clone; clones are one node.
#[derive(Clone)]
pub struct Node {
    shared: Arc<Shared>,
    number: usize,
}

impl Node {
    pub(super) fn new(shared: Arc<Shared>, name: &str) -> Self {
        Self { number: shared.number(name), shared }
    }

    /// Its name.
    pub fn name(&self) -> Arc<str> {
        self.shared.name(self.number)
    }

    /// Whether it runs. Orders to start and to crash are followed before the next poll of any task.
    pub fn is_up(&self) -> bool {
        self.shared.is_up(self.number)
    }

    /// Starts it, with this as its first task: there [`spawn`](crate::spawn), timers and all else
    /// are the node's. A node that runs crashes first. Not for the world's own node.
    pub fn start(&self, main: impl Future<Output = ()> + Send + 'static) {
        if self.number != WORLD {
            self.shared.order(Order::Start(self.number, Box::pin(main)));
        }
    }

    /// Crashes it: all its tasks are dropped, what its disks have not synced is lost. What its
    /// tasks do as they are dropped reaches neither network nor disks, but for connections that are
    /// reset. Not for the world's own node.
    pub fn crash(&self) {
        if self.number != WORLD {
            self.shared.order(Order::Crash(self.number));
        }
    }

    /// A disk of this node's, with `value` on it.
    pub fn disk<S: Clone + Send + 'static>(&self, value: S) -> Disk<S> {
        Disk::new(self.shared.clone(), self.number, value)
    }
}

shows!([] Node: |own| Node { name: own.name(), is_up: own.is_up() });
