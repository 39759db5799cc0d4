//! A bounded multi-producer multi-consumer queue: everything in windlass moves through it.
//!
//! The scheme is Dmitry Vyukov's bounded MPMC queue (1024cores.net, 2010): a power of two of slots,
//! each with a *stamp*, and two indices that only grow. A slot's position in the ring is
//! `index & mask`, its *lap* is `index & !mask`.
//!
//! ```text
//!  head (next to pop)              tail (next to push)
//!    |                               |
//!    v                               v
//! | full | full | full | full | full | free | free | free |
//!
//! the life of one slot (L = lap, N = slots)
//!
//!            push claims tail, writes                pop claims head, reads
//!   stamp L ---------------------------> stamp L+1 -------------------------> stamp L+N
//!   free in lap L   [ring.publish]       full in lap L   [ring.release]       free in lap L+N
//! ```
//!
//! **Rules.** 1. Whoever moves `tail` from `i` to `i + 1` alone writes slot `i`; whoever moves
//! `head` from `i` to `i + 1` alone reads it. 2. A claim is made only on a stamp that says the slot
//! is the claimer's. 3. The stamp is stored after the value was written or read, never before. 4.
//! At least two slots exist, so that "full in lap L" and "free in lap L+N" differ; the exact
//! capacity, where it is smaller than the number of slots, is kept by comparing with the opposite
//! index.
//!
//! **Full and empty are exact.** Both indices only grow. `push` acquired `tail = t`, then read
//! `head = h` with `t - h = capacity`: `h` is no older than any pop that led to `t`, so the queue
//! held `capacity` items. `pop` acquired `head = h`, then read `tail = h`: no older than any push
//! that led to `h`, so the queue was empty. Without the acquire a push could pair the newest tail
//! with an old head and call full what never was. No `SeqCst` fence is needed for either.
//!
//! **Progress.** `push` and `pop` are not lock-free in the strict sense: a thread that stops
//! between claim and stamp delays whoever needs that very slot next (others wait by spinning, then
//! yielding). `len`, `is_empty` and `capacity` are wait-free; `is_full` is lock-free:
//! it looks again when a push came between.

mod word;
mod slot;
mod error;
mod side;
mod queue;
mod single;
mod batch;
mod force;
mod buffer;
mod handle;
mod drain;
mod shared;
mod ends;

pub use drain::{Drain, IntoIter};
pub use ends::{Consumer, Producer, mpsc, spmc, spsc};
pub use error::{PushError, PushManyError};
pub use handle::Handle;
pub use queue::Ring;
pub(crate) use shared::Marked;
pub use side::{Shared, Side, Sole};
