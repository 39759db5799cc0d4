//! Mailboxes that outlive the process.

use super::letterbox::Mailbox;
use super::options::MailboxOptions;
use crate::workflow::queue::SqliteStore;
use crate::workflow::sqlite::{Database, OpenError};

impl Mailbox<SqliteStore> {
    /// The mailbox of that name in a database, made if it is not there; with the letters that wait
    /// in it. Once a process. Blocks: call it before serving, or on the blocking pool.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        database: &Database,
        name: &str,
        options: MailboxOptions,
    ) -> Result<Self, OpenError> {
        let name = format!("mailbox/{name}");
        let store = SqliteStore::open(database, name, options.into_queue_options())?;
        Ok(Self::over(store))
    }
}
