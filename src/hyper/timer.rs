//! hyper's timeouts on the runtime's timers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use ::hyper::rt;

use crate::time;

/// Counts hyper's timeouts (of heads, of keep-alive) by the clock of the runtime in which the
/// connection is polled.
///
/// # Panics
/// As [`sleep`](crate::time::sleep()), where hyper polls it outside a runtime with a reactor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

/// A sleep as hyper knows it.
struct Sleep(time::Sleep);

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl rt::Timer for Timer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(time::sleep(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep(time::sleep_until(deadline)))
    }

    fn now(&self) -> Instant {
        time::sleep(Duration::ZERO).deadline()
    }

    /// Moves the deadline in place, without a new allocation, unless the sleep is another timer's.
    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(own) => own.get_mut().0.reset(deadline),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}
