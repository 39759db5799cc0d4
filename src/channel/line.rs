//! The line: who waits at a gate, first come, first served.
//!
//! A doubly linked list behind a lock. Its nodes live in the futures (or on the stacks) of those
//! who wait, so that waiting allocates nothing and leaving from the middle is one step. The code
//! under the lock is a few moves of pointers: no waker is cloned, woken or dropped there, so that
//! whatever a waker does, it cannot meet the lock.
//!
//! ```text
//!    join                call
//!   ------> WAITING ---------------> CALLED ----> gone: the owner has seen it [channel.noticed]
//!              |
//!              +--> gone: leave
//! ```
//!
//! **Rules.** 1. `entry` is touched under the lock only; `turn` likewise, until the owner has seen
//! CALLED. 2. A node is in the list exactly while it is WAITING, which begins and ends under the
//! lock. 3. CALLED is the caller's last touch: the owner that sees it may free the node without the
//! lock. 4. Whoever waits, the gate is marked.

use std::{marker::PhantomPinned, mem::MaybeUninit, ptr::NonNull, task::Waker};

use super::lock::Lock;
use crate::sync::{AtomicUsize, Ordering, UnsafeCell};

const WAITING: usize = 0;
const CALLED: usize = 1;

/// What is waited for: an item, or room for one.
pub trait Gate {
    /// Who waits here.
    fn line(&self) -> &Line;

    /// Marks the word that whoever opens the gate moves, or takes the mark away: while it is there,
    /// they call.
    fn mark(&self, waits: bool);

    /// Whether there is something for one more than `calls`, or never will be.
    fn is_open_beyond(&self, calls: usize) -> bool;
}

/// One that stands in a line, or is about to. It does not move while it does.
#[derive(Debug)]
pub(super) struct Node {
    state: AtomicUsize,
    /// Rises from the first in line to the last.
    turn: UnsafeCell<Turn>,
    /// There while the node waits.
    entry: UnsafeCell<MaybeUninit<Entry>>,
    _pinned: PhantomPinned,
}

#[derive(Debug)]
struct Entry {
    waker: Waker,
    ahead: Option<NonNull<Node>>,
    behind: Option<NonNull<Node>>,
}

// SAFETY: `entry` is touched only under the lock of the line that the node stands in (rule 1).
unsafe impl Send for Node {}
// SAFETY: as above.
unsafe impl Sync for Node {}

/// Where somebody stands in line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn(u64);

/// Those who wait at one gate.
#[derive(Debug)]
pub struct Line {
    list: Lock<List>,
    /// As the list's: for a glance without the lock.
    calls: AtomicUsize,
}

#[derive(Debug, Default)]
struct List {
    first: Option<NonNull<Node>>,
    last: Option<NonNull<Node>>,
    /// That of who came last.
    turn: Turn,
    /// Whether the gate is marked. It is while anybody waits, and stays so until a call finds
    /// nobody: in an exchange between two that take turns, no step is spent on the mark.
    marked: bool,
    /// Called, and not back yet. Each call stands for one item or place that others leave alone.
    calls: usize,
}

// SAFETY: the list owns no node; it reaches them under its lock only, and a node leaves the list
// before it is freed.
unsafe impl Send for List {}

impl Node {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicUsize::new(WAITING),
            turn: UnsafeCell::new(Turn(0)),
            entry: UnsafeCell::new(MaybeUninit::uninit()),
            _pinned: PhantomPinned,
        }
    }

    fn state(&self) -> usize {
        // [channel.noticed] pairs with [channel.called]: the caller has left the node, and what it
        // calls for is seen.
        self.state.load(Ordering::Acquire)
    }

    /// Touches the entry; `touch` touches no other.
    ///
    /// # Safety
    /// The node is in a list whose lock the caller holds.
    unsafe fn entry<R>(&self, touch: impl FnOnce(&mut Entry) -> R) -> R {
        // SAFETY: a node in a list has an entry, and the lock keeps others from it (rule 1).
        self.entry.with_mut(|entry| touch(unsafe { (*entry).assume_init_mut() }))
    }
}

impl Line {
    pub(super) fn new() -> Self {
        Self { list: Lock::new(List::default()), calls: AtomicUsize::new(0) }
    }

    fn set_calls(&self, list: &mut List, calls: usize) {
        list.calls = calls;
        self.calls.store(calls, Ordering::Relaxed);
    }

    /// Acts under the lock, while the node waits and so is in the list. `None`: it was called.
    fn while_waiting<R>(&self, node: &Node, act: impl FnOnce(&mut List) -> R) -> Option<R> {
        self.list.with(|list| {
            let waits = node.state.load(Ordering::Relaxed) == WAITING;
            waits.then(|| act(list))
        })
    }

    /// Takes the first out of the line, as called.
    fn take_first(&self, list: &mut List) -> Option<Waker> {
        // SAFETY: a node in the list stays where it is.
        let node = unsafe { list.first?.as_ref() };
        // SAFETY: it is in the list.
        let waker = unsafe { list.unlink(node) };
        self.set_calls(list, list.calls + 1);
        // [channel.called] pairs with [channel.noticed]: the node is touched no more, and what is
        // called for is there.
        node.state.store(CALLED, Ordering::Release);
        Some(waker)
    }
}

