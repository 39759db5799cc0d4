//! The windlass binary: see `windlass --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    windlass::kit::cli::run(std::env::args_os())
}
