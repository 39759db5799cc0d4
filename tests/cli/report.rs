//! `windlass report`: with and without records, and the browser.

use std::fs;
use std::path::Path;
use std::process::Command;

use windlass::kit::measure::contender::Better;
use windlass::kit::measure::record::Group;

use crate::made_up::claims::{against_threads, claim};
use crate::made_up::{four, record, scratch};
use crate::program::{Said, windlass};

/// Makes a report in `dir` of the records that lie there.
fn report(dir: &Path) -> Command {
    let (records, out) = (dir.join("records"), dir.join("report"));
    let mut command = windlass(&["report", "--records"]);
    command.arg(records).arg("--out").arg(out);
    command
}

fn made(name: &str) -> std::path::PathBuf {
    let dir = scratch(name);
    let group = four("the case", Better::Lower, 10.0, 20.0, 13.0);
    record("ring", vec![group]).write(&dir.join("records")).unwrap();
    dir
}

#[test]
fn without_records_it_says_how_to_make_them() {
    let said = Said::from(report(&scratch("cli-none")).output().unwrap());
    assert_eq!((said.code, &*said.stdout), (Some(2), ""), "{said:?}");
    assert!(said.stderr.contains("no usable records in"), "{said:?}");
    assert!(said.stderr.contains("cargo bench"), "{said:?}");
}

#[test]
fn piped_it_has_no_escape_codes_and_fits() {
    let said = Said::from(report(&made("cli-report")).output().unwrap());
    assert_eq!((said.code, &*said.stderr), (Some(0), ""), "{said:?}");
    assert!(!said.stdout.contains('\u{1b}'), "{said:?}");
    let lines = said.stdout.lines().filter(|line| !line.starts_with("report: "));
    assert!(lines.clone().count() > 5, "{said:?}");
    assert!(lines.clone().all(|line| line.chars().count() <= 80), "{said:?}");
    assert!(said.stdout.trim_end().ends_with("index.html"), "{said:?}");
}

/// What `report --check` says of a made-up claim of this group.
fn checked(name: &str, group: Group) -> Said {
    let dir = scratch(name);
    claim("made-up", vec![group]).write(&dir.join("records")).unwrap();
    Said::from(report(&dir).arg("--check").output().unwrap())
}

#[test]
fn the_check_tells_refuted_failed_and_unusable_apart() {
    let holds = || against_threads("a", Better::Lower, 10.0, 30.0);
    let fine = checked("cli-check-holds", holds());
    assert_eq!((fine.code, &*fine.stderr), (Some(0), ""), "{fine:?}");

    let refuted = || against_threads("a", Better::Lower, 30.0, 10.0);
    let wrong = checked("cli-check-refuted", refuted());
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let named = "check: refuted: claim-made-up/a: better than the best that blocks\n";
    assert_eq!(wrong.stderr, named);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-check-refuted");
    let unasked = Said::from(report(&kept).output().unwrap());
    assert_eq!((unasked.code, &*unasked.stderr), (Some(0), ""), "{unasked:?}");

    let mut boundary = refuted();
    boundary.boundary = true;
    assert_eq!(checked("cli-check-boundary", boundary).code, Some(0), "it decides nothing");

    let mut failed = holds();
    failed.contenders[1].failure = Some("reply 7 was wrong".to_owned());
    let failed = checked("cli-check-failed", failed);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("check: claim-made-up/a/thread per connection: reply 7"));

    let mut void = refuted();
    let again = void.contenders[3].values.iter_mut().flatten();
    again.for_each(|value| *value *= 1.2);
    let void = checked("cli-check-void", void);
    assert_eq!((void.code, &*void.stderr), (Some(3), ""), "{void:?}");
}

#[cfg(unix)]
#[test]
fn open_shows_the_page_or_says_why_not() {
    use std::os::unix::fs::PermissionsExt;

    let dir = made("cli-open");
    let programs = dir.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let open = || {
        let output = report(&dir).arg("--open").env("PATH", &programs).output().unwrap();
        Said::from(output)
    };
    let none = open();
    assert_eq!(none.code, Some(1), "{none:?}");
    assert!(none.stderr.contains("index.html yourself"), "{none:?}");
    assert!(dir.join("report/index.html").is_file(), "it is written all the same");

    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let (opener, opened) = (programs.join(opener), dir.join("opened"));
    let script =
        |ends: u8| format!("#!/bin/sh\necho \"$1\" > '{}'\nexit {ends}\n", opened.display());
    for (ends, code) in [(0, 0), (4, 1)] {
        fs::write(&opener, script(ends)).unwrap();
        fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
        let said = open();
        assert_eq!(said.code, Some(code), "{said:?}");
        let address = fs::read_to_string(&opened).unwrap();
        assert!(address.starts_with("file:///") && address.ends_with("index.html\n"), "{address}");
    }
}
