//! The claims about asynchronism, held against this machine: `windlass bench`, as a bench target.

use std::env;
use std::process::ExitCode;

use windlass::kit::cli;
use windlass::kit::stage::binary;

fn main() -> ExitCode {
    if binary::is_told() {
        return cli::run(env::args_os());
    }
    windlass_benches::claims_main()
}
