//! What a queue allows, and how it counts time.

use std::sync::Arc;
use std::time::Duration;

use crate::workflow::wall::{SystemWall, WallClock};

/// What a queue allows, and how it counts time.
#[derive(Clone, Debug)]
pub struct QueueOptions {
    /// So many messages at most that are ready, delayed or leased; more are refused. 65,536; from 1
    /// to 2^32, and in memory to 2^20.
    pub messages_max: usize,
    /// So many dead letters at most. A message that would be one more is tried again instead, after
    /// another `lease`: nothing is thrown away. 65,536.
    pub dead_max: usize,
    /// A message's body and its key together have so many bytes at most. 1 MiB.
    pub message_bytes_max: usize,
    /// So long a delivery is its receiver's alone; then the message is delivered again (visibility
    /// timeout). 30 s; at least 1 ms.
    pub lease: Duration,
    /// So often a message is delivered at most; then it is a dead letter. 5; at least 1.
    pub attempts_max: u32,
    /// So long a deduplication key counts after its message has left the queue. 5 min.
    pub keys_keep: Duration,
    /// So many keys of messages that have left are kept at most: the oldest go first. 65,536.
    pub keys_max: usize,
    /// Tells the time.
    pub wall: Arc<dyn WallClock>,
}

impl QueueOptions {
    /// The same, with what must be at least so much.
    pub(super) fn sound(self) -> Self {
        Self {
            messages_max: self.messages_max.clamp(1, u32::MAX as usize),
            lease: self.lease.max(Duration::from_millis(1)),
            attempts_max: self.attempts_max.max(1),
            ..self
        }
    }
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self {
            messages_max: 1 << 16,
            dead_max: 1 << 16,
            message_bytes_max: 1 << 20,
            lease: Duration::from_secs(30),
            attempts_max: 5,
            keys_keep: Duration::from_secs(300),
            keys_max: 1 << 16,
            wall: Arc::new(SystemWall),
        }
    }
}
