//! Changes that no model answers, each with the reason.

use crate::audit::Mutant;

/// One change that the models cannot see.
pub(crate) struct Explained {
    /// The call's label, or `file call` where it has none.
    pub(crate) label: &'static str,
    /// The change, as the audit writes it.
    pub(crate) change: &'static str,
    pub(crate) reason: &'static str,
}

impl Explained {
    pub(crate) fn covers(&self, mutant: &Mutant) -> bool {
        self.label == mutant.label && self.change == mutant.change.to_string()
    }
}

pub(crate) const EXPLAINED: &[Explained] = &[];
