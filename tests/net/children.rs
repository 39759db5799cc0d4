//! Child processes: their ends, what they say, and that nobody kills them.

use std::io;
use std::pin::pin;
use std::process::{Command, Stdio};

use futures_util::poll;
use windlass::process::{output, wait};
use windlass::spawn;

use crate::loopback::{bounded, runtime};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn each_child_is_waited_for_and_tells_how_it_ended() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let mut tasks = Vec::new();
        for code in 0..10 {
            let script = format!("read line; exit {code}");
            let mut child = shell(&script).stdin(Stdio::piped()).spawn()?;
            // `wait` closes the child's input, which it waits for.
            tasks.push(spawn(async move { wait(&mut child).await }));
        }
        for (code, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.expect("no panic")?.code(), Some(code as i32));
        }
        Ok(())
    });
}

#[test]
fn who_stops_waiting_kills_nobody() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let mut child = shell("sleep 0.05; exit 5").spawn()?;
        assert!(poll!(pin!(wait(&mut child))).is_pending());
        assert_eq!(wait(&mut child).await?.code(), Some(5));
        Ok(())
    });
}

#[test]
fn output_takes_both_streams_at_once_and_keeps_a_bounded_part() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        // Each is more than a pipe holds: read one after the other, they would wait for ever.
        let script = "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero; exit 7";
        let said = output(&mut shell(script), 250_000).await?;
        assert_eq!(said.status.code(), Some(7));
        assert_eq!((said.stdout.len(), said.stderr.len()), (250_000, 250_000));
        let said = output(&mut shell("cat; echo out; echo err >&2"), 1024).await?;
        assert_eq!((&said.stdout[..], &said.stderr[..]), (&b"out\n"[..], &b"err\n"[..]));
        let missing = output(&mut Command::new("/no/such/program"), 1).await.unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        Ok(())
    });
}
