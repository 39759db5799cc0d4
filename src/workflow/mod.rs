//! What a service is built of that acknowledges now and works later.
//!
//! Each part stands alone and has an example of its own. Those that wait do so as futures on a
//! runtime, and have twins for threads where that makes sense. `docs/workflow.md` says how they fit
//! together.
//!
//! | you want | take |
//! |---|---|
//! | to hand work over, to be done later, by one of many | [`queue`] |
//! | to send to somebody who may not be there yet | [`mailbox`] |
//! | to keep what was acknowledged, over crashes | `sqlite`, with the feature of that name |

mod blocking;
pub mod wall;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod queue;
pub mod mailbox;
