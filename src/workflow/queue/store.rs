//! What a queue asks of whatever keeps its messages.

use std::sync::Arc;
use std::time::Duration;

use super::error::{RedriveError, Refused, SettleError, StoreError};
use super::message::{Enqueued, Message, MessageId};
use super::options::QueueOptions;

/// Why a message is dead whose last lease ran out.
pub(super) const LEASE_OVER: &str = "the lease of the last attempt was over before it was settled";

/// Why a message is dead that was given back once too often, without a reason.
pub(super) const GIVEN_BACK: &str = "the last attempt was given back";

/// Which delivery of which message: what a receiver shows when it settles one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The message.
    pub id: MessageId,
    /// How many times it had been delivered, counting this one. Grows for ever, also over a
    /// redrive: so that an old lease never passes for a new one.
    pub delivery: u64,
}

/// A message, and for how long it is the receiver's alone.
#[derive(Clone, Debug)]
pub struct Leased {
    /// What to show at the end.
    pub lease: Lease,
    /// The how-manieth attempt it is, from 1; counted anew after a redrive.
    pub attempt: u32,
    /// When it was taken in, in milliseconds since 1970.
    pub enqueued_ms: u64,
    /// When the lease is over.
    pub until_ms: u64,
    /// The message.
    pub message: Arc<Message>,
}

/// What [`Store::take`] found.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// What is delivered, first in front.
    pub leased: Vec<Leased>,
    /// Whether more is ready.
    pub more: bool,
    /// If not: the earliest moment at which something may be ready without anybody's doing.
    pub next_due_ms: Option<u64>,
    /// How many messages were found to be dead on the way: so much room there is for others.
    pub freed: usize,
}

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settle {
    /// It is done with: the message leaves the queue.
    Done,
    /// Again, after so long, unless that was the last attempt: then it is dead.
    Again(Duration, Option<Arc<str>>),
    /// Dead, and why.
    Dead(Arc<str>),
    /// It never reached a receiver: ready at once, and the attempt does not count.
    Unseen,
}

/// What became of a message whose delivery was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It left the queue.
    Gone,
    /// It is due again then.
    Due(u64),
    /// It is among the dead letters.
    Dead,
}

/// A message that is not tried any more.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The message's number.
    pub id: MessageId,
    /// The message.
    pub message: Arc<Message>,
    /// How many attempts there were.
    pub attempts: u32,
    /// Why it is dead.
    pub reason: Arc<str>,
    /// When it was taken in, in milliseconds since 1970.
    pub enqueued_ms: u64,
    /// When it was given up.
    pub died_ms: u64,
}

/// How many messages a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Can be delivered now.
    pub ready: usize,
    /// Are held back, by their sender or after an attempt.
    pub delayed: usize,
    /// Are with receivers.
    pub leased: usize,
    /// Are dead letters.
    pub dead: usize,
}

impl Counts {
    /// What counts against `messages_max`.
    pub fn depth(&self) -> usize {
        self.ready + self.delayed + self.leased
    }
}

/// Keeps a queue's messages: in memory, in SQLite, or in a broker.
///
/// A store decides nothing about who waits: the queue does. It promises:
/// - what [`Store::enqueue`] has said is `New` is delivered, again and again, until a delivery is
///   settled as `Done` or it is a dead letter;
/// - two deliveries of a message overlap only when the first one's lease is over;
/// - of what is ready, the highest priority first; within it, roughly in the order in which it
///   became ready, and exactly so for messages that one sender sent, one after the other, without
///   delay;
/// - a future that is dropped before it is ready has done what was asked, or nothing of it; what
///   [`Store::take`] had taken for it is ready again at once, or when the lease is over; see
///   [`Store::on_unheard`].
pub trait Store: Send + Sync + 'static {
    /// What the queue allows.
    fn options(&self) -> &QueueOptions;

    /// Keeps `tell`, and calls it when something may be ready, or when there may be room, that
    /// nobody was told of: since the future that did it was dropped. Not needed where futures are
    /// ready at their first poll.
    fn on_unheard(&self, _tell: Arc<dyn Fn() + Send + Sync>) {}

    /// Takes a message in, for ever: when this says so, it will be delivered.
    fn enqueue(
        &self,
        message: Arc<Message>,
    ) -> impl Future<Output = Result<Enqueued, Refused>> + Send;

    /// Leases up to `max` messages that are ready.
    fn take(&self, max: usize) -> impl Future<Output = Result<Taken, StoreError>> + Send;

    /// Ends a lease.
    fn settle(
        &self,
        lease: Lease,
        how: Settle,
    ) -> impl Future<Output = Result<Settled, SettleError>> + Send;

    /// As [`Store::settle`], without waiting: for receivers that are dropped. Where it cannot, the
    /// lease runs out by itself. Calls `then` when it is done.
    fn settle_soon(&self, lease: Lease, how: Settle, then: impl FnOnce(Settled) + Send + 'static);

    /// Makes a lease last for so long from now. When it ends.
    fn extend(
        &self,
        lease: Lease,
        by: Duration,
    ) -> impl Future<Output = Result<u64, SettleError>> + Send;

    /// Up to `max` dead letters, in order, from the first whose number is greater than `after`.
    fn dead_letters(
        &self,
        after: Option<MessageId>,
        max: usize,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// Makes a dead letter a message again, ready at once, its attempts counted anew.
    fn redrive(&self, id: MessageId) -> impl Future<Output = Result<(), RedriveError>> + Send;

    /// Throws a dead letter away.
    fn discard(&self, id: MessageId) -> impl Future<Output = Result<(), RedriveError>> + Send;

    /// How many messages there are.
    fn counts(&self) -> impl Future<Output = Result<Counts, StoreError>> + Send;

    /// How many messages count against `messages_max`, as far as is known without asking: for who
    /// wants to refuse work early. It may be a change ahead of what is committed, or behind.
    fn depth(&self) -> usize;
}
