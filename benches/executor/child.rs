//! What only a fresh process can measure here.

use std::process::ExitCode;

use windlass_benches::child;

use crate::{memory, system_calls};

/// Starts this program again to measure one contender once. What it says are numbers.
pub(crate) fn ask(kind: &str, name: &str, tasks: usize) -> Result<Vec<f64>, String> {
    child::ask(&format!("{kind} {tasks} {name}"))
}

/// Measures and prints, where this process is a child made for that.
pub(crate) fn run() -> Option<ExitCode> {
    child::answer(|kind, tasks, name| match kind {
        memory::KIND => memory::measured(name, tasks),
        system_calls::KIND => system_calls::measured(name, tasks),
        _ => Err(format!("{kind}: nothing of this kind is measured here")),
    })
}
