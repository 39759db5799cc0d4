//! Signals, each test in a process of its own: what was listened to once stays changed.

use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, poll};
use windlass::signal::{Signal, Signals, ctrl_c, terminate};
use windlass::spawn;
use windlass::time::timeout;

use crate::loopback::{alone, bounded, runtime};

/// Sends a signal to this process, and returns when it is handled.
fn raise(signal: Signal) {
    // SAFETY: the call takes a number only.
    assert_eq!(unsafe { libc::raise(signal.number()) }, 0);
}

#[test]
fn a_signal_wakes_whoever_waits_for_it_and_nobody_else() {
    if !alone("signals::a_signal_wakes_whoever_waits_for_it_and_nobody_else") {
        return;
    }
    let runtime = runtime(2);
    bounded(&runtime, async {
        let mut users = Signals::new(&[Signal::USER_1, Signal::USER_2])?;
        let mut hang_ups = Signals::new(&[Signal::HANG_UP, Signal::USER_2])?;
        {
            let mut next = pin!(users.next());
            assert!(poll!(next.as_mut()).is_pending());
            raise(Signal::USER_1);
            assert_eq!(next.await?, Signal::USER_1);
        }
        let early = timeout(Duration::from_millis(5), hang_ups.next()).await;
        assert!(early.is_err(), "{early:?}");
        raise(Signal::USER_2);
        assert_eq!(StreamExt::next(&mut users).await.expect("without end")?, Signal::USER_2);
        assert_eq!(hang_ups.next().await?, Signal::USER_2);
        Ok(())
    });
}

#[test]
fn of_signals_that_come_in_masses_none_is_lost_altogether() {
    if !alone("signals::of_signals_that_come_in_masses_none_is_lost_altogether") {
        return;
    }
    let runtime = runtime(1);
    bounded(&runtime, async {
        let mut signals = Signals::new(&[Signal::USER_1, Signal::TERMINATE])?;
        // More than a pipe holds.
        for _ in 0..100_000 {
            raise(Signal::USER_1);
        }
        raise(Signal::TERMINATE);
        let came = [signals.next().await?, signals.next().await?];
        assert_eq!(came, [Signal::USER_1, Signal::TERMINATE]);
        let more = timeout(Duration::from_millis(5), signals.next()).await;
        assert!(more.is_err(), "{more:?}");
        raise(Signal::USER_1);
        assert_eq!(signals.next().await?, Signal::USER_1);
        Ok(())
    });
}

#[test]
fn ctrl_c_and_terminate_are_heard_from_the_call_on() {
    if !alone("signals::ctrl_c_and_terminate_are_heard_from_the_call_on") {
        return;
    }
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (interrupted, terminated) = (ctrl_c(), terminate());
        raise(Signal::INTERRUPT);
        raise(Signal::TERMINATE);
        interrupted.await?;
        spawn(terminated).await.expect("no panic")?;
        // Nobody listens any more, and still it does not end the process.
        raise(Signal::TERMINATE);
        Ok(())
    });
}

#[test]
fn signals_that_cannot_be_listened_to_are_refused() {
    for number in [libc::SIGKILL, libc::SIGSTOP, libc::SIGSEGV, 0, -1, 65, 1000] {
        let error = Signals::new(&[Signal::new(number)]).unwrap_err();
        assert!(error.to_string().contains(&format!("signal {number} ")), "{error}");
    }
}
