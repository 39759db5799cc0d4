//! The sender's side.

use std::sync::{Arc, Mutex};

use super::error::{InboxTaken, PostError};
use super::inbox::{Held, Inbox};
use super::options::MailboxOptions;
use crate::workflow::blocking::block_on;
use crate::workflow::queue::{
    Enqueued, MemoryStore, Message, MessageId, MessageQueue, Stats, Store, StoreError,
};

/// A mailbox: anybody posts, one receives, in order, whenever it comes. Clone it, share it.
///
/// ```
/// use windlass::workflow::mailbox::{Mailbox, MailboxOptions};
///
/// windlass::Runtime::new()?.block_on(async {
///     let mailbox = Mailbox::in_memory(MailboxOptions::default());
///     mailbox.post("first").await?;
///     mailbox.post("second").await?;
///
///     // The receiver comes later, is interrupted, and comes again.
///     let mut inbox = mailbox.inbox()?;
///     assert_eq!(inbox.next().await?.body(), b"first");
///     drop(inbox);
///     let mut inbox = mailbox.inbox()?;
///     let letter = inbox.next().await?;
///     assert_eq!(letter.body(), b"first");
///     letter.done().await?;
///     assert_eq!(inbox.next().await?.body(), b"second");
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Mailbox<S: Store = MemoryStore> {
    queue: MessageQueue<S>,
    held: Arc<Mutex<Held<S>>>,
}

impl Mailbox<MemoryStore> {
    /// A mailbox in memory: letters wait for their receiver as long as the process lasts.
    pub fn in_memory(options: MailboxOptions) -> Self {
        Self::over(MemoryStore::new(options.into_queue_options()))
    }
}

impl<S: Store> Mailbox<S> {
    pub(super) fn over(store: S) -> Self {
        let held = Arc::new(Mutex::new(Held::new()));
        Self { queue: MessageQueue::new(store), held }
    }

    /// Posts a letter. When this has said so, it is kept, as the store keeps things, until it is
    /// done.
    ///
    /// **Cancel safety.** Dropped before it is ready, the letter may or may not be posted.
    ///
    /// # Errors
    /// [`PostError`], with the letter.
    pub async fn post(&self, letter: impl Into<Vec<u8>>) -> Result<MessageId, PostError> {
        Ok(self.queue.enqueue(Message::new(letter)).await?.id())
    }

    /// As [`Mailbox::post`], waiting while the mailbox is full.
    ///
    /// # Errors
    /// [`PostError`], with the letter, but never `Full`.
    pub async fn post_when_room(&self, letter: impl Into<Vec<u8>>) -> Result<MessageId, PostError> {
        Ok(self.queue.enqueue_when_room(Message::new(letter)).await?.id())
    }

    /// As [`Mailbox::post`], unless a letter with this key is in the mailbox, or was done less than
    /// `keys_keep` ago: for a sender that cannot know whether it has posted it already.
    ///
    /// # Errors
    /// [`PostError`], with the letter.
    pub async fn post_once(
        &self,
        key: impl Into<Box<str>>,
        letter: impl Into<Vec<u8>>,
    ) -> Result<Enqueued, PostError> {
        Ok(self.queue.enqueue(Message::new(letter).dedup(key)).await?)
    }

    /// As [`Mailbox::post`], blocking the thread for as long as the store takes.
    ///
    /// # Errors
    /// [`PostError`], with the letter.
    pub fn post_blocking(&self, letter: impl Into<Vec<u8>>) -> Result<MessageId, PostError> {
        block_on(self.post(letter))
    }

    /// Opens the inbox.
    ///
    /// # Errors
    /// [`InboxTaken`] while another has it open.
    pub fn inbox(&self) -> Result<Inbox<S>, InboxTaken> {
        Inbox::open(self.queue.clone(), self.held.clone()).ok_or(InboxTaken)
    }

    /// How many letters there are, as far as is known without asking the store.
    pub fn len(&self) -> usize {
        self.queue.depth()
    }

    /// Whether there are none, likewise.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How it stands; the first letter counts as leased once it was received.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        self.queue.stats().await
    }

    /// The store: for who posts or is done within a transaction of their own.
    pub fn store(&self) -> &S {
        self.queue.store()
    }

    /// Says that a letter was put into the store by other means, in a transaction that is committed
    /// by now.
    pub fn notify(&self) {
        self.queue.notify();
    }

    /// Takes no more letters. The receiver gets those that are there, and then
    /// [`ReceiveError::Closed`](crate::workflow::queue::ReceiveError::Closed).
    pub fn close(&self) {
        self.queue.close();
    }
}

impl<S: Store> Clone for Mailbox<S> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone(), held: self.held.clone() }
    }
}

shows!([S: Store] Mailbox<S>: |own| Mailbox { len: own.len() });
