//! Tasks in groups, built on the runtime: a set whose results come as they are ready, a scope whose
//! tasks borrow, a set that stays on one thread.

mod join_set;
mod scope;
mod local_set;

pub use self::{join_set::JoinSet, local_set::LocalSet, local_set::spawn_local};
pub use scope::{Scope, ScopedJoinHandle};
