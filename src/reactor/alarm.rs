//! Where the kernel has no timers with descriptors: the wait itself is bounded, in milliseconds.

use std::{io, time::Duration};

use mio::{Registry, Token};

pub(super) struct Alarm;

impl Alarm {
    pub(super) fn new(_registry: &Registry, _token: Token) -> io::Result<Self> {
        Ok(Self)
    }

    /// The timeout that the wait needs: the time `left`.
    pub(super) fn set(&mut self, left: Duration) -> Option<Duration> {
        Some(left)
    }

    pub(super) fn rang(&mut self) {}
}
