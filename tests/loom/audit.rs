//! The ordering audit: each site of `src` is made weaker by one step, and some model must fail.

use std::collections::BTreeSet;
use std::io;

use crate::sites::{Mutant, Site};
use crate::survivors::{EXPLAINED, Explained};
use crate::worker::{Worker, in_parallel};

/// A variant that held, and what exploring it showed.
pub(crate) struct Held {
    pub(crate) number: usize,
    pub(crate) name: String,
    pub(crate) executions: usize,
    pub(crate) reached: BTreeSet<Site>,
}

/// What became of a mutant.
pub(crate) struct Audited {
    pub(crate) mutant: Mutant,
    pub(crate) fate: Fate,
}

pub(crate) enum Fate {
    /// The model that failed, and how.
    Killed {
        model: String,
        said: String,
    },
    /// No model fails in a way of its own; the branch limit may have ended one.
    Explained(&'static Explained),
    /// The language allows it, and so many models hold with it.
    Borne(usize),
    /// The language allows it, and this model fails.
    NotBorne {
        model: String,
        said: String,
    },
    /// Only the limit of loom's branches ended this model.
    Limit(String),
    Survived,
}

/// Every mutant of every site.
pub(crate) fn mutants(sites: &BTreeSet<Site>) -> Vec<Mutant> {
    let of = |site: &Site| {
        let site = site.clone();
        let changes = site.changes().into_iter();
        changes.map(move |change| Mutant { site: site.clone(), change })
    };
    sites.iter().flat_map(of).collect()
}

/// Explores each mutant with the models that reach its site, the shortest first, until one fails.
pub(crate) fn audit(
    mutants: Vec<Mutant>,
    mut held: Vec<Held>,
    label: impl Fn(&Site) -> String + Sync,
) -> io::Result<Vec<Audited>> {
    held.sort_by_key(|held| held.executions);
    in_parallel(mutants, |worker, mutant| {
        let fate = fate(worker, &mutant, &held, &label(&mutant.site))?;
        Ok(Audited { mutant, fate })
    })
}

fn fate(worker: &mut Worker, mutant: &Mutant, held: &[Held], label: &str) -> io::Result<Fate> {
    if mutant.site.allows(mutant.change) {
        return borne(worker, mutant, held);
    }
    let mut limit = None;
    for held in held.iter().filter(|held| held.reached.contains(&mutant.site)) {
        let Some(said) = worker.explore(held.number, Some(mutant))?.failure else {
            continue;
        };
        let model = held.name.clone();
        if said.contains("maximum number of branches") {
            limit.get_or_insert(model);
            continue;
        }
        return Ok(Fate::Killed { model, said });
    }
    let change = mutant.change.to_string();
    let mut explained = EXPLAINED.iter();
    Ok(match explained.find(|known| known.label == label && known.change == change) {
        Some(explained) => Fate::Explained(explained),
        None => limit.map_or(Fate::Survived, Fate::Limit),
    })
}

/// Explanations that no change has needed.
pub(crate) fn unused(audited: &[Audited]) -> Vec<String> {
    let needs = |audited: &Audited, known: &Explained| match audited.fate {
        Fate::Explained(it) => (it.label, it.change) == (known.label, known.change),
        _ => false,
    };
    let unused = EXPLAINED.iter().filter(|known| !audited.iter().any(|one| needs(one, known)));
    unused
        .map(|Explained { label, change, .. }| {
            format!("[{label}] {change}: explained in tests/loom/survivors.rs, and need not be")
        })
        .collect()
}

/// How many executions, unchanged, the models have together that must hold with a change that the
/// language allows: the shortest ones, and one at least.
const BORNE_EXECUTIONS: usize = 2_000;

fn borne(worker: &mut Worker, mutant: &Mutant, held: &[Held]) -> io::Result<Fate> {
    let (mut models, mut executions) = (0, 0);
    // One that explores a single execution shows nothing.
    let explore = |held: &&Held| held.executions > 1 && held.reached.contains(&mutant.site);
    for held in held.iter().filter(explore) {
        executions += held.executions;
        if models > 0 && executions > BORNE_EXECUTIONS {
            break;
        }
        if let Some(said) = worker.explore(held.number, Some(mutant))?.failure {
            return Ok(Fate::NotBorne { model: held.name.clone(), said });
        }
        models += 1;
    }
    Ok(Fate::Borne(models))
}
