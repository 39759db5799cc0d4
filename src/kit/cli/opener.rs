//! Shows a page in the browser, by the program that the system has for that.

use std::io;
use std::process::{Command, Stdio};

/// The program that opens an address.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Opens `address`.
///
/// # Errors
/// There is no such program, or it failed: what to do instead.
pub(super) fn open(address: &str) -> Result<(), String> {
    let mut command = Command::new(OPENER);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{OPENER} failed ({status}); open {address} yourself")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("there is no {OPENER} here to open a page by; open {address} yourself"))
        }
        Err(error) => Err(format!("{OPENER} does not run: {error}; open {address} yourself")),
    }
}
