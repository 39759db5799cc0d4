//! The command line as a person or a script meets it: processes, what they print, exit codes.

#[allow(dead_code, reason = "it is made for the report's tests, which use all of it")]
mod made_up;

#[path = "cli/program.rs"]
mod program;

#[path = "cli/words.rs"]
mod words;

#[path = "cli/load.rs"]
mod load;

#[path = "cli/pause.rs"]
mod pause;

#[path = "cli/doctor.rs"]
mod doctor;

#[path = "cli/report.rs"]
mod report;

#[cfg(unix)]
#[path = "cli/bench.rs"]
mod bench;

#[cfg(target_os = "linux")]
#[path = "cli/terminal.rs"]
mod terminal;
