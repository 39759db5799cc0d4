//! `windlass bench`: measures claims, keeps the records, writes the report.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::kit::claims::run::{self, Wish};
use crate::kit::report::{self, text::cut};

use super::bench_args::BenchArgs;
use super::bench_progress::Progress;
use super::bench_result::BenchResult;
use super::exit::{self, Failed, INTERRUPTED};
use super::interrupt;

pub(super) fn run(args: &BenchArgs) -> Result<ExitCode, Failed> {
    if args.list {
        say(&list(args));
        return Ok(ExitCode::SUCCESS);
    }
    if cfg!(debug_assertions) {
        eprintln!("windlass: a debug build: its figures are worth nothing (cargo build --release)");
    }
    interrupt::watch("dropping the group that runs; what was measured is kept")?;
    let (claims, profile) = (args.claims(), args.profile());
    let (records, out) = args.directories();
    let wish = Wish {
        claims: claims.clone(),
        profile,
        rounds: args.rounds,
        records: &records,
        command: args.command(),
        tree: Path::new(env!("CARGO_MANIFEST_DIR")),
    };
    let mut progress = Progress::new(&claims, profile);
    let finished = run::run(&wish, &mut |claim, step| {
        progress.tell(claim, step);
        !interrupt::pressed()
    });
    progress.end();
    let finished = finished.map_err(Failed::new)?;
    if finished.measured.is_empty() && finished.stopped {
        eprintln!("windlass: nothing was measured yet, the report stays as it is");
        return Ok(ExitCode::from(INTERRUPTED));
    }
    let built = report::build(&records, &out).map_err(Failed::new)?;
    let result = BenchResult::new(&claims, &finished, &built.results, &built.address);
    say(&match args.json {
        true => result.json() + "\n",
        false => format!("{}report: {}\n", result.table(), built.address),
    });
    Ok(ended(args, &result))
}

fn ended(args: &BenchArgs, result: &BenchResult) -> ExitCode {
    if result.stopped {
        return ExitCode::from(INTERRUPTED);
    }
    let failed = if args.check { result.check() } else { Vec::new() };
    ExitCode::from(exit::judged(result.is_unusable(), &failed))
}

fn list(args: &BenchArgs) -> String {
    let claims = args.claims();
    if args.json {
        let claims: Vec<_> = claims.iter().map(|claim| claim.text()).collect();
        return json!({ "format": "windlass-claims", "schema": 1, "claims": claims }).to_string()
            + "\n";
    }
    let line = |id: &str, title: &str| format!("{id:<24}{}\n", cut(title, 55));
    claims.iter().map(|claim| line(claim.id, claim.title)).collect()
}

/// Fails only if nobody reads it.
fn say(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}
