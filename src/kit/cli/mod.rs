//! The command line of the windlass binary.
//!
//! Results go to standard output, errors to standard error. Exit codes: 0 fine, 1 failed, 2 wrong
//! arguments.

mod report_args;
mod compare_args;
mod times;
mod slow_args;
mod orders_args;
mod serve_args;
mod serve_command;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::compare_args::CompareArgs;
use self::report_args::ReportArgs;
use self::serve_args::ServeArgs;
use crate::kit::report;
use crate::kit::serve::ServeError;
use crate::kit::stage::letters;

/// The windlass binary: benchmark servers, and the report of what `cargo bench` measured.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the hello service (GET /hello, GET /wait/N, POST /echo), the slow one, or orders
    Serve(Box<ServeArgs>),
    /// Write the report anew from the records that `cargo bench` left
    Report(ReportArgs),
    /// What changed, beyond noise, between two runs or two builds
    Compare(Box<CompareArgs>),
}

/// Runs the command that `arguments` (the name of the binary first) give: the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // An experiment's own process, and no command.
    if let Some(code) = letters::told() {
        return code;
    }
    let result = match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Command::Serve(args) }) => serve_command::run(&args),
        Ok(Arguments { command: Command::Report(args) }) => {
            return report::command(args.records, args.out);
        }
        Ok(Arguments { command: Command::Compare(args) }) => return args.run(),
        Err(error) => {
            // Fails only if nobody reads the output: then nobody is left to be told.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("windlass: {error}");
            match error.downcast_ref() {
                Some(
                    ServeError::Setting { .. }
                    | ServeError::Runtime { .. }
                    | ServeError::Service { usage: true, .. },
                ) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}
