//! Starts the windlass binary, and takes what it says.

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use windlass::kit::load::{ServerProcess, UNTIL_STDIN_CLOSES};

/// What a finished process said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// The binary with these arguments, free of what the tests' own environment says of colours.
pub(crate) fn windlass(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub(crate) fn said(arguments: &[&str]) -> Said {
    windlass(arguments).output().expect("the binary runs").into()
}

/// A server of the hello service.
pub(crate) fn serve() -> ServerProcess {
    let command = ["serve", "--port", "0", "--workers", "2", UNTIL_STDIN_CLOSES];
    let mut command = windlass(&command);
    command.stderr(Stdio::null());
    ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"))
}

/// Sends the signal `name` to the process `id`.
pub(crate) fn signal(id: u32, name: &str) {
    let kill = format!("kill -{name} {id}");
    let status = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
    assert!(status.success(), "{kill}");
}
