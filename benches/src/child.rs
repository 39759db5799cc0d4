//! What only a fresh process can measure: this program, started again.

use std::env;
use std::process::{Command, ExitCode};

/// Tells a child what it is to measure.
const VARIABLE: &str = "WINDLASS_BENCH_CHILD";

/// Starts this program again to measure one contender once; what is asked for are words that
/// [`answer`] understands. What it says are numbers.
///
/// # Errors
/// The child's own message; or what it said in place of numbers.
pub fn ask(words: &str) -> Result<Vec<f64>, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.env(VARIABLE, words);
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

/// Measures and prints, where this process is a child made for that: `measured` gets the kind of
/// measurement, the number of tasks, and the contender's name.
pub fn answer(
    measured: impl FnOnce(&str, usize, &str) -> Result<Vec<f64>, String>,
) -> Option<ExitCode> {
    let wanted = env::var(VARIABLE).ok()?;
    let words = |text: &str| {
        let (kind, rest) = text.split_once(' ')?;
        let (tasks, name) = rest.split_once(' ')?;
        Some((kind.to_owned(), tasks.parse::<usize>().ok()?, name.to_owned()))
    };
    let numbers = match words(&wanted) {
        Some((kind, tasks, name)) => measured(&kind, tasks, &name),
        None => Err(format!("{VARIABLE}={wanted}; right is \"memory 100000 windlass\"")),
    };
    Some(match numbers {
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
