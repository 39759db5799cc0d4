//! Stores with one fault each, around an honest one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use windlass::workflow::queue::{
    Counts, DeadLetter, Enqueued, Lease, MemoryStore, Message, MessageId, Priority, QueueOptions,
    RedriveError, Refused, Settle, SettleError, Settled, Store, StoreError, Taken,
};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A message that was taken in is gone.
    Lost,
    /// A message that was acknowledged comes again.
    AckForgotten,
    /// A message is given to a second receiver while the first one's lease lasts.
    LeaseCutShort,
    /// A message whose lease is over does not come again.
    LeaseForEver,
    /// A delivery is handed out twice.
    DeliveredTwice,
    /// A receiver that is too late is told that all is well.
    LateAccepted,
    /// A receiver in time is told that it is too late.
    TimelyRefused,
    /// An attempt is not counted.
    AttemptUncounted,
    /// A message dies one attempt late.
    DiesLate,
    /// A message dies one attempt early.
    DiesEarly,
    /// A dead letter is thrown away.
    DeadThrownAway,
    /// A message does not wait for its time.
    DelayIgnored,
    /// A message that is given back does not wait for its time.
    NackDelayIgnored,
    /// All messages are of one priority.
    PriorityIgnored,
    /// A message is held back, and others overtake it.
    Overtaken,
    /// A key is not looked at.
    KeyIgnored,
    /// A key counts too long.
    KeyKept,
    /// A queue with room says that it is full.
    FalseFull,
    /// A queue takes in more than it may.
    Overfilled,
}

/// Every fault.
pub(crate) const FAULTS: [Fault; 19] = [
    Fault::Lost,
    Fault::AckForgotten,
    Fault::LeaseCutShort,
    Fault::LeaseForEver,
    Fault::DeliveredTwice,
    Fault::LateAccepted,
    Fault::TimelyRefused,
    Fault::AttemptUncounted,
    Fault::DiesLate,
    Fault::DiesEarly,
    Fault::DeadThrownAway,
    Fault::DelayIgnored,
    Fault::NackDelayIgnored,
    Fault::PriorityIgnored,
    Fault::Overtaken,
    Fault::KeyIgnored,
    Fault::KeyKept,
    Fault::FalseFull,
    Fault::Overfilled,
];

/// A store with a fault, which happens every third time that it could.
pub(crate) struct Faulty {
    inner: MemoryStore,
    /// What the queue promises, whatever the store inside does.
    options: QueueOptions,
    fault: Fault,
    chances: AtomicUsize,
}

impl Faulty {
    pub(crate) fn new(options: QueueOptions, fault: Fault) -> Self {
        let (attempts, keep, max) = (options.attempts_max, options.keys_keep, options.messages_max);
        let inner = QueueOptions {
            attempts_max: match fault {
                Fault::DiesLate => attempts + 1,
                Fault::DiesEarly => attempts - 1,
                _ => attempts,
            },
            keys_keep: if fault == Fault::KeyKept { 3 * keep } else { keep },
            messages_max: if fault == Fault::Overfilled { max + 2 } else { max },
            ..options.clone()
        };
        let inner = MemoryStore::new(inner);
        Self { inner, options, fault, chances: AtomicUsize::new(0) }
    }

    fn is_now(&self, fault: Fault) -> bool {
        let could = self.fault == fault;
        could && self.chances.fetch_add(1, Ordering::Relaxed).is_multiple_of(3)
    }

    /// The message as the store inside gets it.
    fn changed(&self, message: &Message) -> Message {
        let plain = Message::new(message.body()).priority(match self.fault {
            Fault::PriorityIgnored => Priority::Normal,
            _ => message.urgency(),
        });
        let delay = match message.held_back() {
            Duration::ZERO if self.is_now(Fault::Overtaken) => Duration::from_millis(2),
            Duration::ZERO => Duration::ZERO,
            _ if self.is_now(Fault::DelayIgnored) => Duration::ZERO,
            delay => delay,
        };
        let plain = plain.delay(delay);
        match message.key() {
            Some(key) if !self.is_now(Fault::KeyIgnored) => plain.dedup(key),
            _ => plain,
        }
    }

    async fn ended(&self, lease: Lease, how: Settle) -> Result<Settled, SettleError> {
        let is_done = how == Settle::Done;
        if is_done && self.is_now(Fault::AckForgotten) {
            self.inner.settle(lease, Settle::Again(Duration::ZERO, None)).await?;
            return Ok(Settled::Gone);
        }
        if self.is_now(Fault::TimelyRefused) {
            return Err(SettleError::Lost(lease.id));
        }
        let how = match how {
            Settle::Again(_, why) if self.is_now(Fault::NackDelayIgnored) => {
                Settle::Again(Duration::ZERO, why)
            }
            how => how,
        };
        let settled = self.inner.settle(lease, how).await;
        match settled {
            Err(SettleError::Lost(_)) if self.fault == Fault::LateAccepted => Ok(Settled::Gone),
            Ok(Settled::Dead) if self.is_now(Fault::DeadThrownAway) => {
                self.inner.discard(lease.id).await.expect("it is dead");
                Ok(Settled::Dead)
            }
            settled => settled,
        }
    }
}

impl Store for Faulty {
    fn options(&self) -> &QueueOptions {
        &self.options
    }

    async fn enqueue(&self, message: Arc<Message>) -> Result<Enqueued, Refused> {
        if self.is_now(Fault::FalseFull) {
            return Err(Refused::Full);
        }
        let enqueued = self.inner.enqueue(Arc::new(self.changed(&message))).await?;
        if matches!(enqueued, Enqueued::New(_))
            && self.is_now(Fault::Lost)
            && let Ok(Taken { leased, .. }) = self.inner.take(1).await
        {
            for leased in leased {
                let _gone = self.inner.settle(leased.lease, Settle::Done).await;
            }
        }
        Ok(enqueued)
    }

    async fn take(&self, max: usize) -> Result<Taken, StoreError> {
        let mut taken = self.inner.take(max).await?;
        for leased in &mut taken.leased {
            let lease = leased.lease;
            if self.is_now(Fault::LeaseForEver) {
                let _until = self.inner.extend(lease, Duration::from_secs(3600)).await;
            }
            if self.is_now(Fault::LeaseCutShort) {
                let again = Settle::Again(Duration::ZERO, None);
                let _back = self.inner.settle(lease, again).await;
            }
            if self.is_now(Fault::DeliveredTwice) {
                let _back = self.inner.settle(lease, Settle::Unseen).await;
                leased.lease.delivery = 1;
                leased.attempt = 1;
            }
            if leased.attempt > 1 && self.is_now(Fault::AttemptUncounted) {
                leased.attempt -= 1;
            }
        }
        Ok(taken)
    }

    async fn settle(&self, lease: Lease, how: Settle) -> Result<Settled, SettleError> {
        self.ended(lease, how).await
    }

    fn settle_soon(&self, lease: Lease, how: Settle, then: impl FnOnce(Settled) + Send + 'static) {
        self.inner.settle_soon(lease, how, then);
    }

    async fn extend(&self, lease: Lease, by: Duration) -> Result<u64, SettleError> {
        self.inner.extend(lease, by).await
    }

    async fn dead_letters(
        &self,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.inner.dead_letters(after, max).await
    }

    async fn redrive(&self, id: MessageId) -> Result<(), RedriveError> {
        self.inner.redrive(id).await
    }

    async fn discard(&self, id: MessageId) -> Result<(), RedriveError> {
        self.inner.discard(id).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }

    fn depth(&self) -> usize {
        self.inner.depth()
    }
}
