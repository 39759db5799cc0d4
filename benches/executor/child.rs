//! What only a fresh process can measure: this program, started again.

use std::env;
use std::process::{Command, ExitCode};

use crate::{memory, system_calls};

/// Says what a child is to measure: the kind, the number of tasks, and the contender's name.
const VARIABLE: &str = "WINDLASS_BENCH_CHILD";

/// Starts this program again to measure one contender once. What it says are numbers.
pub(crate) fn ask(kind: &str, name: &str, tasks: usize) -> Result<Vec<f64>, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.env(VARIABLE, format!("{kind} {tasks} {name}"));
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Result<Vec<f64>, _> = said.split_whitespace().map(str::parse).collect();
    match numbers {
        Ok(numbers) if output.status.success() => Ok(numbers),
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            let (status, error) = (output.status, error.trim());
            Err(format!("the measuring process: {status}, {error}"))
        }
    }
}

/// Measures and prints, where this process is a child made for that.
pub(crate) fn run() -> Option<ExitCode> {
    let wanted = env::var(VARIABLE).ok()?;
    Some(match measured(&wanted) {
        Ok(numbers) => {
            numbers.iter().for_each(|number| println!("{number}"));
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    })
}

fn measured(wanted: &str) -> Result<Vec<f64>, String> {
    let wrong = || format!("{VARIABLE}={wanted}; right is \"memory 100000 windlass\"");
    let (kind, rest) = wanted.split_once(' ').ok_or_else(wrong)?;
    let (tasks, name) = rest.split_once(' ').ok_or_else(wrong)?;
    let tasks = tasks.parse().map_err(|_| wrong())?;
    match kind {
        memory::KIND => memory::measured(name, tasks),
        system_calls::KIND => system_calls::measured(name, tasks),
        _ => Err(wrong()),
    }
}
