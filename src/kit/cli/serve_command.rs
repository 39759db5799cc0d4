//! `windlass serve`: serves until it is told to stop, then ends in order.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Sender};
use std::thread;

use crate::kit::serve::{self, ServeConfig, ServeError};

use super::exit::Failed;
use super::interrupt;
use super::serve_args::ServeArgs;

/// Open files beside those of the connections.
const FILES_BESIDE: u64 = 64;

/// What tells the server to stop.
enum Stop {
    Signal,
    StdinClosed,
}

pub(super) fn run(args: &ServeArgs) -> Result<(), Failed> {
    let config = args.config().map_err(failed)?;
    let drain = config.drain;
    let (stop, stopped) = mpsc::channel();
    let on_signal = stop.clone();
    interrupt::at_first(move || {
        // Fails only if the server has stopped already.
        let _ = on_signal.send(Stop::Signal);
    })?;
    raise_open_files(&config);
    let server = serve::start(config).map_err(failed)?;
    let (addr, model) = (server.addr(), server.model());
    // A starter that reads this line and goes must not end the server: a closed output is fine.
    let _ = writeln!(io::stdout(), "listening on http://{addr} (model {model}, Ctrl-C stops)");
    if args.until_stdin_closes {
        let watch = thread::Builder::new().name("windlass-stdin".into());
        watch.spawn(|| stop_on_end(stop)).map_err(Failed::new)?;
    }
    let why = match stopped.recv() {
        Ok(Stop::StdinClosed) => "standard input closed",
        Ok(Stop::Signal) | Err(_) => "signal received",
    };
    eprintln!("windlass: {why}: running requests have {drain:?} to end; Ctrl-C again ends at once");
    match server.stop().cut {
        0 => eprintln!("windlass: stopped"),
        cut => eprintln!("windlass: stopped; {cut} connections were still busy and were cut"),
    }
    Ok(())
}

fn failed(error: ServeError) -> Failed {
    match error {
        ServeError::Setting { .. }
        | ServeError::Runtime { .. }
        | ServeError::Service { usage: true, .. } => Failed::usage(error),
        _ => Failed::new(error),
    }
}

/// Raises the soft limit of open files towards the hard one, as far as the connections need it.
/// A server whose limit stays lower works all the same: it accepts further connections as others
/// end.
fn raise_open_files(config: &ServeConfig) {
    let each = 1 + u64::from(config.downstream.is_some());
    let wanted = (config.connections_max as u64).saturating_mul(each) + FILES_BESIDE;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(allowed) if allowed >= wanted => {}
        Ok(allowed) => eprintln!(
            "windlass: the system allows {allowed} open files; {} connections may need {wanted} \
             (raise ulimit -Hn, or lower --connections-max)",
            config.connections_max
        ),
        Err(error) => eprintln!("windlass: cannot raise the limit of open files: {error}"),
    }
}

fn stop_on_end(stop: Sender<Stop>) {
    let mut buffer = [0; 256];
    let mut stdin = io::stdin().lock();
    loop {
        match stdin.read(&mut buffer) {
            Ok(bytes) if bytes > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => break,
        }
    }
    // Fails only if the server has stopped already.
    let _ = stop.send(Stop::StdinClosed);
}
