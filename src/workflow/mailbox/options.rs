//! What a mailbox allows.

use std::sync::Arc;
use std::time::Duration;

use crate::workflow::queue::QueueOptions;
use crate::workflow::wall::{SystemWall, WallClock};

/// What a mailbox allows.
#[derive(Clone, Debug)]
pub struct MailboxOptions {
    /// So many letters at most; more are refused. 65,536.
    pub letters_max: usize,
    /// A letter has so many bytes at most. 1 MiB.
    pub letter_bytes_max: usize,
    /// So long a key counts after its letter is done: see
    /// [`Mailbox::post_once`](super::Mailbox::post_once). 5 min.
    pub keys_keep: Duration,
    /// Tells the time.
    pub wall: Arc<dyn WallClock>,
}

impl MailboxOptions {
    /// The options of the queue below: no letter is ever given up.
    pub(super) fn into_queue_options(self) -> QueueOptions {
        QueueOptions {
            messages_max: self.letters_max,
            dead_max: 0,
            message_bytes_max: self.letter_bytes_max,
            lease: Duration::MAX,
            attempts_max: u32::MAX,
            keys_keep: self.keys_keep,
            keys_max: self.letters_max,
            wall: self.wall,
        }
    }
}

impl Default for MailboxOptions {
    fn default() -> Self {
        Self {
            letters_max: 1 << 16,
            letter_bytes_max: 1 << 20,
            keys_keep: Duration::from_secs(300),
            wall: Arc::new(SystemWall),
        }
    }
}
