//! A bounded multi-producer multi-consumer queue: everything in windlass moves through it.
//!
//! The scheme is Dmitry Vyukov's bounded MPMC queue (1024cores.net, 2010): a power of two of slots,
//! each with a *stamp*, and two indices that only grow. A slot's position in the ring is
//! `index % slots`, its *lap* is the rest of the index.
//!
//! ```text
//!  head (next to pop)              tail (next to push)
//!    |                               |
//!    v                               v
//! | full | full | full | full | full | free | free | free |
//!
//! the life of one slot (L = lap, N = a lap's length)
//!
//!            push claims tail, writes                pop claims head, reads
//!   stamp L ---------------------------> stamp L+1 -------------------------> stamp L+N
//!   free in lap L   [ring.publish]       full in lap L   [ring.release]       free in lap L+N
//!
//! a word      | index, wrapping | CLOSED | WAITING |    counts in steps of four, so that
//!               63            2     1         0         L+1 is never L+N, with one slot neither
//! ```
//!
//! **Rules.** 1. Whoever moves `tail` from `i` to `i + n` alone writes the slots `i .. i + n`;
//! whoever moves `head` alone reads. 2. A claim is made only on a stamp that says the last of these
//! slots is the claimer's; since the other index only grows, the ones before are too, or will be
//! without waiting for anybody. 3. A stamp is stored after the value was written or read, never
//! before. 4. Between claim and stamp no code of the caller's runs. 5. The exact capacity, where it
//! is smaller than the number of slots, is kept by comparing with the opposite index. 6. Only a
//! push by force claims more than the capacity, and then sees the oldest item out itself.
//!
//! # Orderings
//!
//! | label | what | pairs with | so that |
//! |---|---|---|---|
//! | `ring.publish` | Release, stamp | `ring.turn` | the value is seen whole |
//! | `ring.release` | Release, stamp | `ring.turn` | the value has left its slot |
//! | `ring.turn` | Acquire, stamp | both above | |
//! | `ring.tail_moved` | Release, claim | `ring.tail_seen` | (1) |
//! | `ring.head_moved` | Release, claim | `ring.head_seen` | (2) |
//! | `ring.tail_seen`, `ring.head_seen` | Acquire, word | the two above | |
//! | `ring.closed` | Release, mark | `ring.tail_seen` | what came before closing is seen |
//!
//! (1) who knows the tail knows the pops that led to it; a claim that fails acquires too. (2) who
//! knows the head knows the pushes that led to it; likewise. A sole side moves its index by a
//! Relaxed store: what it knows goes by the stamps.
//!
//! **Full and empty are exact** (linearizable), by one load beside the stamp. Let `pop` stand at
//! `head = h`, known with all that led to it, and find that `tail` is `h` too. That tail is no
//! older than the pushes that led to `h`; the head lies between `h` and the tail; so the queue was
//! empty. Likewise `push` at `tail = t` that finds the head `capacity` behind: it is no older than
//! the pops that made room for `t`, so the tail had gone no further. Without the acquires a push
//! could pair a new tail with an old head and call full what never was. No `SeqCst` fence is needed
//! for either.
//! Where both sides are sole, the stamp alone says it: slots are filled and freed in their order.
//!
//! **Waiting costs nothing while nobody waits.** A mark in the index word asks the other side to
//! tell. A claim is a compare-exchange of that very word: it comes after the mark and sees it, or
//! before, and then the waiter's second look, which is no older, finds what the claim brought.
//!
//! # Which way in
//!
//! | you have | take |
//! |---|---|
//! | one producer, one consumer | [`spsc`]: no compare-exchange at all |
//! | one thread on one of the sides | [`mpsc`], [`spmc`]: none on that side |
//! | threads that come often | a [`Handle`] each: knows the index it left |
//! | calls here and there | [`Ring`] by reference: nothing to keep |
//! | many values at once | the batches of any of these: one claim for all |
//! | a loop that spins | `try_push`, `try_pop`: look at one slot only |
//! | newest before oldest | [`Ring::force_push`]: hands back what it displaced |
//! | threads or tasks that wait | the `channel` room: this ring, with lines of waiters |
//!
//! A capacity that is a power of two is a little faster: else each push reads the other side's
//! line. A weak poll may say "not now" while a peer is in mid-operation.
//! A handle that has not been used for long costs one look more. After a lost compare-exchange a
//! thread leaves the line alone for 128 to 512 pauses (some microseconds): all together do more so,
//! at the price of the one that waits.
//!
//! # Progress
//!
//! The queue is **not lock-free in the strict sense**: a thread that is stopped between claim and
//! stamp delays whoever needs that very slot next, and with a batch, any of its slots.
//!
//! | operation | progress |
//! |---|---|
//! | `try_push`, `try_pop` | lock-free; wait-free where the side is sole |
//! | `push`, `pop`, `drain`, all batches | may wait for a stalled peer |
//! | `push`, `pop` of [`spsc`] | wait-free (capacity a power of two) |
//! | `force_push` | may wait for a stalled peer, and for its like before it |
//! | `close`, `len`, `is_empty`, `is_closed`, `capacity` | wait-free |
//! | `is_full` | lock-free: looks again when a push came between |
//!
//! Who waits for a peer spins, then yields the thread. A claim's compare-exchange fails when
//! another claim, a mark or a closing succeeds (on some processors now and then by itself), and the
//! loser stays away for a bounded time. A batch may be in sight of a peer before its last slot is:
//! with [`spsc`] its items come into sight one by one; else it is one step. How many a batch takes
//! is what there was at one moment of the call.
//!
//! # Sources
//!
//! D. Vyukov, *Bounded MPMC queue*, 1024cores.net, 2010: the stamps. J. Giacomoni, T. Moseley,
//! M. Vachharajani, *FastForward*, PPoPP 2008: a sole consumer that looks at the slot and not at
//! the index. T. Anderson, *The performance of spin lock alternatives for shared-memory
//! multiprocessors*, IEEE TPDS 1990: backing off from a contended line. M. Herlihy, J. Wing,
//! *Linearizability*, TOPLAS 1990: what "exact" means here, checked by `tests/linearizability.rs`.

mod word;
mod slot;
mod error;
mod side;
mod queue;
mod way;
mod single;
mod batch;
mod force;
mod buffer;
mod calls;
mod handle;
mod drain;
mod alone;
mod shared;
mod ends;

pub use self::{handle::Handle, queue::Ring};
pub use drain::{Drain, IntoIter};
pub use ends::{Consumer, End, Producer, mpsc, spmc, spsc};
pub use error::{PushError, PushManyError};
pub use side::{Shared, Side, Sole};
pub use way::{Pop, Push};
