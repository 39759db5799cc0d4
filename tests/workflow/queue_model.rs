//! The pressure queue against a model: any steps, futures dropped at any time.

use std::collections::VecDeque;
use std::task::Poll;

use proptest::prelude::*;
use windlass::workflow::pressure::{Policy, Pop, PressureQueue, PressureSettings, Push};

use crate::polled::{Polled, cases};

#[derive(Clone, Copy, Debug)]
enum Act {
    Push,
    TryPush,
    Pop,
    TryPop,
    DropPush(usize),
    DropPop(usize),
    /// Polls who was woken, from the back or from the front.
    Settle(bool),
    Close,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        60 => Just(Act::Push),
        20 => Just(Act::TryPush),
        50 => Just(Act::Pop),
        20 => Just(Act::TryPop),
        20 => any::<usize>().prop_map(Act::DropPush),
        20 => any::<usize>().prop_map(Act::DropPop),
        40 => any::<bool>().prop_map(Act::Settle),
        1 => Just(Act::Close),
    ];
    prop::collection::vec(act, 0..150)
}

/// The queue, those who wait at it, and what became of each value.
struct Bench<'a> {
    queue: &'a PressureQueue<u32>,
    next: u32,
    pushes: VecDeque<(Polled<Push<'a, u32>>, u32)>,
    pops: VecDeque<Polled<Pop<'a, u32>>>,
    /// What is inside, oldest first.
    inside: VecDeque<u32>,
    closed: bool,
}

impl<'a> Bench<'a> {
    fn pushed(&mut self, value: u32, done: Result<Option<u32>, u32>) {
        match done {
            Ok(shed) => {
                if let Some(shed) = shed {
                    assert_eq!(self.inside.pop_front(), Some(shed), "the oldest goes");
                }
                self.inside.push_back(value);
            }
            Err(back) => assert_eq!(back, value),
        }
    }

    fn popped(&mut self, value: u32) {
        assert_eq!(self.inside.pop_front(), Some(value), "first in, first out");
    }

    fn poll_push(&mut self, mut push: Polled<Push<'a, u32>>, value: u32, at: usize) {
        match push.poll() {
            Poll::Ready(done) => self.pushed(value, done.map_err(|error| error.value)),
            Poll::Pending => self.pushes.insert(at, (push, value)),
        }
    }

    fn poll_pop(&mut self, mut pop: Polled<Pop<'a, u32>>, at: usize) {
        match pop.poll() {
            Poll::Ready(Some(value)) => self.popped(value),
            Poll::Ready(None) => assert!(self.closed && self.inside.is_empty()),
            Poll::Pending => self.pops.insert(at, pop),
        }
    }

    fn act(&mut self, act: Act) {
        let value = self.next;
        match act {
            Act::Push => {
                self.next += 1;
                let push = Polled::new(self.queue.push(value));
                self.poll_push(push, value, self.pushes.len());
            }
            Act::TryPush => {
                self.next += 1;
                let done = self.queue.try_push(value).map_err(|error| error.value);
                self.pushed(value, done);
            }
            Act::Pop => self.poll_pop(Polled::new(self.queue.pop()), self.pops.len()),
            Act::TryPop => {
                if let Some(value) = self.queue.try_pop() {
                    self.popped(value);
                }
            }
            Act::DropPush(which) if !self.pushes.is_empty() => {
                drop(self.pushes.remove(which % self.pushes.len()));
            }
            Act::DropPop(which) if !self.pops.is_empty() => {
                drop(self.pops.remove(which % self.pops.len()));
            }
            Act::DropPush(_) | Act::DropPop(_) => {}
            Act::Settle(from_back) => while self.settle(from_back) {},
            Act::Close => {
                self.queue.close();
                self.closed = true;
            }
        }
    }

    /// Polls one that was woken; `false` when nobody was.
    fn settle(&mut self, from_back: bool) -> bool {
        let woken = |own: &Polled<Pop<'a, u32>>| own.is_woken();
        let at = match from_back {
            true => self.pops.iter().rposition(woken),
            false => self.pops.iter().position(woken),
        };
        if let Some(at) = at {
            let pop = self.pops.remove(at).unwrap();
            self.poll_pop(pop, at);
            return true;
        }
        let woken = |own: &(Polled<Push<'a, u32>>, u32)| own.0.is_woken();
        let at = match from_back {
            true => self.pushes.iter().rposition(woken),
            false => self.pushes.iter().position(woken),
        };
        let Some(at) = at else { return false };
        let (push, value) = self.pushes.remove(at).unwrap();
        self.poll_push(push, value, at);
        true
    }

    /// When all who were woken were polled, nobody waits for what is there.
    fn check(&self, capacity: usize) {
        let figures = self.queue.metrics();
        assert_eq!(figures.depth, self.inside.len());
        assert!(figures.depth_max <= capacity);
        let woken_pops = self.pops.iter().filter(|pop| pop.is_woken()).count();
        let woken_pushes = self.pushes.iter().filter(|push| push.0.is_woken()).count();
        if self.closed {
            assert_eq!((woken_pops, woken_pushes), (self.pops.len(), self.pushes.len()));
            return;
        }
        let first_waits = |woken: usize, all: usize| woken < all;
        if first_waits(woken_pops, self.pops.len()) {
            assert_eq!(woken_pops, self.inside.len(), "an item for each that was called");
        }
        if first_waits(woken_pushes, self.pushes.len()) {
            assert_eq!(woken_pushes + self.inside.len(), capacity, "and room");
        }
        assert!(woken_pops <= self.inside.len() && woken_pushes + self.inside.len() <= capacity);
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn nothing_is_lost_and_nobody_is_forgotten(
        acts in acts(),
        capacity in 1..4_usize,
        waiting_max in 0..4_usize,
        sheds: bool,
    ) {
        let policy = if sheds { Policy::ShedOldest } else { Policy::Block };
        let settings =
            PressureSettings { capacity, policy, waiting_max, ..PressureSettings::default() };
        let queue = PressureQueue::new(settings).unwrap();
        let mut bench = Bench {
            queue: &queue,
            next: 0,
            pushes: VecDeque::new(),
            pops: VecDeque::new(),
            inside: VecDeque::new(),
            closed: false,
        };
        for act in acts {
            bench.act(act);
            bench.check(capacity);
        }
    }
}
