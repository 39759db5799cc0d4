//! A message in its receiver's hands.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::error::SettleError;
use super::message::{Message, MessageId};
use super::shared::Shared;
use super::store::{Lease, Leased, Settle, Settled, Store};
use crate::workflow::blocking::block_on;

/// A message in its receiver's hands: until its lease is over nobody else gets it.
///
/// Whoever is done calls [`Delivery::ack`]; who could not do it, [`Delivery::nack`]. **Dropped**
/// (the task was aborted, it panicked), it is given back at once, and the attempt counts: what
/// makes its receivers panic becomes a dead letter in the end.
#[must_use = "dropped, it is given back"]
pub struct Delivery<S: Store> {
    shared: Arc<Shared<S>>,
    leased: Leased,
    is_settled: bool,
}

impl<S: Store> Delivery<S> {
    pub(super) fn new(shared: Arc<Shared<S>>, leased: Leased) -> Self {
        Self { shared, leased, is_settled: false }
    }

    /// The message's number.
    pub fn id(&self) -> MessageId {
        self.leased.lease.id
    }

    /// What it says.
    pub fn body(&self) -> &[u8] {
        self.leased.message.body()
    }

    /// The message.
    pub fn message(&self) -> &Message {
        &self.leased.message
    }

    /// The how-manieth attempt it is, from 1; counted anew after a redrive.
    pub fn attempt(&self) -> u32 {
        self.leased.attempt
    }

    /// Whether it is the last attempt: given back, the message is a dead letter.
    pub fn is_last(&self) -> bool {
        self.leased.attempt >= self.shared.store.options().attempts_max
    }

    /// When the message was taken in, in milliseconds since 1970.
    pub fn enqueued_ms(&self) -> u64 {
        self.leased.enqueued_ms
    }

    /// When the lease is over, in milliseconds since 1970.
    pub fn until_ms(&self) -> u64 {
        self.leased.until_ms
    }

    /// What names this delivery to the store: for who settles it in a transaction of their own,
    /// and then calls [`Delivery::settled`].
    pub fn lease(&self) -> Lease {
        self.leased.lease
    }

    /// It is done with: the message leaves the queue.
    ///
    /// **Cancel safety.** Dropped before it is ready, this may or may not have happened.
    ///
    /// # Errors
    /// [`SettleError::Lost`] when the lease is over and the message was handed on;
    /// [`SettleError::Store`]: the message will be delivered again when the lease is over.
    pub async fn ack(self) -> Result<(), SettleError> {
        self.settle(Settle::Done).await
    }

    /// As [`Delivery::ack`], but where the store fails the delivery stays in hand, to be
    /// acknowledged by another try.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn try_ack(&mut self) -> Result<(), SettleError> {
        let settled = self.settle_once(Settle::Done).await;
        self.is_settled |= !matches!(settled, Err(SettleError::Store(_)));
        settled
    }

    /// Again, after `delay`, unless this was the last attempt: then it is a dead letter.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn nack(self, delay: Duration) -> Result<(), SettleError> {
        self.settle(Settle::Again(delay, None)).await
    }

    /// As [`Delivery::nack`], with a reason that the dead letter keeps.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn nack_because(
        self,
        delay: Duration,
        reason: impl Into<Arc<str>>,
    ) -> Result<(), SettleError> {
        self.settle(Settle::Again(delay, Some(reason.into()))).await
    }

    /// It will never be done: it goes to the dead letters, whatever attempt it is.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn dead(self, reason: impl Into<Arc<str>>) -> Result<(), SettleError> {
        self.settle(Settle::Dead(reason.into())).await
    }

    /// Makes the lease last for so long from now.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub async fn extend(&mut self, by: Duration) -> Result<(), SettleError> {
        let extended = self.shared.store.extend(self.lease(), by).await;
        self.leased.until_ms = extended.inspect_err(|error| self.count_lost(error))?;
        self.shared.beside.due(self.leased.until_ms);
        Ok(())
    }

    /// As [`Delivery::ack`], blocking the thread.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub fn ack_blocking(self) -> Result<(), SettleError> {
        block_on(self.ack())
    }

    /// As [`Delivery::nack`], blocking the thread.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub fn nack_blocking(self, delay: Duration) -> Result<(), SettleError> {
        block_on(self.nack(delay))
    }

    /// As [`Delivery::dead`], blocking the thread.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub fn dead_blocking(self, reason: impl Into<Arc<str>>) -> Result<(), SettleError> {
        block_on(self.dead(reason))
    }

    /// As [`Delivery::extend`], blocking the thread.
    ///
    /// # Errors
    /// As [`Delivery::ack`].
    pub fn extend_blocking(&mut self, by: Duration) -> Result<(), SettleError> {
        block_on(self.extend(by))
    }

    /// Says that [`Delivery::lease`] was settled so in a transaction that is committed by now.
    pub fn settled(mut self, how: Settled) {
        self.is_settled = true;
        if how == Settled::Gone {
            self.shared.beside.count(|totals| totals.acked += 1);
        }
        self.shared.beside.settled(how);
    }

    /// Goes without a word: the message is delivered again when the lease is over.
    pub fn leave(mut self) {
        self.is_settled = true;
    }

    async fn settle(mut self, how: Settle) -> Result<(), SettleError> {
        self.is_settled = true;
        self.settle_once(how).await
    }

    async fn settle_once(&self, how: Settle) -> Result<(), SettleError> {
        let is_done = how == Settle::Done;
        let settled = self.shared.store.settle(self.lease(), how).await;
        let settled = settled.inspect_err(|error| self.count_lost(error))?;
        let beside = &self.shared.beside;
        beside.count(|totals| *if is_done { &mut totals.acked } else { &mut totals.nacked } += 1);
        beside.settled(settled);
        Ok(())
    }

    fn count_lost(&self, error: &SettleError) {
        if let SettleError::Lost(_) = error {
            self.shared.beside.count(|totals| totals.lost += 1);
        }
    }
}

impl<S: Store> Drop for Delivery<S> {
    fn drop(&mut self) {
        if !mem::replace(&mut self.is_settled, true) {
            let why = "its last receiver went without a word".into();
            self.shared.settle_soon(self.lease(), Settle::Again(Duration::ZERO, Some(why)));
        }
    }
}

shows!([S: Store] Delivery<S>: |own| Delivery { id: own.id(), attempt: own.attempt() });
