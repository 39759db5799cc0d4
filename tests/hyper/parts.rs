//! The adapters alone.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use std::{future::poll_fn, io, thread};

use futures_io::AsyncRead;
use futures_util::io::Cursor;
use hyper::rt::{Executor as _, Read, ReadBuf, Sleep, Timer as _, Write};
use windlass::hyper::{Executor, Io, Timer};
use windlass::{CorePlan, Runtime};

use crate::support::{BOUND, Counted, runtime};

/// What one read puts behind what is in the buffer already.
async fn read(io: &mut (impl Read + Unpin), room: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![std::mem::MaybeUninit::uninit(); room + 2];
    let mut buffer = ReadBuf::uninit(&mut buffer);
    buffer.unfilled().put_slice(b">>");
    poll_fn(|cx| Pin::new(&mut *io).poll_read(cx, buffer.unfilled())).await?;
    Ok(buffer.filled().to_vec())
}

#[test]
fn a_read_goes_behind_what_is_there_and_never_beyond_the_room() {
    let runtime = runtime(1);
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n * 7) as u8).collect();
    runtime.block_on(async {
        for room in [1, 2, 5, 4096, 65_535, 65_536, 65_537, 150_000, 300_000] {
            let mut io = Io::new(Cursor::new(bytes.clone()));
            let mut all = Vec::new();
            loop {
                let got = read(&mut io, room).await.expect("no error");
                let (before, came) = got.split_at(2);
                assert_eq!(before, b">>");
                assert!(came.len() <= room, "{} bytes for a room of {room}", came.len());
                if came.is_empty() {
                    break;
                }
                all.extend_from_slice(came);
                if room < 10 && all.len() > 100 {
                    break;
                }
            }
            assert!(all[..] == bytes[..all.len()], "room {room}");
            assert!(room < 10 || all.len() == bytes.len(), "room {room}: {} bytes", all.len());
        }
    });
}

/// A stream that reads through an `Io` of its own, as one over another protocol may.
struct Through(Io<Cursor<Vec<u8>>>);

impl AsyncRead for Through {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        to.fill(b'!');
        let mut inside = ReadBuf::new(to);
        ready!(Pin::new(&mut self.0).poll_read(cx, inside.unfilled()))?;
        Poll::Ready(Ok(inside.filled().len()))
    }
}

#[test]
fn an_io_inside_an_io_reads_the_same() {
    let runtime = runtime(1);
    let got = runtime.block_on(async {
        let mut io = Io::new(Through(Io::new(Cursor::new(b"inside".to_vec()))));
        read(&mut io, 100).await.expect("no error")
    });
    assert_eq!(got, b">>inside");
}

#[test]
fn hyper_is_told_whether_several_buffers_go_at_once() {
    assert!(Io::new(Cursor::new(vec![0])).is_write_vectored());
    let mut gathered = Io::gathered(Cursor::new(vec![0]));
    assert!(!gathered.is_write_vectored());
    gathered.get_mut().set_position(1);
    assert_eq!(gathered.get_ref().position(), 1);
    assert_eq!(gathered.into_inner().into_inner(), [0]);
}

#[test]
fn what_hyper_executes_runs_as_a_task() {
    let runtime = runtime(2);
    let count = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let (say, said) = windlass::channel::oneshot();
        let counted = Counted(count.clone());
        Executor.execute(async move {
            drop(counted);
            say.send(thread::current().id()).expect("the test waits");
        });
        said.await.expect("it ran");
    });
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_refused_at_tasks_max_is_dropped_at_once() {
    let runtime = Runtime::builder().workers(1).cores(CorePlan::None).tasks_max(1);
    let runtime = runtime.build().expect("a runtime");
    let count = Arc::new(AtomicUsize::new(0));
    let only = runtime.spawn(std::future::pending::<()>());
    runtime.block_on(async {
        let counted = Counted(count.clone());
        Executor.execute(async move { drop(counted) });
        assert_eq!(count.load(Ordering::SeqCst), 1, "dropped when execute returns");
    });
    only.abort();
}

async fn sleeps(sleep: &mut Pin<Box<dyn Sleep>>) -> Duration {
    let begun = Instant::now();
    let slept = windlass::time::timeout(BOUND, sleep.as_mut()).await;
    assert!(slept.is_ok(), "still asleep after {BOUND:?}");
    begun.elapsed()
}

#[test]
fn sleeps_end_when_they_should_and_can_be_moved_in_place() {
    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(3600);
    let runtime = runtime(1);
    runtime.block_on(async {
        assert!(sleeps(&mut Timer.sleep(SHORT)).await >= SHORT);
        assert!(sleeps(&mut Timer.sleep_until(Timer.now() + SHORT)).await >= SHORT / 2);
        assert!(sleeps(&mut Timer.sleep_until(Timer.now())).await < LONG);

        // Earlier, after it was polled.
        let mut sleep = Timer.sleep(LONG);
        assert!(futures_util::poll!(sleep.as_mut()).is_pending());
        let before: *const () = (&raw const *sleep).cast();
        Timer.reset(&mut sleep, Timer.now() + SHORT);
        assert_eq!(before, (&raw const *sleep).cast(), "no new allocation");
        sleeps(&mut sleep).await;

        // Later, after it has ended.
        Timer.reset(&mut sleep, Timer.now() + LONG);
        assert!(futures_util::poll!(sleep.as_mut()).is_pending());

        // Another timer's sleep is replaced.
        let mut foreign: Pin<Box<dyn Sleep>> = Box::pin(Never);
        Timer.reset(&mut foreign, Timer.now() + SHORT);
        sleeps(&mut foreign).await;
    });
}

/// Another timer's sleep.
struct Never;

impl Sleep for Never {}

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
