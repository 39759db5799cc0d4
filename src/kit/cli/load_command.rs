//! `windlass load`: makes load on a service, and says what came of it.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::kit::load::{LoadClient, LoadError, LoadOutcome, Rate, Window};

use super::exit::{FAILED, Failed, INTERRUPTED};
use super::interrupt;
use super::load_args::LoadArgs;
use super::load_result::{LoadResult, Made};

/// Open files beside those of the connections.
const FILES_BESIDE: u64 = 32;

/// How often the time left is shown anew.
const TICK: Duration = Duration::from_millis(500);

/// No generator is so late: whether it fell behind is judged by the result, which is shown anyway.
const LATE_MAX: Duration = Duration::from_secs(86_400);

/// How long requests that wait for a free connection have after the end: then they are dropped.
const OVERTIME: Duration = Duration::from_secs(2);

pub(super) fn run(args: &LoadArgs) -> Result<ExitCode, Failed> {
    let addr = args.url.resolve().map_err(Failed::new)?;
    let config = args.config(addr)?;
    allow_files(config.connections)?;
    interrupt::watch("ending the load: the requests on their way are awaited")?;
    let mut client = LoadClient::connect(config.clone()).map_err(failed)?;
    if !args.warm_up.is_zero() {
        measure(&mut client, args, args.warm_up)?;
    }
    let checked = LoadArgs::checked(&config);
    let outcome = shown(args, &checked, || measure(&mut client, args, args.duration))?;
    let interrupted = interrupt::pressed();
    let made = Made {
        url: args.url.shown(),
        method: args.method(),
        rate: args.rate,
        close: args.close,
        checked,
        interrupted,
    };
    let result = LoadResult::new(made, &config, &outcome);
    let text = if args.json { result.json() + "\n" } else { result.table() };
    // Fails only if nobody reads it.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Ok(match (interrupted, result.is_right()) {
        (true, _) => ExitCode::from(INTERRUPTED),
        (false, true) => ExitCode::SUCCESS,
        (false, false) => ExitCode::from(FAILED),
    })
}

fn measure(
    client: &mut LoadClient,
    args: &LoadArgs,
    time: Duration,
) -> Result<LoadOutcome, Failed> {
    let window = match args.rate {
        None => Window::Time(time),
        Some(per_s) => {
            let (late_max, overtime) = (LATE_MAX, OVERTIME);
            Window::Rate(Rate { per_s, time, late_max, overtime, ..Rate::default() })
        }
    };
    client.run_until(window, &interrupt::pressed).map_err(failed)
}

fn failed(error: LoadError) -> Failed {
    match error {
        LoadError::Setting { what } => Failed::usage(what),
        other => Failed::new(other),
    }
}

/// Says on standard error what begins now, on a terminal with the time that has passed.
fn shown<T>(args: &LoadArgs, checked: &str, work: impl FnOnce() -> T) -> T {
    let (time, connections) = (args.duration, args.connections);
    let rate = args.rate.map_or("closed loop".to_owned(), |rate| format!("{rate}/s"));
    let begins = format!("{rate} for {time:?} over {connections} connections, {checked}");
    if !io::stderr().is_terminal() {
        eprintln!("measuring: {begins}");
        return work();
    }
    let bar = ProgressBar::new_spinner().with_message(begins);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    let done = work();
    bar.finish_and_clear();
    done
}

/// Raises the limit of open files as far as the connections need it.
fn allow_files(connections: usize) -> Result<(), Failed> {
    let wanted = connections as u64 + FILES_BESIDE;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed < wanted => Err(Failed::usage(format!(
            "{connections} connections need {wanted} open files, and the system allows {allowed}: \
             raise ulimit -Hn, or lower --connections"
        ))),
        // What cannot be asked may still be allowed.
        Ok(_) | Err(_) => Ok(()),
    }
}
