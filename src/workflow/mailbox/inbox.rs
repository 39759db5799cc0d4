//! The receiver's side.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use crate::sync::lock;
use crate::workflow::blocking::{block_on, block_timeout};
use crate::workflow::queue::{
    Delivery, Lease, MessageId, MessageQueue, ReceiveError, SettleError, Settled, Store,
};

/// The next letter on its way. It is never dropped halfway: what the store has handed out to it
/// would come back behind the letters that follow.
type Receiving<S> = Pin<Box<dyn Future<Output = Result<Delivery<S>, ReceiveError>> + Send>>;

/// What outlives a receiver: the letter that is not done, or is on its way.
pub(super) struct Held<S: Store> {
    is_open: bool,
    first: Option<Delivery<S>>,
    receiving: Option<Receiving<S>>,
}

impl<S: Store> Held<S> {
    pub(super) fn new() -> Self {
        Self { is_open: false, first: None, receiving: None }
    }
}

impl<S: Store> Drop for Held<S> {
    fn drop(&mut self) {
        // It keeps its place in the store: the next process begins with it.
        self.first.take().into_iter().for_each(Delivery::leave);
    }
}

/// The receiver of a [`Mailbox`](super::Mailbox): one at a time. Dropped, it can be opened anew,
/// and begins with the first letter that is not done.
pub struct Inbox<S: Store> {
    queue: MessageQueue<S>,
    held: Arc<Mutex<Held<S>>>,
    first: Option<Delivery<S>>,
    receiving: Option<Receiving<S>>,
}

impl<S: Store> Inbox<S> {
    /// `None`: somebody has it open.
    pub(super) fn open(queue: MessageQueue<S>, held: Arc<Mutex<Held<S>>>) -> Option<Self> {
        let mut state = lock(&held);
        if std::mem::replace(&mut state.is_open, true) {
            return None;
        }
        let (first, receiving) = (state.first.take(), state.receiving.take());
        drop(state);
        Some(Self { queue, held, first, receiving })
    }

    /// The next letter's way, begun before or now.
    fn receiving(&mut self) -> &mut Receiving<S> {
        self.receiving.get_or_insert_with(|| {
            let queue = self.queue.clone();
            Box::pin(async move { queue.receive().await })
        })
    }

    /// It has arrived.
    fn received(&mut self, came: Result<Delivery<S>, ReceiveError>) -> Result<(), ReceiveError> {
        self.receiving = None;
        self.first = Some(came?);
        Ok(())
    }

    /// The first letter that is not done, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, nothing was received: the next call goes on
    /// where it was.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn next(&mut self) -> Result<Letter<'_, S>, ReceiveError> {
        if self.first.is_none() {
            let came = self.receiving().await;
            self.received(came)?;
        }
        Ok(Letter(&mut self.first))
    }

    /// The first letter that is not done, if there is one.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub async fn try_next(&mut self) -> Result<Option<Letter<'_, S>>, ReceiveError> {
        if self.first.is_none() {
            match &mut self.receiving {
                Some(receiving) => {
                    let looked = poll_fn(|cx| Poll::Ready(receiving.as_mut().poll(cx))).await;
                    if let Poll::Ready(came) = looked {
                        self.received(came)?;
                    }
                }
                None => self.first = self.queue.try_receive().await?,
            }
        }
        Ok(self.first.is_some().then_some(Letter(&mut self.first)))
    }

    /// As [`Inbox::next`], blocking the thread, at most for `timeout`; `None` when that was over.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Letter<'_, S>>, ReceiveError> {
        if self.first.is_none() {
            match &mut self.receiving {
                Some(receiving) => {
                    if let Some(came) = block_timeout(timeout, receiving) {
                        self.received(came)?;
                    }
                }
                None => self.first = self.queue.receive_timeout(timeout)?,
            }
        }
        Ok(self.first.is_some().then_some(Letter(&mut self.first)))
    }
}

impl<S: Store> Drop for Inbox<S> {
    fn drop(&mut self) {
        let mut held = lock(&self.held);
        held.first = self.first.take();
        held.receiving = self.receiving.take();
        held.is_open = false;
    }
}

/// The first letter of a mailbox. Dropped, it stays the first.
pub struct Letter<'a, S: Store>(&'a mut Option<Delivery<S>>);

impl<S: Store> Letter<'_, S> {
    fn delivery(&self) -> &Delivery<S> {
        self.0.as_ref().unwrap_or_else(|| unreachable!("it goes with the letter"))
    }

    /// The letter's number: later ones are larger.
    pub fn id(&self) -> MessageId {
        self.delivery().id()
    }

    /// What it says.
    pub fn body(&self) -> &[u8] {
        self.delivery().body()
    }

    /// When it was posted, in milliseconds since 1970.
    pub fn posted_ms(&self) -> u64 {
        self.delivery().enqueued_ms()
    }

    /// Whether a process before this one may have received it.
    pub fn may_be_known(&self) -> bool {
        self.delivery().attempt() > 1
    }

    /// It is done with: the next one follows.
    ///
    /// **Cancel safety.** Dropped before it is ready, this may or may not have happened.
    ///
    /// # Errors
    /// [`SettleError::Store`]: it is still the first letter.
    pub async fn done(self) -> Result<(), SettleError> {
        let Some(delivery) = self.0 else { return Ok(()) };
        let done = delivery.try_ack().await;
        if !matches!(done, Err(SettleError::Store(_))) {
            *self.0 = None;
        }
        // Lost: an earlier try, whose future was dropped, has done it.
        if let Err(SettleError::Lost(_)) = done { Ok(()) } else { done }
    }

    /// As [`Letter::done`], blocking the thread.
    ///
    /// # Errors
    /// As [`Letter::done`].
    pub fn done_blocking(self) -> Result<(), SettleError> {
        block_on(self.done())
    }

    /// What names it to the store: for who settles it in a transaction of their own, and then calls
    /// [`Letter::settled`].
    pub fn lease(&self) -> Lease {
        self.delivery().lease()
    }

    /// Says that it was settled so in a transaction that is committed by now.
    pub fn settled(self, how: Settled) {
        if let Some(delivery) = self.0.take() {
            delivery.settled(how);
        }
    }
}

shows!([S: Store] Inbox<S>: |own| Inbox { first: own.first });
shows!([S: Store] Letter<'_, S>: |own| Letter { delivery: own.delivery() });
