//! The command line of the windlass binary.
//!
//! Results go to standard output, errors and progress to standard error. Exit codes: 0 fine, 1
//! failed, 2 wrong arguments, 3 the machine is too noisy or unfit to judge anything, 130 ended by
//! Ctrl-C.

mod exit;
mod colour;
mod interrupt;
mod opener;
mod report_args;
mod compare_args;
mod doctor_args;
mod times;
mod url;
mod bench_args;
mod bench_progress;
mod bench_result;
mod bench_command;
mod load_args;
mod load_result;
mod load_command;
mod slow_args;
mod orders_args;
mod serve_args;
mod serve_command;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::bench_args::BenchArgs;
use self::compare_args::CompareArgs;
use self::doctor_args::DoctorArgs;
use self::exit::Failed;
use self::load_args::LoadArgs;
use self::report_args::ReportArgs;
use self::serve_args::ServeArgs;
use crate::kit::stage::letters;

/// Does asynchronous execution beat blocking threads? windlass measures it on this machine.
///
/// It serves the same services evented and by blocking threads, makes load on them, and writes a
/// report that says who wins where, and how certain that is.
#[derive(Debug, Parser)]
#[command(name = "windlass", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When output is coloured; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", display_order = 99)]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    Bench(BenchArgs),
    /// Serve the hello service (GET /hello, GET /wait/N, POST /echo), the slow one, or orders
    Serve(Box<ServeArgs>),
    Load(Box<LoadArgs>),
    /// Write the report anew from the records that the benches left
    Report(ReportArgs),
    /// What changed, beyond noise, between two runs or two builds
    Compare(Box<CompareArgs>),
    Doctor(DoctorArgs),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command that `arguments` (the name of the binary first) give: the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // An experiment's own process, and no command.
    if let Some(code) = letters::told() {
        return code;
    }
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    colour::settle(&arguments);
    let ended = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => run_command(arguments.command),
        Err(error) => {
            // Fails only if nobody reads the output: then nobody is left to be told.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    ended.unwrap_or_else(|failed| failed.report())
}

fn run_command(command: Command) -> Result<ExitCode, Failed> {
    match command {
        Command::Bench(args) => bench_command::run(&args),
        Command::Serve(args) => serve_command::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Load(args) => load_command::run(&args),
        Command::Report(args) => report_args::run(args),
        Command::Compare(args) => Ok(args.run()),
        Command::Doctor(args) => Ok(doctor_args::run(&args)),
        Command::Completions { shell } => Ok(completions(shell)),
    }
}

fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "windlass", &mut script);
    // Fails only if nobody reads it.
    let _ = std::io::stdout().write_all(&script);
    ExitCode::SUCCESS
}
