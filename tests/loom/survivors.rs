//! Changes that no model answers, each with the reason.

/// One change that the models cannot see.
pub(crate) struct Explained {
    /// The call's label, or `file call` where it has none.
    pub(crate) label: &'static str,
    /// The change, as the audit writes it.
    pub(crate) change: &'static str,
    pub(crate) reason: &'static str,
}

pub(crate) const EXPLAINED: &[Explained] = &[Explained {
    label: "src/reactor/readiness.rs fetch_or",
    change: "split",
    reason: "a socket is opened after its predecessor's close and before it is registered, so \
             nobody else changes the word: late events fail on the generation",
}];
