//! The line: who waits at a gate, first come, first served.
//!
//! A doubly linked list behind a mutex. Its nodes live in the futures (or on the stacks) of those
//! who wait, so that waiting allocates nothing and leaving from the middle is one step. The code
//! under the lock is a few moves of pointers: no waker is cloned, woken or dropped there, so that
//! whatever a waker does, it cannot meet the lock.
//!
//! ```text
//!             join                          call
//!   OUT ----------------> WAITING -----------------------> CALLED
//!    ^                       |                                |
//!    +------- leave ---------+                                |
//!    +-------- the owner has seen it [channel.noticed] -------+
//! ```
//!
//! **Rules.** 1. `entry` and `turn` are touched under the lock only. 2. The owner alone moves a node
//! to WAITING and to OUT, a caller alone moves it to CALLED; both into and out of WAITING under the
//! lock. 3. CALLED is the caller's last touch: the owner that sees it may free the node without the
//! lock.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::task::Waker;

use super::lock::Lock;
use crate::sync::{AtomicUsize, Ordering, UnsafeCell};

const OUT: usize = 0;
const WAITING: usize = 1;
const CALLED: usize = 2;

/// What is waited for: an item, or room for one.
pub(super) trait Gate {
    /// Who waits here.
    fn line(&self) -> &Line;

    /// Marks the word that whoever opens the gate moves: from now on they call.
    fn mark(&self);

    /// Nobody waits any more.
    fn unmark(&self);

    /// Whether the next in line would find something.
    fn is_open(&self) -> bool;
}

/// One that may stand in a line. It does not move while it does.
#[derive(Debug)]
pub(super) struct Node {
    state: AtomicUsize,
    /// Rises from the first in line to the last; stays with a node that is called.
    turn: UnsafeCell<u64>,
    /// Written when the node gets in line: a future that never waits does not pay for it.
    entry: UnsafeCell<MaybeUninit<Entry>>,
    _pinned: PhantomPinned,
}

#[derive(Debug)]
struct Entry {
    waker: Waker,
    ahead: Option<NonNull<Node>>,
    behind: Option<NonNull<Node>>,
}

// SAFETY: `entry` is touched only under the lock of the line that the node stands in (rule 1), or
// by the owner of a node that stands in none.
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

/// Where to stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum Turn {
    /// Behind all others.
    New,
    /// Where the node stood before, ahead of all who came later: for who was called and found
    /// nothing.
    Kept,
}

/// Those who wait at one gate.
#[derive(Debug)]
pub(super) struct Line(Lock<List>);

#[derive(Debug)]
struct List {
    first: Option<NonNull<Node>>,
    last: Option<NonNull<Node>>,
    turns: u64,
    /// Whether the gate is marked. It is while anybody waits, and stays so until a call finds
    /// nobody: in an exchange between two that take turns, no step is spent on the mark.
    marked: bool,
}

// SAFETY: the list owns no node; it reaches them under its lock only, and a node leaves the list
// before it is freed.
unsafe impl Send for List {}

impl Node {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicUsize::new(OUT),
            turn: UnsafeCell::new(0),
            entry: UnsafeCell::new(MaybeUninit::uninit()),
            _pinned: PhantomPinned,
        }
    }

    fn state(&self) -> usize {
        // [channel.noticed] pairs with [channel.called]: the caller has left the node, and what it
        // calls for is seen.
        self.state.load(Ordering::Acquire)
    }

    /// Whether the node stands in no line, and has not been called out of one either.
    #[inline(always)]
    pub(super) fn is_out(&self) -> bool {
        self.state() == OUT
    }
}

impl Line {
    pub(super) fn new() -> Self {
        Self(Lock::new(List {
            first: None,
            last: None,
            turns: 0,
            marked: false,
        }))
    }
}

/// Puts the node into the gate's line.
///
/// # Safety
/// The node is out, and stays where it is until it is out again.
pub(super) unsafe fn join(gate: &impl Gate, node: &Node, waker: &Waker, turn: Turn) {
    let waker = waker.clone();
    gate.line().0.with(|list| {
        if !list.marked {
            gate.mark();
            list.marked = true;
        }
        node.state.store(WAITING, Ordering::Relaxed);
        list.insert(node, waker, turn);
    });
}

/// Keeps the place of a node that still waits, and the newer waker. `false`: it was called, and is
/// out now.
pub(super) fn keep(gate: &impl Gate, node: &Node, waker: &Waker) -> bool {
    if node.state() == WAITING {
        let mut waker = waker.clone();
        let waits = gate.line().0.with(|_| {
            let waits = node.state.load(Ordering::Relaxed) == WAITING;
            if waits {
                // SAFETY: the node waits, so it is in the list.
                unsafe { node.entry(|entry| std::mem::swap(&mut entry.waker, &mut waker)) };
            }
            waits
        });
        drop(waker);
        if waits {
            return true;
        }
    }
    node.state.store(OUT, Ordering::Relaxed);
    false
}

