//! Channels for tasks and threads: bounded, oneshot, topic.
//!
//! | you want | take | when it is full |
//! |---|---|---|
//! | each value to one receiver of many: work, requests | [`bounded`](fn@bounded) | senders wait |
//! | one value, once: a reply, a result | [`oneshot`](fn@oneshot) | never |
//! | each value to every receiver: news | [`topic`](fn@topic) | the oldest goes, and is counted |
//!
//! All ends work from tasks (`send(..).await`), from threads (`send_blocking`) and without waiting
//! (`try_send`), on one channel at once. Blocking ends block their thread: not for use in a task.
//!
//! # The bounded channel
//!
//! A ring, and a line of waiters at each of its two gates:
//!
//! ```text
//!            room                                             items
//!   senders that wait                                 receivers that wait
//!   [s1]<->[s2]<->[s3]                                [r1]<->[r2]
//!    |        ^ WAITING in `head`                      |      ^ WAITING in `tail`
//!    | called by whoever pops                          | called by whoever pushes
//!    v                                                 v
//!   push ----> | tail | v | v | v | v | v | v | head | ----> pop
//! ```
//!
//! `push` is a compare-exchange of `tail`, `pop` one of `head`. The word that a push moves carries
//! the mark of those who wait for items, the word that a pop moves the mark of those who wait for
//! room. So where nobody waits, sending is one `push` and receiving one `pop`, after a glance at a
//! number that nobody writes meanwhile (see fairness): no fence, no lock.
//!
//! **Waiting.** 1. Look. 2. Under the lock: get in line; set the mark if it is not set. 3. Look
//! again. 4. Sleep.
//!
//! **Calling.** 1. Push. 2. When the word it moved was marked, under the lock: take the first out
//! of the line; when nobody is there, clear the mark. 3. Wake it.
//!
//! **The race.** (a) A receiver looks and finds nothing. (b) A sender pushes and sees no mark. (c)
//! The receiver gets in line and sleeps. It does not:
//! - mark and push are read-modify-writes of one word, so one comes first;
//! - if the mark does, the push finds it, locks after the receiver, and calls the first in line;
//! - if the push does, the second look reads that word or a later one, finds the tail past the
//!   head, and does not say "empty": it takes the value, or another receiver has.
//!
//! Who finds the mark set needs no step on the word: a push that saw it locks after that waiter,
//! and then calls one of the line; or before, and then the waiter's second look finds the push. So
//! two that take turns leave the mark where it is.
//!
//! **One call a value.** Each push that finds the mark calls one waiter, a batch as many as it has
//! values. Who is called comes back: takes a value or finds that none is left, or is dropped. Then,
//! under the lock, whoever is first is called if there is a value beyond those that others were
//! called for. So while anybody is in line, each value has its call.
//!
//! **Fairness.** The line is first come, first served. A call stands for a value: whoever comes
//! newly, while others were called and are not back yet, takes only what is beyond their number, or
//! gets in line. (A glance at one number, which is 0 while nobody waits.) Without that, of four
//! tasks that send, the one that was woken last and so ran first took all the room, each time. Who
//! was called in vain all the same (by a `try_recv`, which keeps to no line, or by a batch) keeps
//! its turn. A batch that got a part goes to the back.
//!
//! **Closing** sets a bit in `tail` by read-modify-write, then calls all who wait. What was pushed
//! before is received. The channel closes when the last sender is dropped, and when the last
//! receiver is; then what is left in it is dropped as well, so that senders of replies in
//! requests that nobody will serve are gone too. Who finds the channel closed because all senders
//! are gone sees what they did before.
//!
//! | operation | progress |
//! |---|---|
//! | `try_send`, `try_recv`, batches | as the ring's push and pop; a lock if somebody waits |
//! | polls of `send`, `recv`, batches | the same; a lock to get in line, one to leave it early |
//! | `.._blocking`, `.._timeout` | block the thread, in line with the tasks |
//! | `close`, the last drop of an end | two locks, one more for each that waits |
//! | `len`, `is_empty`, `is_closed`, `capacity` | wait-free |
//!
//! The ring's push and pop may wait for a peer that is stalled between claim and stamp; the async
//! ends inherit that. A lock is held for a few moves of pointers and one step on the mark, with no
//! foreign code under it; it spins, then yields. The line allocates nothing, as its nodes stand in
//! the futures; a thread that blocks allocates its parker.
//!
//! **Wakers must not panic.** Values are safe if one does, but the calls behind it are not made.
//! A future polled after it was ready panics (`send`) or begins anew (`recv`, batches).
//!
//! A task that was called and neither polls nor drops its future keeps the call, and with it one
//! value, or room for one, from all that wait; no value is lost.
//!
//! # Sources
//!
//! The mark in the word that the fast path moves anyway is the idea of futex mutexes (U. Drepper,
//! "Futexes are tricky"), whose word says whether anybody must be woken, applied to a ring's
//! indices. Nodes in futures, and calls that are passed on, are known from tokio's `Notify` and
//! from event-listener. [`topic`](mod@topic) and [`oneshot`](fn@oneshot) say theirs in place.

mod error;
mod ends;
mod sleep;
mod lock;
mod line;
mod place;
mod shared;
mod end;
mod sender;
mod receiver;
mod bounded;
mod oneshot;
pub mod topic;

pub use self::{end::End, place::Waiting};
pub use bounded::{bounded, try_bounded};
pub use error::{RecvError, SendError, TryRecvError, TrySendError};
pub use oneshot::{Closed, OneReceiver, OneSender, oneshot};
pub use receiver::{Receiver, Recv, RecvMany};
pub use sender::{SendMany, Sender, Sending};
pub use topic::{Subscriber, Topic, topic, try_topic};
