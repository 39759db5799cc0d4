//! Asynchronous messaging: letters to a receiver that may come later, even after a restart.
//!
//! ```text
//!   post ---> [ letter 1 | letter 2 | letter 3 ]        nobody is there: they wait, in order
//!                  |
//!                  v
//!               Inbox::next ---> Letter ---> done       the next one follows
//!                                   |
//!                                   +--> dropped        the same letter is the next one again
//! ```
//!
//! A mailbox is kept in strict order, for one receiver at a time. The first letter stays the first
//! until it is done: whoever opens the [`Inbox`] next, also in the process that comes after a
//! crash, begins with it. So each letter is received at least once, and a receiver that may be
//! interrupted between its effect and [`Letter::done`] must be able to see one twice, or do both in
//! one transaction.
//!
//! It stands on a [queue](super::queue) of one receiver whose lease does not end. For work that
//! many share, take the queue itself.

mod options;
mod error;
mod inbox;
mod letterbox;
#[cfg(feature = "sqlite")]
mod durable;

pub use self::{error::InboxTaken, error::PostError, options::MailboxOptions};
pub use inbox::{Inbox, Letter};
pub use letterbox::Mailbox;
