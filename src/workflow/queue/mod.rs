//! A message queue: work is handed over now and done later, by one of many, at least once.
//!
//! ```text
//!             enqueue                receive                  ack
//!   sender ------------> [ ready ] ------------> [ leased ] --------> gone
//!             |             ^  ^                   |  |  |
//!             v             |  +- lease is over ---+  |  +-- too many attempts, or `dead`
//!         [ delayed ] ------+                         |                |
//!             ^                                       |                v
//!             +---------------- nack(delay) ----------+        [ dead letters ]
//!                                                                      |
//!   ready <-------------------------- redrive -------------------------+
//! ```
//!
//! **At least once.** A message that was taken in is delivered until a delivery is acknowledged in
//! its lease, or it is a dead letter. It is delivered again when its receiver is too slow, gives it
//! back, is dropped, or dies with the process (where the store survives that): so receivers must be
//! able to do the same thing twice, or settle it in one transaction with what they do
//! ([`SqliteStore::settle_in`]).
//!
//! **Bounded.** So many messages, so many dead letters, so many bytes a message, so many keys. When
//! the queue is full the message comes back; when the dead letters are, messages are tried on
//! instead. Nothing is thrown away.
//!
//! **Order.** Of what is ready the highest priority goes first; within it, roughly what became
//! ready first. With several receivers nothing more can be said.
//!
//! | store | keeps | costs a message |
//! |---|---|---|
//! | [`MemoryStore`] | until the process ends | some locks and a ring's push and pop |
//! | [`SqliteStore`] | over crashes and loss of power | three changes, in shared commits |
//! | your own | as your broker does | what it costs there: see [`Store`] |
//!
//! Receivers wait by the runtime's clock for what is due by the
//! [`WallClock`](super::wall::WallClock).

mod options;
mod message;
mod error;
mod store;
mod bell;
mod keys;
mod ledger;
mod memory;
mod shared;
mod delivery;
mod message_queue;
#[cfg(feature = "sqlite")]
mod statements;
#[cfg(feature = "sqlite")]
mod tables;
#[cfg(feature = "sqlite")]
mod sqlite_error;
#[cfg(feature = "sqlite")]
mod sqlite_store;

pub use self::{delivery::Delivery, memory::MemoryStore};
pub use error::{
    EnqueueError, ReceiveError, RedriveError, Refused, SettleError, StoreError, StoreErrorKind,
};
pub use message::{Enqueued, Message, MessageId, Priority};
pub use message_queue::{MessageQueue, Stats};
pub use options::QueueOptions;
pub use shared::Totals;
#[cfg(feature = "sqlite")]
pub use sqlite_store::{SqliteStore, TakenIn};
pub use store::{Counts, DeadLetter, Lease, Leased, Settle, Settled, Store, Taken};
