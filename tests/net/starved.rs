//! Descriptors that run out while connections come.

use std::fs::File;
use std::io;
use std::net;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use windlass::net::{TcpListener, TcpStream};
use windlass::spawn;
use windlass::time::sleep;

use crate::loopback::{BOUND, alone, bounded, runtime};

/// From now on no new descriptor of this process has a number as high as that.
fn limit(below: libc::rlim_t) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the calls write and read the limit, which lives across them.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = below;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
}

/// Takes every descriptor that is left.
fn take_all() -> Vec<File> {
    limit(64);
    let mut taken = Vec::new();
    loop {
        match File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(error) if error.raw_os_error() == Some(libc::EMFILE) => return taken,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn accept_pauses_longer_and_longer_and_takes_what_waited_without_a_new_event() {
    if !alone("starved::accept_pauses_longer_and_longer_and_takes_what_waited_without_a_new_event")
    {
        return;
    }
    let runtime = runtime(1);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let connect = |_| net::TcpStream::connect(address).expect("room in the backlog");
        let clients: Vec<_> = (0..4).map(connect).collect();
        let mut taken = take_all();
        let (begun, mut lacks) = (Instant::now(), 0);
        let lacking = |error: &io::Error| {
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            lacks += 1;
            if lacks == 4 {
                taken.clear();
            }
        };
        let (_first, peer) = listener.accept_telling(lacking).await?;
        assert_eq!(peer, clients[0].local_addr()?);
        assert_eq!(lacks, 4);
        assert!(begun.elapsed() >= Duration::from_millis(5 + 10 + 20 + 40), "no pauses");
        for client in &clients[1..] {
            let (_stream, peer) = listener.accept_telling(|error| panic!("{error}")).await?;
            assert_eq!(peer, client.local_addr()?);
        }
        Ok(())
    });
}

#[test]
fn a_stream_of_connections_goes_on_after_a_lack() {
    if !alone("starved::a_stream_of_connections_goes_on_after_a_lack") {
        return;
    }
    let runtime = runtime(2);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let taken = take_all();
        let (over, is_over) = mpsc::channel();
        let gives_up = spawn(async move {
            sleep(Duration::from_millis(30)).await;
            over.send(()).expect("somebody looks");
            drop(taken);
        });
        let mut incoming = listener.incoming();
        assert!(incoming.next().await.is_some_and(|accepted| accepted.is_ok()));
        is_over.try_recv().expect("there was no lack");
        gives_up.await.expect("no panic");
        Ok(())
    });
}

#[test]
fn who_waits_for_descriptors_on_a_runtime_that_ends_waits_no_longer() {
    if !alone("starved::who_waits_for_descriptors_on_a_runtime_that_ends_waits_no_longer") {
        return;
    }
    let runtime = runtime(1);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let _client = net::TcpStream::connect(listener.local_addr().expect("one")).expect("backlog");
    let (lacks, lacked) = mpsc::channel();
    let (ended, ends) = mpsc::channel();
    let handle = runtime.handle().clone();
    let acceptor = std::thread::spawn(move || {
        handle.block_on(async {
            listener.readable().await.expect("a runtime");
            limit(0);
            let tells = |_: &io::Error| lacks.send(()).expect("somebody waits");
            ended.send(listener.accept_telling(tells).await.map(drop)).expect("somebody waits");
        });
    });
    for _ in 0..2 {
        lacked.recv_timeout(BOUND).expect("no descriptor is left");
    }
    drop(runtime);
    let error = ends.recv_timeout(BOUND).expect("it ends").unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
    acceptor.join().expect("no panic");
    // What looks at a process at its end (a sanitizer does) reads files.
    limit(64);
}
