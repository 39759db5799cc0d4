//! Runs last (cargo runs bench targets alphabetically): prints the summary and where the page is.

fn main() -> std::process::ExitCode {
    windlass_benches::report_main()
}
