//! Peers that are channels, polled like queues: `try_send` and `try_recv`, a clone for each thread.

use std::sync::mpsc;

use crossfire::flavor::Flavor;
use windlass_benches::Role;

use crate::queue::{Pop, Push, Value};
use crate::sides::{Many, One, Split};

pub(crate) const CROSSBEAM_CHANNEL: &str = "crossbeam channel";
pub(crate) const KANAL: &str = "kanal";
pub(crate) const FLUME: &str = "flume";
pub(crate) const CROSSFIRE: &str = "crossfire";
pub(crate) const ASYNC_CHANNEL: &str = "async-channel";
pub(crate) const SYNC_CHANNEL: &str = "std sync_channel";

pub(crate) struct CrossbeamChannel;

impl<V: Value> Split<V> for CrossbeamChannel {
    const NAME: &'static str = CROSSBEAM_CHANNEL;
    const ROLE: Role = Role::Peer;

    type Producers = Many<crossbeam::channel::Sender<V>>;
    type Consumers = Many<crossbeam::channel::Receiver<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = crossbeam::channel::bounded(capacity);
        (Many(sender), Many(receiver))
    }
}

impl<V: Value> Push<V> for crossbeam::channel::Sender<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| full.into_inner())
    }
}

impl<V: Value> Pop<V> for crossbeam::channel::Receiver<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }
}

pub(crate) struct Kanal;

impl<V: Value> Split<V> for Kanal {
    const NAME: &'static str = KANAL;
    const ROLE: Role = Role::Peer;

    type Producers = Many<kanal::Sender<V>>;
    type Consumers = Many<kanal::Receiver<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = kanal::bounded(capacity);
        (Many(sender), Many(receiver))
    }
}

impl<V: Value> Push<V> for kanal::Sender<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        match self.try_send(value) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(value),
        }
    }
}

impl<V: Value> Pop<V> for kanal::Receiver<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok().flatten()
    }

    #[inline]
    fn pop_many(&mut self, _: usize, into: &mut Vec<V>) -> usize {
        self.drain_into(into).unwrap_or(0)
    }
}

pub(crate) struct Flume;

impl<V: Value> Split<V> for Flume {
    const NAME: &'static str = FLUME;
    const ROLE: Role = Role::Peer;

    type Producers = Many<flume::Sender<V>>;
    type Consumers = Many<flume::Receiver<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = flume::bounded(capacity);
        (Many(sender), Many(receiver))
    }
}

impl<V: Value> Push<V> for flume::Sender<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| full.into_inner())
    }
}

impl<V: Value> Pop<V> for flume::Receiver<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }

    #[inline]
    fn pop_many(&mut self, _: usize, into: &mut Vec<V>) -> usize {
        let before = into.len();
        into.extend(self.drain());
        into.len() - before
    }
}

pub(crate) struct AsyncChannel;

impl<V: Value> Split<V> for AsyncChannel {
    const NAME: &'static str = ASYNC_CHANNEL;
    const ROLE: Role = Role::Peer;

    type Producers = Many<async_channel::Sender<V>>;
    type Consumers = Many<async_channel::Receiver<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = async_channel::bounded(capacity);
        (Many(sender), Many(receiver))
    }
}

impl<V: Value> Push<V> for async_channel::Sender<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| full.into_inner())
    }
}

impl<V: Value> Pop<V> for async_channel::Receiver<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }
}

/// Many to many.
pub(crate) struct Crossfire;

impl<V: Value> Split<V> for Crossfire {
    const NAME: &'static str = CROSSFIRE;
    const ROLE: Role = Role::Peer;

    type Producers = Many<crossfire::MTx<crossfire::mpmc::Array<V>>>;
    type Consumers = Many<crossfire::MRx<crossfire::mpmc::Array<V>>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = crossfire::mpmc::bounded_blocking(capacity);
        (Many(sender), Many(receiver))
    }
}

/// Many to one.
pub(crate) struct CrossfireMpsc;

impl<V: Value> Split<V> for CrossfireMpsc {
    const NAME: &'static str = "crossfire mpsc";
    const ROLE: Role = Role::Peer;

    type Producers = Many<crossfire::MTx<crossfire::mpsc::Array<V>>>;
    type Consumers = One<crossfire::Rx<crossfire::mpsc::Array<V>>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = crossfire::mpsc::bounded_blocking(capacity);
        (Many(sender), One(receiver))
    }
}

/// One to one.
pub(crate) struct CrossfireSpsc;

impl<V: Value> Split<V> for CrossfireSpsc {
    const NAME: &'static str = "crossfire spsc";
    const ROLE: Role = Role::Peer;

    type Producers = One<crossfire::Tx<crossfire::spsc::Array<V>>>;
    type Consumers = One<crossfire::Rx<crossfire::spsc::Array<V>>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = crossfire::spsc::bounded_blocking(capacity);
        (One(sender), One(receiver))
    }
}

impl<V: Value, F: Flavor<Item = V>> Push<V> for crossfire::MTx<F> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| full.into_inner())
    }
}

impl<V: Value, F: Flavor<Item = V>> Pop<V> for crossfire::MRx<F> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }
}

impl<V: Value, F: Flavor<Item = V>> Push<V> for crossfire::Tx<F> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| full.into_inner())
    }
}

impl<V: Value, F: Flavor<Item = V>> Pop<V> for crossfire::Rx<F> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }
}

/// Many to one.
pub(crate) struct SyncChannel;

impl<V: Value> Split<V> for SyncChannel {
    const NAME: &'static str = SYNC_CHANNEL;
    const ROLE: Role = Role::Peer;

    type Producers = Many<mpsc::SyncSender<V>>;
    type Consumers = One<mpsc::Receiver<V>>;

    fn bounded(capacity: usize) -> (Self::Producers, Self::Consumers) {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        (Many(sender), One(receiver))
    }
}

impl<V: Value> Push<V> for mpsc::SyncSender<V> {
    #[inline]
    fn push(&mut self, value: V) -> Result<(), V> {
        self.try_send(value).map_err(|full| match full {
            mpsc::TrySendError::Full(value) | mpsc::TrySendError::Disconnected(value) => value,
        })
    }
}

impl<V: Value> Pop<V> for mpsc::Receiver<V> {
    #[inline]
    fn pop(&mut self) -> Option<V> {
        self.try_recv().ok()
    }
}
