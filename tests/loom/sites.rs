//! Which atomic calls of `src` the models reach, and the one that is changed while auditing.
//!
//! The state belongs to the thread that explores a model; several explore at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use loom::sync::atomic::Ordering;

/// One atomic call of a file in `src`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    /// From the package's root: `src/ring/slot.rs`.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) call: &'static str,
    pub(crate) order: Ordering,
    pub(crate) failure: Option<Ordering>,
}

/// A site by its number in [`sites`].
pub(crate) type SiteNumber = usize;

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
}

/// How the call is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) order: Ordering,
    pub(crate) failure: Ordering,
    pub(crate) dropped: bool,
    pub(crate) split: bool,
    /// A compare-exchange may fail on an older value.
    pub(crate) stale: bool,
}

#[derive(Default)]
struct Exploring {
    mutant: Option<(SiteNumber, Change)>,
    stale: bool,
    known: HashMap<usize, Option<SiteNumber>>,
    reached: BTreeSet<SiteNumber>,
}

thread_local! {
    static EXPLORING: RefCell<Exploring> = RefCell::default();
}

static SITES: Mutex<Vec<Site>> = Mutex::new(Vec::new());

/// Sets this thread's door up for the next model.
pub(crate) fn set_up(mutant: Option<(SiteNumber, Change)>, stale: bool) {
    EXPLORING.with_borrow_mut(|exploring| {
        exploring.mutant = mutant;
        exploring.stale = stale;
        exploring.reached.clear();
    });
}

/// The sites reached on this thread since it was set up.
pub(crate) fn reached() -> BTreeSet<SiteNumber> {
    EXPLORING.with_borrow(|exploring| exploring.reached.clone())
}

/// Every site reached so far, by any thread.
pub(crate) fn sites() -> Vec<Site> {
    SITES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// An atomic call is about to be made by the caller.
#[track_caller]
pub(crate) fn tell(call: &'static str, order: Ordering, failure: Option<Ordering>) -> Told {
    let place = Location::caller();
    let plain = failure.unwrap_or(Ordering::Relaxed);
    let mut told = Told {
        order,
        failure: plain,
        dropped: false,
        split: false,
        stale: false,
    };
    EXPLORING.with_borrow_mut(|exploring| {
        told.stale = exploring.stale;
        let number = *exploring
            .known
            .entry(std::ptr::from_ref(place).addr())
            .or_insert_with(|| number(place, call, order, failure));
        let Some(number) = number else { return };
        exploring.reached.insert(number);
        if let Some((mutant, change)) = exploring.mutant
            && mutant == number
        {
            match change {
                Change::Order(weaker) => told.order = weaker,
                Change::Failure(weaker) => told.failure = weaker,
                Change::Drop => told.dropped = true,
                Change::Split => told.split = true,
            }
        }
    });
    told
}

fn number(
    place: &Location<'_>,
    call: &'static str,
    order: Ordering,
    failure: Option<Ordering>,
) -> Option<SiteNumber> {
    let (_, file) = place.file().split_once("../src/")?;
    let (file, line, column) = (format!("src/{file}"), place.line(), place.column());
    let site = Site {
        file,
        line,
        column,
        call,
        order,
        failure,
    };
    let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(number) = sites.iter().position(|known| *known == site) {
        return Some(number);
    }
    sites.push(site);
    Some(sites.len() - 1)
}

impl Site {
    /// Every way in which the site can be made weaker by one step.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let mut changes: Vec<Change> = match self.order {
            Ordering::SeqCst => vec![Change::Order(Ordering::AcqRel)],
            Ordering::AcqRel => {
                vec![
                    Change::Order(Ordering::Acquire),
                    Change::Order(Ordering::Release),
                ]
            }
            Ordering::Acquire | Ordering::Release => vec![Change::Order(Ordering::Relaxed)],
            _ => vec![],
        };
        if self.failure == Some(Ordering::Acquire) {
            changes.push(Change::Failure(Ordering::Relaxed));
        }
        match self.call {
            "fence" => changes.push(Change::Drop),
            "load" | "store" => {}
            _ => changes.push(Change::Split),
        }
        changes
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{} {} {:?}",
            self.file, self.line, self.column, self.call, self.order
        )?;
        match self.failure {
            Some(failure) => write!(f, "/{failure:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(weaker) => write!(f, "to {weaker:?}"),
            Self::Failure(weaker) => write!(f, "failure to {weaker:?}"),
            Self::Drop => f.write_str("left out"),
            Self::Split => f.write_str("split"),
        }
    }
}
