//! Attempts at several addresses, each with a head start before the next.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use crate::net::TcpStream;
use crate::time::{Sleep, sleep};

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// The attempts at one name. Dropping it drops them.
pub(super) struct Race {
    waiting: vec::IntoIter<SocketAddr>,
    running: Vec<(SocketAddr, Connecting)>,
    failed: Vec<(SocketAddr, io::Error)>,
    head_start: Duration,
    /// Of the attempt that began last.
    ahead: Sleep,
}

impl Race {
    pub(super) fn new(addresses: &[SocketAddr], head_start: Duration) -> Self {
        let waiting = in_turn(addresses).into_iter();
        let (running, failed) = (Vec::new(), Vec::new());
        Self { waiting, running, failed, head_start, ahead: sleep(Duration::ZERO) }
    }

    /// The first connection; `None` when every address has failed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<TcpStream>> {
        loop {
            let failed_before = self.failed.len();
            let mut at = 0;
            while let Some((address, connecting)) = self.running.get_mut(at) {
                match connecting.as_mut().poll(cx) {
                    Poll::Pending => at += 1,
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Some(stream)),
                    Poll::Ready(Err(error)) => {
                        self.failed.push((*address, error));
                        drop(self.running.remove(at));
                    }
                }
            }
            if self.waiting.as_slice().is_empty() {
                return if self.running.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            }
            let others_go_on = self.failed.len() == failed_before && !self.running.is_empty();
            if others_go_on && Pin::new(&mut self.ahead).poll(cx).is_pending() {
                return Poll::Pending;
            }
            if let Some(address) = self.waiting.next() {
                self.running.push((address, Box::pin(TcpStream::connect(address))));
                self.ahead = sleep(self.head_start);
            }
        }
    }

    /// What became of each address, at the end of the race or of its time.
    pub(super) fn into_failed(self) -> Vec<(SocketAddr, io::Error)> {
        let late = |said| move |address| (address, io::Error::new(io::ErrorKind::TimedOut, said));
        let running = self.running.into_iter().map(|(address, _)| address);
        let unanswered = running.map(late("no answer in time"));
        let untried = self.waiting.map(late("the time was over before its turn"));
        self.failed.into_iter().chain(unanswered).chain(untried).collect()
    }
}

/// The addresses with the two families in turn, beginning with that of the first.
fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let family = |of_first: bool| {
        let is_it = move |address: &SocketAddr| (address.is_ipv6() == first_is_v6) == of_first;
        addresses.iter().copied().filter(is_it)
    };
    let (mut one, mut other) = (family(true), family(false));
    let mut turns = Vec::with_capacity(addresses.len());
    while turns.len() < addresses.len() {
        turns.extend(one.next().into_iter().chain(other.next()));
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::in_turn;

    #[test]
    fn families_take_turns_and_nothing_is_lost() {
        let order = |all: &[&str]| -> Vec<String> {
            let all: Vec<_> = all.iter().map(|address| address.parse().expect("one")).collect();
            in_turn(&all).iter().map(ToString::to_string).collect()
        };
        let all = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let turns = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"];
        assert_eq!(order(&all), turns);
        let all = ["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1", "[::1]:1"];
        assert_eq!(order(&all), ["1.1.1.1:1", "[::1]:1", "2.2.2.2:1", "3.3.3.3:1"]);
        assert_eq!(order(&[]), [""; 0]);
    }
}
