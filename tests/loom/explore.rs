//! Runs a model through all its executions, counts them, and says how it failed if it did.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::budget;
use crate::sites::{self, Mutant, Site};

/// A part of a model, run by a thread of its own or by the model's first thread.
pub(crate) type Role = Box<dyn FnOnce()>;

/// One model: its body is run once for each execution, with the number of the turn.
#[derive(Clone, Copy)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    /// The least number of executions, for each turn: from turn to turn the roles change places.
    pub(crate) at_least: &'static [usize],
    /// As `at_least`, with compare-exchanges that may fail on an older value.
    pub(crate) at_least_stale: &'static [usize],
    /// How often a thread may be interrupted in one execution; `None`: as often as can be.
    pub(crate) preemptions_max: Option<usize>,
    pub(crate) body: fn(usize),
}

/// A model with a turn chosen.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) model: Model,
    pub(crate) turn: usize,
    pub(crate) stale: bool,
    pub(crate) at_least: usize,
}

/// What exploring a variant gave.
pub(crate) struct Explored {
    pub(crate) executions: usize,
    pub(crate) took_ms: u128,
    pub(crate) reached: BTreeSet<Site>,
    pub(crate) failure: Option<String>,
}

impl Model {
    /// Two interruptions of a thread at most, and no older values.
    pub(crate) const fn new(
        name: &'static str,
        at_least: &'static [usize],
        body: fn(usize),
    ) -> Self {
        Self { name, at_least, at_least_stale: &[], preemptions_max: Some(2), body }
    }

    pub(crate) const fn stale(mut self, at_least: &'static [usize]) -> Self {
        self.at_least_stale = at_least;
        self
    }

    pub(crate) const fn preemptions(mut self, max: Option<usize>) -> Self {
        self.preemptions_max = max;
        self
    }

    pub(crate) fn variants(self) -> impl Iterator<Item = Variant> {
        let of = move |stale: bool, floors: &'static [usize]| {
            let variant = move |(turn, &at_least)| Variant { model: self, turn, stale, at_least };
            floors.iter().enumerate().map(variant)
        };
        of(false, self.at_least).chain(of(true, self.at_least_stale))
    }
}

impl Variant {
    pub(crate) fn name(&self) -> String {
        let stale = if self.stale { ", stale" } else { "" };
        format!("{} (turn {}{stale})", self.model.name, self.turn)
    }

    /// Runs through every execution, with one site of `src` changed or none.
    pub(crate) fn explore(&self, mutant: Option<Mutant>) -> Explored {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.model.preemptions_max;
        builder.max_branches = 2_000;
        FIRST_SAID.take();
        let executions = Arc::new(AtomicUsize::new(0));
        let (counted, body, turn) = (executions.clone(), self.model.body, self.turn);
        sites::set_up(mutant, self.stale);
        let began = Instant::now();
        let checked = catch_unwind(AssertUnwindSafe(|| {
            builder.check(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                sites::begin();
                // To the system all threads of a model are one: what executors of an execution
                // before have left of its budget must not be the next one's.
                std::mem::forget(budget::lift());
                body(turn);
            });
        }));
        let executions = executions.load(Ordering::Relaxed);
        Explored {
            executions,
            took_ms: began.elapsed().as_millis(),
            reached: sites::reached(),
            failure: checked.err().map(|payload| said(payload.as_ref())),
        }
    }
}

/// Runs the roles side by side: the last of them on the calling thread. `turn` rotates them, so
/// that each is the last in one of the turns.
pub(crate) fn together<const N: usize>(turn: usize, mut roles: [Role; N]) {
    roles.rotate_left(turn % N);
    let mut roles = Vec::from(roles);
    let last = roles.pop();
    let threads: Vec<_> = roles.into_iter().map(loom::thread::spawn).collect();
    last.into_iter().for_each(|role| role());
    for thread in threads {
        if thread.join().is_err() {
            panic!("a role panicked");
        }
    }
}

thread_local! {
    static FIRST_SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics quiet, and hands the first of each exploration to `report`.
pub(crate) fn keep_panics_quiet(report: fn(&str)) {
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let said = format!("{}, at {place}", text(info.payload()));
        FIRST_SAID.with_borrow_mut(|first| {
            if first.is_none() {
                report(&said);
                *first = Some(said);
            }
        });
    }));
}

fn said(payload: &(dyn Any + Send)) -> String {
    FIRST_SAID.take().unwrap_or_else(|| text(payload))
}

fn text(payload: &(dyn Any + Send)) -> String {
    let said = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    said.unwrap_or("a panic without words").trim().replace('\n', " ")
}
