//! The only door to atomics, cells, fences and hints.
//!
//! Lock-free rooms use shared memory through this room alone. The models (`tests/loom.rs`) include
//! the very same source files and put a door of their own in this place: it hands out loom's types,
//! records each atomic operation's site, and can weaken one of them at run time.

mod backoff;
mod cell;
mod discard;
mod lock;
mod size;
mod within;
mod zeroed;

pub(crate) use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use std::thread_local;

pub(crate) use self::{backoff::Backoff, cell::UnsafeCell, discard::discard, lock::lock};
pub(crate) use self::{size::shrunk, within::within, zeroed::boxed_zeroed};
