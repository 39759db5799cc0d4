//! What goes on while a thread stands still in the midst of an operation: in the caller's code that
//! an operation runs, or anywhere, stopped by a signal. The claims stand in `docs/progress.md`.

#[path = "progress/gate.rs"]
mod gate;
#[path = "support/runtime.rs"]
mod support;
#[cfg(target_os = "linux")]
#[path = "support/totals.rs"]
mod totals;

#[path = "progress/foreign.rs"]
mod foreign;
#[path = "progress/runtimes.rs"]
mod runtimes;
#[cfg(target_os = "linux")]
#[path = "progress/stopped.rs"]
mod stopped;
#[cfg(target_os = "linux")]
#[path = "progress/victims.rs"]
mod victims;
#[path = "progress/workflow.rs"]
mod workflow;
