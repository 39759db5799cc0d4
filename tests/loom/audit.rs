//! The ordering audit: each site of `src` is made weaker by one step, and some model must fail.

use std::collections::BTreeSet;
use std::fmt;

use crate::explore::Variant;
use crate::pool::in_parallel;
use crate::sites::{Change, Site, SiteNumber};
use crate::survivors::{EXPLAINED, Explained};

/// A model that held, and what exploring it showed.
pub(crate) struct Held {
    pub(crate) variant: Variant,
    pub(crate) executions: usize,
    pub(crate) reached: BTreeSet<SiteNumber>,
}

/// One site, changed.
#[derive(Clone)]
pub(crate) struct Mutant {
    number: SiteNumber,
    pub(crate) site: Site,
    /// The call's label, or the call itself where it has none.
    pub(crate) label: String,
    pub(crate) change: Change,
}

/// What became of it.
pub(crate) struct Audited {
    pub(crate) mutant: Mutant,
    pub(crate) fate: Fate,
}

pub(crate) enum Fate {
    /// The model that failed, in which execution, and how.
    Killed { model: String, execution: usize, said: String },
    Explained(&'static Explained),
    Survived,
}

impl Fate {
    /// Whether only the limit of loom's branches ended the model.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::Killed { said, .. } if is_limit(said))
    }
}

fn is_limit(said: &str) -> bool {
    said.contains("maximum number of branches")
}

/// Every mutant of every site.
pub(crate) fn mutants(sites: &[Site], label: impl Fn(&Site) -> String) -> Vec<Mutant> {
    let of = |(number, site): (SiteNumber, &Site)| {
        let (site, label) = (site.clone(), label(site));
        let changes = site.changes().into_iter();
        changes.map(move |change| {
            let (site, label) = (site.clone(), label.clone());
            Mutant { number, site, label, change }
        })
    };
    sites.iter().enumerate().flat_map(of).collect()
}

/// Explores each mutant with the models that reach its site, the shortest first, until one fails.
pub(crate) fn audit(mutants: Vec<Mutant>, held: &mut [Held]) -> Vec<Audited> {
    held.sort_by_key(|held| held.executions);
    let held = &*held;
    in_parallel(mutants, |mutant| {
        let fate = fate(&mutant, held);
        Audited { mutant, fate }
    })
}

fn fate(mutant: &Mutant, held: &[Held]) -> Fate {
    let explained = EXPLAINED.iter().find(|explained| explained.covers(mutant));
    let mut limit = None;
    for held in held.iter().filter(|held| held.reached.contains(&mutant.number)) {
        let explored = held.variant.explore(Some((mutant.number, mutant.change)));
        let Some(said) = explored.failure else { continue };
        let (model, execution) = (held.variant.name(), explored.executions);
        let killed = Fate::Killed { model, execution, said };
        if killed.is_limit() {
            limit.get_or_insert(killed);
            continue;
        }
        return killed;
    }
    match (limit, explained) {
        (_, Some(explained)) => Fate::Explained(explained),
        (Some(limit), None) => limit,
        (None, None) => Fate::Survived,
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}: {}", self.label, self.site, self.change)
    }
}