/// Whether all there is at the gate is for those who were called.
#[inline(always)]
pub(super) fn is_taken(gate: &impl Gate) -> bool {
    // Who has just joined knows all calls up to then; each call that ends later looks who waits.
    let calls = gate.line().calls.load(Ordering::Relaxed);
    calls > 0 && !gate.is_open_beyond(calls)
}

/// Puts the node into the gate's line: behind all others, or at a turn that it had before.
///
/// # Safety
/// The node is new, and stays where it is until [`keep`] or [`leave`] has said that it is gone.
pub(super) unsafe fn join(gate: &impl Gate, node: &Node, waker: Waker, turn: Option<Turn>) {
    gate.line().list.with(|list| {
        if !list.marked {
            gate.mark(true);
            list.marked = true;
        }
        list.insert(node, waker, turn);
    });
}

/// Keeps the place of a node that still waits, and the newer waker. Else the node was called, and
/// is gone: the turn that it had.
pub(super) fn keep(gate: &impl Gate, node: &Node, waker: &Waker) -> Option<Turn> {
    if node.state() == WAITING {
        let mut waker = waker.clone();
        let swap = |entry: &mut Entry| std::mem::swap(&mut entry.waker, &mut waker);
        // SAFETY: the node is in the list. The older waker is dropped after the lock.
        let swapped = gate.line().while_waiting(node, |_| unsafe { node.entry(swap) });
        if swapped.is_some() {
            return None;
        }
    }
    // SAFETY: the node was called, and is the owner's alone.
    Some(node.turn.with_mut(|turn| unsafe { *turn }))
}

/// Takes the node out of the line; it is gone. Whether it had been called before: then whoever
/// leaves must use the call, or pass it on.
#[must_use]
pub(super) fn leave(gate: &impl Gate, node: &Node) -> bool {
    if node.state() == CALLED {
        return true;
    }
    // SAFETY: the node is in the list.
    let unlink = |list: &mut List| unsafe { list.unlink(node) };
    gate.line().while_waiting(node, unlink).is_none()
}

/// Calls the first in line; `false` when nobody waits, and then the mark goes.
pub(super) fn call(gate: &impl Gate) -> bool {
    let line = gate.line();
    let waker = line.list.with(|list| {
        if list.first.is_none() && list.marked {
            gate.mark(false);
            list.marked = false;
        }
        line.take_first(list)
    });
    waker.map(Waker::wake).is_some()
}

/// Who was called has come back, and has taken what there was or not. When there is something
/// beyond what is for others who were called, the first in line is called.
pub(super) fn come_back(gate: &impl Gate) {
    let line = gate.line();
    let waker = line.list.with(|list| {
        line.set_calls(list, list.calls - 1);
        let open = list.first.is_some() && gate.is_open_beyond(list.calls);
        if open { line.take_first(list) } else { None }
    });
    waker.into_iter().for_each(Waker::wake);
}

impl List {
    fn insert(&mut self, node: &Node, waker: Waker, turn: Option<Turn>) {
        let here = Some(NonNull::from(node));
        let (ahead, behind) = turn.map_or((self.last, None), |turn| self.around(turn));
        let turn = turn.unwrap_or_else(|| {
            self.turn.0 += 1;
            self.turn
        });
        // SAFETY: nobody else knows of the node yet.
        node.turn.with_mut(|place| unsafe { *place = turn });
        let entry = Entry { waker, ahead, behind };
        // SAFETY: nobody else knows of the node yet.
        node.entry.with_mut(|place| unsafe { place.cast::<Entry>().write(entry) });
        self.set_behind(ahead, here);
        self.set_ahead(behind, here);
    }

    /// Between whom that turn is. Few are ahead: those who were called in vain too, and came back
    /// sooner.
    fn around(&self, turn: Turn) -> (Option<NonNull<Node>>, Option<NonNull<Node>>) {
        let (mut ahead, mut behind) = (None, self.first);
        while let Some(node) = behind {
            // SAFETY: a node in the list stays where it is.
            let node = unsafe { node.as_ref() };
            // SAFETY: it is in the list, and the lock is held.
            if node.turn.with_mut(|turn| unsafe { *turn }) > turn {
                break;
            }
            ahead = behind;
            // SAFETY: as above.
            behind = unsafe { node.entry(|entry| entry.behind) };
        }
        (ahead, behind)
    }

    /// # Safety
    /// The node is in this list; it is no more afterwards.
    unsafe fn unlink(&mut self, node: &Node) -> Waker {
        // SAFETY: a node in a list has an entry, which is taken out with the node.
        let taken = node.entry.with_mut(|place| unsafe { (*place).assume_init_read() });
        self.set_behind(taken.ahead, taken.behind);
        self.set_ahead(taken.behind, taken.ahead);
        taken.waker
    }

    /// Who stands behind `of`; behind nobody stands the first.
    fn set_behind(&mut self, of: Option<NonNull<Node>>, behind: Option<NonNull<Node>>) {
        match of {
            // SAFETY: neighbours are in the list, and stay where they are.
            Some(node) => unsafe { node.as_ref().entry(|entry| entry.behind = behind) },
            None => self.first = behind,
        }
    }

    /// Who stands ahead of `of`; ahead of nobody stands the last.
    fn set_ahead(&mut self, of: Option<NonNull<Node>>, ahead: Option<NonNull<Node>>) {
        match of {
            // SAFETY: neighbours are in the list, and stay where they are.
            Some(node) => unsafe { node.as_ref().entry(|entry| entry.ahead = ahead) },
            None => self.last = ahead,
        }
    }
}
