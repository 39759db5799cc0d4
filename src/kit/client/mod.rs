//! An HTTP/1.1 client for calling one service: from tasks, and from threads that wait.
//!
//! Connections are kept and used again; each call is bounded in time, from its connect to the last
//! byte of its reply. A kept connection may have ended without a word: a call that finds so before
//! the first byte of a reply, and that may be made twice ([`Outgoing::is_idempotent`]), is made
//! once more, on a new connection. Nothing else is tried again here: that is for the retry policy
//! of the caller.
//!
//! [`Outgoing::is_idempotent`]: crate::kit::http::Outgoing::is_idempotent

mod error;
mod kept;
mod evented;
mod blocking;

pub use blocking::BlockingClient;
pub use error::CallError;
pub use evented::Client;
pub use kept::ClientSettings;
