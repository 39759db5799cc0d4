//! A child's end, and what it said.

use std::future::poll_fn;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::task::Poll;

use crate::net::Async;
use crate::signal::{Signal, Signals};

/// How much is read of a pipe at a time.
const PIECE_BYTES: usize = 8192;

/// Waits until `child` ends; closes its standard input first, as the standard library does. Cancel
/// safe: the child can be waited for again.
///
/// # Errors
/// The kernel's; and when called outside a runtime.
pub async fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    drop(child.stdin.take());
    // Listens before it looks: an end in between is told.
    let mut ends = Signals::new(&[Signal::CHILD])?;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        ends.next().await?;
    }
}

/// Runs `command` to its end, without standard input, and returns what it said: of standard output
/// and standard error the first `bytes_max` bytes each; the rest is read and dropped. Starting a
/// process blocks the worker for a moment (the kernel's `fork` and `exec`).
///
/// Dropping the future leaves the child running, and unwaited for when it ends: as with the
/// standard library, it stays in the process table until this process ends.
///
/// # Errors
/// The kernel's: not found, no more processes; and when called outside a runtime.
pub async fn output(command: &mut Command, bytes_max: usize) -> io::Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdout = read(child.stdout.take().map(OwnedFd::from), bytes_max);
    let stderr = read(child.stderr.take().map(OwnedFd::from), bytes_max);
    let (stdout, stderr) = both(stdout, stderr).await;
    let status = wait(&mut child).await?;
    Ok(Output { status, stdout: stdout?, stderr: stderr? })
}

async fn read(pipe: Option<OwnedFd>, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(pipe) = pipe else { return Ok(kept) };
    let pipe = Async::new(PipeReader::from(pipe))?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match pipe.read(&mut piece).await? {
            0 => return Ok(kept),
            len => kept.extend_from_slice(&piece[..len.min(bytes_max - kept.len())]),
        }
    }
}

/// What two futures say, which wait at the same time.
async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(said) = one.as_mut().poll(cx)
        {
            first = Some(said);
        }
        if second.is_none()
            && let Poll::Ready(said) = other.as_mut().poll(cx)
        {
            second = Some(said);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (left, right) => {
                (first, second) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}
