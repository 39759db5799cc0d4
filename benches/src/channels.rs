//! Bounded channels between tasks behind one trait, so that each workload is written once.

use std::future::Future;

use windlass::channel;
use windlass::kit::measure::contender::Role;

/// The name of windlass::channel.
pub const WINDLASS: &str = "windlass channel";
/// The name of tokio::sync::mpsc.
pub const TOKIO: &str = "tokio mpsc";
/// The name of async-channel.
pub const ASYNC_CHANNEL: &str = "async-channel";
/// The name of kanal's async channel.
pub const KANAL: &str = "kanal async";
/// The name of flume's async calls.
pub const FLUME: &str = "flume async";
/// The name of crossfire's async mpmc.
pub const CROSSFIRE: &str = "crossfire async";

/// A bounded channel between tasks.
pub trait Channel: 'static {
    /// What it is called.
    const NAME: &'static str;
    /// Why it is there, where channels are compared.
    const ROLE: Role;
    /// More receivers than this it cannot have.
    const RECEIVERS_MAX: usize = usize::MAX;

    /// Its sending end.
    type Sender: Send + Clone + 'static;
    /// Its receiving end.
    type Receiver: Send + 'static;

    /// With room for `capacity` values.
    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// `count` receivers of one channel.
    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver>;

    /// Waits for room. Whether the value went in: `false` when nobody will receive it.
    fn send(sender: &mut Self::Sender, value: u64) -> impl Future<Output = bool> + Send;

    /// Waits for a value; `None` when nobody will send one.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;
}

/// windlass::channel, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Windlass;

impl Channel for Windlass {
    const NAME: &'static str = WINDLASS;
    const ROLE: Role = Role::Subject;

    type Sender = channel::Sender<u64>;
    type Receiver = channel::Receiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        channel::bounded(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        vec![receiver; count]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}

/// tokio::sync::mpsc, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Tokio;

impl Channel for Tokio {
    const NAME: &'static str = TOKIO;
    const ROLE: Role = Role::Peer;
    const RECEIVERS_MAX: usize = 1;

    type Sender = tokio::sync::mpsc::Sender<u64>;
    type Receiver = tokio::sync::mpsc::Receiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        tokio::sync::mpsc::channel(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        assert!(count == 1, "{count} receivers asked of tokio mpsc");
        vec![receiver]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }
}

/// async-channel, bounded.
#[derive(Debug, Clone, Copy)]
pub struct AsyncChannel;

impl Channel for AsyncChannel {
    const NAME: &'static str = ASYNC_CHANNEL;
    const ROLE: Role = Role::Peer;

    type Sender = async_channel::Sender<u64>;
    type Receiver = async_channel::Receiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        async_channel::bounded(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        vec![receiver; count]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}

/// kanal, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Kanal;

impl Channel for Kanal {
    const NAME: &'static str = KANAL;
    const ROLE: Role = Role::Peer;

    type Sender = kanal::AsyncSender<u64>;
    type Receiver = kanal::AsyncReceiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        kanal::bounded_async(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        vec![receiver; count]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}

/// flume, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Flume;

impl Channel for Flume {
    const NAME: &'static str = FLUME;
    const ROLE: Role = Role::Peer;

    type Sender = flume::Sender<u64>;
    type Receiver = flume::Receiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        vec![receiver; count]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send_async(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv_async().await.ok()
    }
}

/// crossfire, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Crossfire;

impl Channel for Crossfire {
    const NAME: &'static str = CROSSFIRE;
    const ROLE: Role = Role::Peer;

    type Sender = crossfire::MAsyncTx<crossfire::mpmc::Array<u64>>;
    type Receiver = crossfire::MAsyncRx<crossfire::mpmc::Array<u64>>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        crossfire::mpmc::bounded_async(capacity)
    }

    fn receivers(receiver: Self::Receiver, count: usize) -> Vec<Self::Receiver> {
        vec![receiver; count]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }
}
