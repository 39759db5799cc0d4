//! What is queued, and what its sender learns.

use std::time::Duration;

/// Which message of a queue; unique in its store, and later ones are larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(
    /// The number, as stores and pages show it.
    pub u64,
);

/// What goes first. Strictly: while a message of a higher priority is ready, no lower one is
/// delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// After all others.
    Low,
    /// As most.
    #[default]
    Normal,
    /// Before most.
    High,
    /// Before all others.
    Urgent,
}

impl Priority {
    /// All of them, what goes first in front.
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// Its number: 0 for what goes last.
    pub fn level(self) -> usize {
        self as usize
    }

    /// The priority of that number; of those beyond, the highest.
    pub fn of_level(level: usize) -> Self {
        match level {
            0 => Self::Low,
            1 => Self::Normal,
            2 => Self::High,
            _ => Self::Urgent,
        }
    }
}

/// A message: its body, and how it is to be treated.
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::queue::{Message, Priority};
///
/// let message = Message::new("order 42")
///     .priority(Priority::High)
///     .delay(Duration::from_secs(5))
///     .dedup("order-42");
/// assert_eq!(message.body(), b"order 42");
/// assert_eq!(message.key(), Some("order-42"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    body: Vec<u8>,
    priority: Priority,
    delay: Duration,
    key: Option<Box<str>>,
}

impl Message {
    /// A message of normal priority, to be delivered at once.
    pub fn new(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), priority: Priority::default(), delay: Duration::ZERO, key: None }
    }

    /// The same with another priority.
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// The same, not to be delivered before so much time has passed.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// The same with a key for deduplication: while a message with the same key is in the queue or
    /// among its dead letters, and for `keys_keep` after that, this one is not taken in.
    pub fn dedup(self, key: impl Into<Box<str>>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// What it says.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What it says, for keeps.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// What goes first.
    pub fn urgency(&self) -> Priority {
        self.priority
    }

    /// How long it is held back.
    pub fn held_back(&self) -> Duration {
        self.delay
    }

    /// Its key for deduplication.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The bytes that count against `message_bytes_max`.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.key().map_or(0, str::len)
    }
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    New(MessageId),
    /// One with the same key is, or was of late: this one.
    Duplicate(MessageId),
}

impl Enqueued {
    /// The message that stands for it.
    pub fn id(self) -> MessageId {
        let (Self::New(id) | Self::Duplicate(id)) = self;
        id
    }
}