/// Takes the node out of the line. Whether it had been called before: then the caller of this must
/// use the call, or pass it on.
#[must_use]
pub(super) fn leave(gate: &impl Gate, node: &Node) -> bool {
    let mut waker = None;
    let called = node.state() == CALLED
        || gate.line().0.with(|list| {
            let called = node.state.load(Ordering::Relaxed) == CALLED;
            if !called {
                // SAFETY: the node waits, so it is in the list.
                waker = Some(unsafe { list.unlink(node) });
            }
            called
        });
    node.state.store(OUT, Ordering::Relaxed);
    drop(waker);
    called
}

/// Calls the first in line; `false` when nobody waits.
pub(super) fn call(gate: &impl Gate) -> bool {
    let waker = gate.line().0.with(|list| {
        let Some(node) = list.first else {
            if list.marked {
                gate.unmark();
                list.marked = false;
            }
            return None;
        };
        // SAFETY: a node in the list stays where it is until it is out.
        let node = unsafe { node.as_ref() };
        // SAFETY: it is in the list.
        let waker = unsafe { list.unlink(node) };
        // [channel.called] pairs with [channel.noticed]: the node is touched no more, and what is
        // called for is there.
        node.state.store(CALLED, Ordering::Release);
        Some(waker)
    });
    match waker {
        Some(waker) => waker.wake(),
        None => return false,
    }
    true
}

impl Node {
    /// Where it stands, or stood. Under the lock.
    fn turn(&self) -> u64 {
        // SAFETY: it is touched under the lock only.
        self.turn.with_mut(|turn| unsafe { *turn })
    }

    /// Touches the entry; `touch` touches no other.
    ///
    /// # Safety
    /// The node is in a list whose lock the caller holds.
    unsafe fn entry<R>(&self, touch: impl FnOnce(&mut Entry) -> R) -> R {
        // SAFETY: a node in a list has an entry, and the lock keeps others from it (rule 1).
        self.entry
            .with_mut(|entry| touch(unsafe { (*entry).assume_init_mut() }))
    }
}

impl List {
    fn insert(&mut self, node: &Node, waker: Waker, turn: Turn) {
        let here = Some(NonNull::from(node));
        let (ahead, behind) = match turn {
            Turn::New => {
                self.turns += 1;
                // SAFETY: nobody else knows of the node yet.
                node.turn.with_mut(|turn| unsafe { *turn = self.turns });
                (self.last, None)
            }
            Turn::Kept => self.place_of(node.turn()),
        };
        let entry = Entry {
            waker,
            ahead,
            behind,
        };
        // SAFETY: nobody else knows of the node yet.
        node.entry.with_mut(|place| unsafe {
            (*place).write(entry);
        });
        self.set_behind(ahead, here);
        self.set_ahead(behind, here);
    }

    /// Between whom a turn stands. Few are ahead: those who were called too, and came back sooner.
    fn place_of(&self, turn: u64) -> (Option<NonNull<Node>>, Option<NonNull<Node>>) {
        let (mut ahead, mut behind) = (None, self.first);
        while let Some(node) = behind {
            // SAFETY: the node is in the list, and stays where it is until it is out.
            let node = unsafe { node.as_ref() };
            if node.turn() > turn {
                break;
            }
            ahead = behind;
            // SAFETY: as above, and the lock is held.
            behind = unsafe { node.entry(|entry| entry.behind) };
        }
        (ahead, behind)
    }

    /// # Safety
    /// The node is in this list; it is no more afterwards.
    unsafe fn unlink(&mut self, node: &Node) -> Waker {
        let taken = node.entry.with_mut(|place| {
            // SAFETY: a node in a list has an entry, which is taken out with the node.
            unsafe { (*place).assume_init_read() }
        });
        let Entry {
            waker,
            ahead,
            behind,
        } = taken;
        self.set_behind(ahead, behind);
        self.set_ahead(behind, ahead);
        waker
    }

    /// Who stands behind `of`; behind nobody stands the first.
    fn set_behind(&mut self, of: Option<NonNull<Node>>, behind: Option<NonNull<Node>>) {
        match of {
            // SAFETY: neighbours are in the list, and stay where they are until they are out.
            Some(node) => unsafe { node.as_ref().entry(|entry| entry.behind = behind) },
            None => self.first = behind,
        }
    }

    /// Who stands ahead of `of`; ahead of nobody stands the last.
    fn set_ahead(&mut self, of: Option<NonNull<Node>>, ahead: Option<NonNull<Node>>) {
        match of {
            // SAFETY: neighbours are in the list, and stay where they are until they are out.
            Some(node) => unsafe { node.as_ref().entry(|entry| entry.ahead = ahead) },
            None => self.last = ahead,
        }
    }
}
