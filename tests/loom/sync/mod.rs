//! The door under the models: loom's types in the place of `src/sync`, each atomic call told to
//! `crate::sites`, which may change one of them.

mod atomics;
mod backoff;
mod cell;
mod condvar;
mod made;
#[path = "../../../src/sync/discard.rs"]
mod discard;
#[path = "../../../src/sync/within.rs"]
mod within;

pub(crate) use loom::sync::atomic::Ordering;
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};

pub(crate) use atomics::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence};
pub(crate) use backoff::Backoff;
pub(crate) use cell::UnsafeCell;
pub(crate) use condvar::Condvar;
pub(crate) use discard::discard;
pub(crate) use made::{boxed_zeroed, lock, shrunk, thread_local};
pub(crate) use within::within;
