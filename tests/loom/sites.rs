//! Which atomic calls of `src` the models reach, and the one that is changed while auditing.
//!
//! The state belongs to the thread that explores: under loom all threads of a model are that one.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::panic::Location;

use loom::sync::atomic::Ordering;

/// One atomic call of a file in `src`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    /// From the package's root: `src/ring/slot.rs`.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) call: String,
    pub(crate) order: String,
    /// That of a failing compare-exchange, else empty.
    pub(crate) failure: String,
}

/// A site, changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutant {
    pub(crate) site: Site,
    pub(crate) change: Change,
}

/// What can be done to one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The ordering, for a compare-exchange that of success.
    Order(Ordering),
    /// The ordering of a failing compare-exchange.
    Failure(Ordering),
    /// A fence is left out.
    Drop,
    /// A read-modify-write becomes a load and a store.
    Split,
    /// A compare-exchange fails although it found what it expected: for each thread the first one
    /// of an execution.
    Spurious,
    /// A compare-exchange may fail on an older value.
    Stale,
}

/// How the call is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) order: Ordering,
    pub(crate) failure: Ordering,
    pub(crate) dropped: bool,
    pub(crate) split: bool,
    /// A compare-exchange fails, whatever it finds, if it is this thread's [`first_failure`].
    pub(crate) spurious: bool,
    /// A compare-exchange may fail on an older value.
    pub(crate) stale: bool,
}

#[derive(Default)]
struct Exploring {
    mutant: Option<Mutant>,
    stale: bool,
    /// By the address of the caller's place: the change that is to be made there.
    known: HashMap<usize, Option<Change>>,
    reached: Vec<Site>,
    /// loom's threads whose compare-exchange has failed for no reason in this execution.
    failed: HashSet<loom::thread::ThreadId>,
}

thread_local! {
    static EXPLORING: RefCell<Exploring> = RefCell::default();
}

/// Sets this thread's door up for the next model.
pub(crate) fn set_up(mutant: Option<Mutant>, stale: bool) {
    let exploring = Exploring { mutant, stale, ..Exploring::default() };
    EXPLORING.set(exploring);
}

/// Another execution begins.
pub(crate) fn begin() {
    EXPLORING.with_borrow_mut(|exploring| exploring.failed.clear());
}

/// A compare-exchange is about to fail for no reason: whether it is this thread's first one in this
/// execution.
pub(crate) fn first_failure() -> bool {
    let thread = loom::thread::current().id();
    EXPLORING.with_borrow_mut(|exploring| exploring.failed.insert(thread))
}

/// The sites reached on this thread since it was set up, each once.
pub(crate) fn reached() -> BTreeSet<Site> {
    EXPLORING.with_borrow(|exploring| exploring.reached.iter().cloned().collect())
}

/// An atomic call is about to be made by the caller.
#[track_caller]
pub(crate) fn tell(call: &'static str, order: Ordering, failure: Option<Ordering>) -> Told {
    let place = Location::caller();
    let plain = failure.unwrap_or(Ordering::Relaxed);
    let mut told =
        Told { order, failure: plain, dropped: false, split: false, spurious: false, stale: false };
    EXPLORING.with_borrow_mut(|exploring| {
        told.stale = exploring.stale;
        let key = std::ptr::from_ref(place).addr();
        let change = match exploring.known.get(&key) {
            Some(change) => *change,
            None => exploring.meet(key, site(place, call, order, failure)),
        };
        match change {
            Some(Change::Order(weaker)) => told.order = weaker,
            Some(Change::Failure(weaker)) => told.failure = weaker,
            Some(Change::Drop) => told.dropped = true,
            Some(Change::Split) => told.split = true,
            Some(Change::Spurious) => told.spurious = true,
            Some(Change::Stale) => told.stale = true,
            None => {}
        }
    });
    told
}

impl Exploring {
    #[cold]
    fn meet(&mut self, key: usize, site: Option<Site>) -> Option<Change> {
        let mutant = self.mutant.as_ref();
        let change = mutant.filter(|mutant| site.as_ref() == Some(&mutant.site));
        let change = change.map(|mutant| mutant.change);
        self.known.insert(key, change);
        self.reached.extend(site);
        change
    }
}

#[cold]
fn site(
    place: &Location<'_>,
    call: &str,
    order: Ordering,
    failure: Option<Ordering>,
) -> Option<Site> {
    let (_, file) = place.file().split_once("../src/")?;
    Some(Site {
        file: format!("src/{file}"),
        line: place.line(),
        column: place.column(),
        call: call.to_owned(),
        order: format!("{order:?}"),
        failure: failure.map_or_else(String::new, |failure| format!("{failure:?}")),
    })
}

impl Site {
    /// Every way in which the site can be made weaker by one step.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = match self.order.as_str() {
            "SeqCst" => vec![Change::Order(Ordering::AcqRel)],
            "AcqRel" => vec![Change::Order(Ordering::Acquire), Change::Order(Ordering::Release)],
            "Acquire" | "Release" => vec![Change::Order(Ordering::Relaxed)],
            _ => vec![],
        };
        if self.failure == "Acquire" {
            changes.push(Change::Failure(Ordering::Relaxed));
        }
        match self.call.as_str() {
            "fence" => changes.push(Change::Drop),
            "load" | "store" => {}
            _ => changes.push(Change::Split),
        }
        if !self.failure.is_empty() {
            changes.extend([Change::Spurious, Change::Stale]);
        }
        changes
    }

    /// Whether the language allows what the change does: then no model may fail. A failing
    /// compare-exchange may read an older value, and only one that is not weak needs a reason.
    pub(crate) fn allows(&self, change: Change) -> bool {
        match change {
            Change::Stale => true,
            Change::Spurious => self.call != "compare_exchange",
            Change::Order(_) | Change::Failure(_) | Change::Drop | Change::Split => false,
        }
    }

    /// As one word, which [`Site::from_word`] reads.
    pub(crate) fn to_word(&self) -> String {
        let Self { file, line, column, call, order, failure } = self;
        format!("{file}|{line}|{column}|{call}|{order}|{failure}")
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        let parts: Vec<&str> = word.split('|').collect();
        let [file, line, column, call, order, failure] = parts[..] else {
            return None;
        };
        Some(Self {
            file: file.to_owned(),
            line: line.parse().ok()?,
            column: column.parse().ok()?,
            call: call.to_owned(),
            order: order.to_owned(),
            failure: failure.to_owned(),
        })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, call, order, failure } = self;
        write!(f, "{file}:{line}:{column} {call} {order}")?;
        if failure.is_empty() { Ok(()) } else { write!(f, "/{failure}") }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(weaker) => write!(f, "to {weaker:?}"),
            Self::Failure(weaker) => write!(f, "failure to {weaker:?}"),
            Self::Drop => f.write_str("left out"),
            Self::Split => f.write_str("split"),
            Self::Spurious => f.write_str("fails spuriously"),
            Self::Stale => f.write_str("fails stale"),
        }
    }
}
