//! Processes that fork: what a child does not inherit, and a child that goes on without `exec`.

use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};

use futures_util::io::AsyncReadExt;
use windlass::Runtime;
use windlass::net::{TcpListener, TcpStream};
use windlass::spawn;
use windlass::time::sleep;

use crate::loopback::{alone, bounded, pair, runtime};

/// A process's descriptors, by number, and what they lead to.
fn held_by(process: &str) -> io::Result<Vec<(OsString, String)>> {
    let mut held = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{process}/fd"))? {
        let entry = entry?;
        // What the process opens and closes meanwhile may be gone again.
        let Ok(to) = std::fs::read_link(entry.path()) else { continue };
        held.push((entry.file_name(), to.to_string_lossy().into_owned()));
    }
    Ok(held)
}

#[test]
fn a_child_process_inherits_no_descriptor_of_a_runtime() {
    // Whoever started this process may have left it some that children inherit, too.
    let before = held_by("self").expect("/proc");
    let runtime = runtime(1);
    bounded(&runtime, async {
        // An address of this test's own, so that nobody else takes the port.
        let listener = TcpListener::bind("127.0.0.79:0")?;
        let address = listener.local_addr()?;
        let client = TcpStream::connect(address).await?;
        let (server, _) = listener.accept().await?;
        // It lives until its input ends.
        let mut child = Command::new("cat");
        child.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = child.spawn()?;
        let mut held = held_by(&child.id().to_string())?;
        held.retain(|descriptor| !before.contains(descriptor));
        let is_ours = |(_, to): &&(OsString, String)| {
            to.starts_with("socket:") || to.ends_with("[eventfd]") || to.ends_with("[eventpoll]")
        };
        assert_eq!(held.iter().find(is_ours), None, "{held:?}");
        // So the connection ends with its one owner, and the port is free.
        drop(server);
        assert_eq!(client.read(&mut [0]).await?, 0);
        drop((listener, client));
        TcpListener::bind(address)?;
        drop(child.stdin.take());
        assert!(child.wait()?.success());
        Ok(())
    });
}

/// Tasks, a timer and a socket of this runtime.
fn works(runtime: &Runtime) {
    bounded(runtime, async {
        let (client, server) = pair().await?;
        let echo = spawn(async move {
            let mut buffer = [0; 8];
            let len = server.read(&mut buffer).await?;
            sleep(std::time::Duration::from_millis(2)).await;
            server.write_all(&buffer[..len]).await?;
            io::Result::Ok(())
        });
        client.write_all(b"ahoy").await?;
        let mut buffer = [0; 4];
        (&client).read_exact(&mut buffer).await?;
        assert_eq!(&buffer, b"ahoy");
        echo.await.expect("no panic")
    });
}

#[test]
fn a_forked_child_has_a_runtime_of_its_own_and_leaves_its_parents_alone() {
    if !alone("forked::a_forked_child_has_a_runtime_of_its_own_and_leaves_its_parents_alone") {
        return;
    }
    let parents = runtime(2);
    works(&parents);
    // SAFETY: the C library keeps its allocator usable in the child of a threaded process, and the
    // child takes no other lock that a thread it has lost might have held.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "{}", io::Error::last_os_error());
    if child == 0 {
        // SAFETY: the call takes a number. It ends a child that hangs.
        unsafe { libc::alarm(20) };
        // The parent's runtime has no threads here: it is neither used nor dropped.
        let worked = catch_unwind(AssertUnwindSafe(|| works(&runtime(1)))).is_ok();
        // SAFETY: the call takes a number, and runs nothing of the parent's.
        unsafe { libc::_exit(i32::from(!worked)) };
    }
    // Beside the child, and after its end.
    works(&parents);
    let mut status = 0;
    // SAFETY: the child is this process's, and the status lives across the call.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0, "the child failed, or hung");
    works(&parents);
}
