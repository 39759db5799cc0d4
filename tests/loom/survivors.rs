//! Changes that no model answers, each with the reason.

/// One change that the models cannot see.
pub(crate) struct Explained {
    /// The call's label, or `file call` where it has none.
    pub(crate) label: &'static str,
    /// The change, as the audit writes it.
    pub(crate) change: &'static str,
    pub(crate) reason: &'static str,
}

/// The reason of four: the models are told no speed.
const LONGER_WAY: &str = "a failure without a cause takes the way of a change meanwhile, which is \
    right but longer (the general step of a handle that goes, a wake that only looks again): \
    strong for speed, where the machine's own exchange can fail so";

pub(crate) const EXPLAINED: &[Explained] = &[
    Explained {
        label: "src/reactor/readiness.rs fetch_or",
        change: "split",
        reason: "a socket is opened after its predecessor's close and before it is registered, so \
                 nobody else changes the word: late events fail on the generation",
    },
    Explained { label: "task.left_new", change: "fails spuriously", reason: LONGER_WAY },
    Explained { label: "task.left", change: "fails spuriously", reason: LONGER_WAY },
    Explained { label: "wake_cell.hold", change: "fails spuriously", reason: LONGER_WAY },
    Explained { label: "wake_cell.stored", change: "fails spuriously", reason: LONGER_WAY },
];
