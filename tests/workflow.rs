//! The workflow's parts: policies, queue, mailbox and database.
