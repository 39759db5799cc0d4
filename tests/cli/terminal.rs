//! What is drawn on a terminal, and what NO_COLOR takes away: by `script`, which makes one.

use std::process::Command;

use crate::made_up::scratch;
use crate::program::{Said, serve};

/// Runs `windlass` with `arguments` on a terminal; `None` where there is no `script`.
fn on_a_terminal(arguments: &str, variable: Option<(&str, &str)>) -> Option<Said> {
    let line = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_windlass"));
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env("TERM", "xterm").envs(variable).stdin(std::process::Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        if variable.is_none_or(|(given, _)| given != name) {
            command.env_remove(name);
        }
    }
    match command.output() {
        Ok(output) => Some(output.into()),
        Err(_) => {
            eprintln!("skipped: no script here, which makes a terminal");
            None
        }
    }
}

/// Sequences that set a colour or a face, not those that move the cursor.
fn is_styled(text: &str) -> bool {
    text.split("\u{1b}[").skip(1).any(|rest| {
        rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    })
}

#[test]
fn a_terminal_gets_colours_unless_no_color_is_set() {
    let Some(styled) = on_a_terminal("load", None) else { return };
    assert!(is_styled(&styled.stdout), "{styled:?}");
    let set = on_a_terminal("load", Some(("NO_COLOR", "1"))).unwrap();
    assert!(!is_styled(&set.stdout) && set.stdout.contains("<URL>"), "{set:?}");
    let never = on_a_terminal("load --color never", None).unwrap();
    assert!(!is_styled(&never.stdout), "{never:?}");
    let doctor = on_a_terminal("doctor", None).unwrap();
    assert!(is_styled(&doctor.stdout), "{doctor:?}");
    let doctor = on_a_terminal("doctor", Some(("NO_COLOR", "1"))).unwrap();
    assert!(!is_styled(&doctor.stdout), "{doctor:?}");
}

#[test]
fn a_terminal_gets_a_bar() {
    let server = serve();
    let load = format!("load http://{}/hello -c 2 -d 1s --warm-up 0", server.addr());
    let Some(loaded) = on_a_terminal(&load, Some(("NO_COLOR", "1"))) else { return };
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    assert!(loaded.stdout.contains("closed loop for 1s over 2 connections"), "{loaded:?}");
    assert!(loaded.stdout.contains('\u{1b}') && !is_styled(&loaded.stdout), "{loaded:?}");

    let out = scratch("cli-bench-bar");
    let bench = format!("bench non-blocking --quick --rounds 1 --out '{}'", out.display());
    let benched = on_a_terminal(&bench, None).unwrap();
    // A busy machine may be too noisy to judge.
    assert!(matches!(benched.code, Some(0 | 3)), "{benched:?}");
    assert!(benched.stdout.contains(" left: 1/1 non-blocking/"), "{benched:?}");
    assert!(!is_styled(&benched.stdout), "{benched:?}");
}
