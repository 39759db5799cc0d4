//! Changes that no model answers, each with the reason.

/// One change that the models cannot see.
pub(crate) struct Explained {
    /// The call's label, or `file call` where it has none.
    pub(crate) label: &'static str,
    /// The change, as the audit writes it.
    pub(crate) change: &'static str,
    pub(crate) reason: &'static str,
}

/// The reason of two: the models know the task and the ring apart.
const QUEUE_LEFT: &str = "who enqueues an idle task must know that it was popped, or a ring sized \
    for all tasks may look full to it; no model puts a ring of one place under tasks";

pub(crate) const EXPLAINED: &[Explained] = &[
    Explained {
        label: "src/reactor/readiness.rs fetch_or",
        change: "split",
        reason: "a socket is opened after its predecessor's close and before it is registered, so \
                 nobody else changes the word: late events fail on the generation",
    },
    Explained { label: "task.wake", change: "to Release", reason: QUEUE_LEFT },
    Explained { label: "task.close", change: "to Relaxed", reason: QUEUE_LEFT },
];
