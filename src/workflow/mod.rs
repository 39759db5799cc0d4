//! What a service is built of that acknowledges now and works later.
//!
//! Each part stands alone and has an example of its own. Those that wait do so as futures on a runtime,
//! and have twins for threads where that makes sense. `docs/workflow.md` says how they fit together.
