//! Help, wrong arguments, completions, colours.

use std::process::Command;

use crate::program::{said, windlass};

const COMMANDS: [&str; 7] =
    ["bench", "compare", "serve", "load", "report", "doctor", "completions"];

#[test]
fn every_command_has_help() {
    let all = said(&["--help"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    for command in COMMANDS {
        assert!(all.stdout.contains(&format!("  {command}")), "{command}: {all:?}");
        for help in [[command, "--help"], [command, "-h"], ["help", command]] {
            let said = said(&help);
            assert_eq!((said.code, &*said.stderr), (Some(0), ""), "{help:?}");
            let usage = format!("Usage: windlass {command}");
            assert!(said.stdout.contains(&usage), "{help:?}: {said:?}");
        }
    }
    // What a script needs to know stands in the long help.
    for command in ["bench", "load", "doctor"] {
        assert!(said(&[command, "--help"]).stdout.contains("Exit code"), "{command}");
    }
    assert!(said(&["--version"]).stdout.starts_with("windlass "));
}

#[test]
fn wrong_arguments_say_what_would_be_right() {
    let address = "http://127.0.0.1:1/";
    for (arguments, named) in [
        (&["laod"][..], "load"),
        (&["load"], "<URL>"),
        (&["load", "https://127.0.0.1/"], "http://HOST:PORT/PATH"),
        (&["load", "http://127.0.0.1:99999/"], "http://127.0.0.1:8080/hello"),
        (&["load", "http://a b/"], "%20"),
        (&["load", address, "--rate", "0"], "1.."),
        (&["load", address, "--rate", "-5"], "--rate"),
        (&["load", address, "--rate", "fast"], "--rate"),
        (&["load", address, "--connections", "0"], "1..=60000"),
        (&["load", address, "--connections", "60001"], "1..=60000"),
        (&["load", address, "--duration", "10"], "200ms, 3s"),
        (&["load", address, "--method", "put"], "get, post"),
        (&["load", address, "--expect", "99"], "200"),
        (&["load", address, "--conections", "5"], "--connections"),
        (&["doctor", "--jsno"], "--json"),
        (&["report", "--opne"], "--open"),
        (&["completions", "bsh"], "bash, elvish, fish, powershell, zsh"),
        (&["completions"], "<SHELL>"),
        (&["doctor", "--color", "blue"], "auto, always, never"),
    ] {
        let said = said(arguments);
        assert_eq!((said.code, &*said.stdout), (Some(2), ""), "{arguments:?}: {said:?}");
        assert!(said.stderr.contains(named), "{arguments:?}: no {named} in {said:?}");
    }
}

#[test]
fn shells_get_their_completions() {
    for (shell, present) in [
        ("bash", "complete -F _windlass"),
        ("zsh", "#compdef windlass"),
        ("fish", "complete -c windlass"),
    ] {
        let said = said(&["completions", shell]);
        assert_eq!((said.code, &*said.stderr), (Some(0), ""), "{shell}");
        assert!(said.stdout.contains(present), "{shell}: {:.300}", said.stdout);
        for command in COMMANDS {
            assert!(said.stdout.contains(command), "{shell}: no {command}");
        }
        if Command::new(shell).arg("--version").output().is_err() {
            eprintln!("skipped: no {shell} here to read it");
            continue;
        }
        let read = Command::new(shell).args(["-n", "-c", &said.stdout]).output();
        let read = read.expect("it was here a moment ago");
        assert!(read.status.success(), "{shell}: {read:?}");
    }
}

#[test]
fn pipes_get_no_colour_unless_they_are_told_to() {
    let escape = '\u{1b}';
    let wrong = |color: &[&str], variable: Option<(&str, &str)>| {
        let mut command = windlass(&["load"]);
        command.args(color).envs(variable);
        String::from_utf8(command.output().expect("the binary runs").stderr).expect("text")
    };
    assert!(!wrong(&[], None).contains(escape));
    assert!(!wrong(&["--color", "never"], Some(("CLICOLOR_FORCE", "1"))).contains(escape));
    assert!(wrong(&["--color", "always"], None).contains(escape));
    assert!(wrong(&["--color", "always"], Some(("NO_COLOR", "1"))).contains(escape), "asked last");
    assert!(wrong(&[], Some(("CLICOLOR_FORCE", "1"))).contains(escape));
    assert!(!wrong(&["--color=never"], None).contains(escape));
}
