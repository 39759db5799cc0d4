//! The task's state word against a table of its own, written from the room's diagram.

use proptest::prelude::*;

use crate::cases;
use crate::task::snapshot::{Begun, Completed, Ended, Offered, Snapshot, Woken};
use crate::task::state::State;

#[derive(Clone, Copy, Debug)]
enum Step {
    Wake,
    Close,
    Begin,
    EndPoll { yielded: bool },
    Complete,
    TakeWaker,
    OfferWaker,
    WithdrawWaker,
    DropJoin,
    Seize,
    AddReference,
    DropReference,
}

/// Where the task stands, as the diagram draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Idle,
    Scheduled,
    Running,
    /// Running, and woken meanwhile.
    RunningWoken,
    Completed,
}

#[derive(Clone, Copy, Debug)]
struct Task {
    place: Place,
    closed: bool,
    join: bool,
    /// The join handle's waker is offered.
    waker: bool,
    /// The wakers of the task's own.
    references: usize,
}

impl Task {
    const NEW: Self = Self {
        place: Place::Scheduled,
        closed: false,
        join: true,
        waker: false,
        references: 0,
    };

    fn is_running(self) -> bool {
        matches!(self.place, Place::Running | Place::RunningWoken)
    }

    fn is_completed(self) -> bool {
        self.place == Place::Completed
    }

    /// Nobody knows the cell any more: whoever made it so frees it.
    fn is_dead(self) -> bool {
        self.is_completed() && !self.join && !self.waker && self.references == 0
    }

    fn woken(&mut self) -> Woken {
        let (next, woken) = match self.place {
            Place::Idle => (Place::Scheduled, Woken::Enqueue),
            Place::Running => (Place::RunningWoken, Woken::Nothing),
            same => (same, Woken::Nothing),
        };
        self.place = next;
        woken
    }

    /// Whether the rules of the room allow the step here.
    fn allows(self, step: Step) -> bool {
        match step {
            // A task is woken by its wakers, closed by its handle, polled by who begins.
            Step::Wake => self.references > 0 || self.is_running(),
            Step::Close => self.join,
            Step::Begin => self.place == Place::Scheduled,
            // Whoever was told to cancel completes, nobody else may.
            Step::EndPoll { .. } | Step::Complete => self.is_running(),
            Step::TakeWaker => self.is_completed() && self.waker,
            // One waker at a time: a handle that changes it takes the place back first.
            Step::OfferWaker => self.join && !self.waker,
            Step::WithdrawWaker => self.join && self.waker,
            Step::DropJoin => self.join && (self.is_completed() || !self.waker),
            Step::Seize => !self.is_completed(),
            Step::AddReference => self.references > 0 || self.is_running(),
            Step::DropReference => self.references > 0,
        }
    }

    /// Takes the step on both, and compares what they say must be done now.
    fn step(&mut self, state: &State, step: Step) {
        let before = state.load();
        match step {
            Step::Wake => {
                let woken = self.woken();
                assert_eq!((before.wake().1, state.wake()), (woken, woken));
            }
            Step::Close => {
                let woken = self.woken();
                self.closed = true;
                assert_eq!((before.close().1, state.close()), (woken, woken));
            }
            Step::Begin => {
                self.place = Place::Running;
                let begun = if self.closed {
                    Begun::Cancel
                } else {
                    Begun::Poll
                };
                assert_eq!((before.begin().1, state.begin()), (begun, begun));
            }
            Step::EndPoll { yielded } => {
                let (place, ended) = match (self.closed, self.place, yielded) {
                    (true, same, _) => (same, Ended::Cancel),
                    (false, Place::RunningWoken, _) | (false, _, true) => {
                        (Place::Scheduled, Ended::Enqueue)
                    }
                    (false, _, false) => (Place::Idle, Ended::Idle),
                };
                self.place = place;
                let said = (before.end_poll(yielded).1, state.end_poll(yielded));
                assert_eq!(said, (ended, ended));
            }
            Step::Complete => self.complete(state, before),
            Step::TakeWaker => {
                self.waker = false;
                let dead = self.is_dead();
                assert_eq!((before.took_waker().1, state.took_waker()), (dead, dead));
            }
            Step::OfferWaker => {
                let offered = if self.is_completed() {
                    Offered::Completed
                } else {
                    Offered::Waits
                };
                self.waker = !self.is_completed();
                let said = (before.offer_waker().1, state.offer_waker());
                assert_eq!(said, (offered, offered));
            }
            Step::WithdrawWaker => {
                let back = !self.is_completed();
                self.waker &= !back;
                let said = (before.withdraw_waker().is_some(), state.withdraw_waker());
                assert_eq!(said, (back, back));
            }
            Step::DropJoin => self.drop_join(state, before),
            Step::Seize => {
                let free = matches!(self.place, Place::Idle | Place::Scheduled);
                if free {
                    (self.place, self.closed) = (Place::Running, true);
                }
                assert_eq!((before.seize().is_some(), state.seize()), (free, free));
            }
            Step::AddReference => {
                self.references += 1;
                state.add_reference();
            }
            Step::DropReference => {
                self.references -= 1;
                assert_eq!(state.drop_reference(), self.is_dead());
            }
        }
    }

    fn complete(&mut self, state: &State, before: Snapshot) {
        let completed = match (self.join, self.waker) {
            (false, _) => Completed::NoJoin,
            (true, false) => Completed::Handed,
            (true, true) => Completed::WakeJoin,
        };
        assert_eq!(state.wants_output(), self.join);
        assert_eq!(
            (before.complete().1, state.complete()),
            (completed, completed)
        );
        self.place = Place::Completed;
        if completed == Completed::NoJoin {
            let dead = self.is_dead();
            let said = (before.complete_detached().1, state.complete_detached());
            assert_eq!(said, (dead, dead));
        }
    }

    /// The handle's ways to go.
    fn drop_join(&mut self, state: &State, before: Snapshot) {
        self.join = false;
        let dead = self.is_dead();
        assert_eq!(before.drop_join().1, dead);
        if before == Snapshot::NEW {
            assert!(state.drop_join_new());
        } else if before.is_completed() == before.has_join_waker() {
            assert!(!state.drop_join_new(), "not new");
            assert!(state.drop_join_at(before));
        } else {
            assert_eq!(state.drop_join_completed(), dead);
        }
    }

    fn check(self, snapshot: Snapshot) {
        let said = format!("{self:?} is {snapshot:?}");
        assert_eq!(snapshot.is_completed(), self.is_completed(), "{said}");
        // After completion a wake may still leave its bit: it means nothing any more.
        if !self.is_completed() {
            let scheduled = matches!(self.place, Place::Scheduled | Place::RunningWoken);
            assert_eq!(snapshot.is_scheduled(), scheduled, "{said}");
        }
        assert_eq!(snapshot.is_running(), self.is_running(), "{said}");
        assert_eq!(snapshot.has_join(), self.join, "{said}");
        assert_eq!(snapshot.has_join_waker(), self.waker, "{said}");
        assert_eq!(snapshot.references(), self.references, "{said}");
        if !self.is_dead() {
            assert_eq!(snapshot.is_closed(), self.closed, "{said}");
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Wake),
        1 => Just(Step::Close),
        6 => Just(Step::Begin),
        6 => any::<bool>().prop_map(|yielded| Step::EndPoll { yielded }),
        1 => Just(Step::Complete),
        2 => Just(Step::TakeWaker),
        2 => Just(Step::OfferWaker),
        1 => Just(Step::WithdrawWaker),
        1 => Just(Step::DropJoin),
        1 => Just(Step::Seize),
        2 => Just(Step::AddReference),
        2 => Just(Step::DropReference),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_word_follows_the_diagram(steps in steps(), home in any::<u8>()) {
        let state = State::new();
        prop_assert!(!state.seize(), "nobody lives there");
        state.publish(Snapshot::NEW);
        let homeless = home == 0;
        if !homeless {
            state.set_home(home);
        }
        let mut task = Task::NEW;
        task.check(state.load());
        for step in steps {
            if task.is_dead() {
                break;
            }
            if task.allows(step) {
                task.step(&state, step);
                task.check(state.load());
                prop_assert!(task.is_dead() || state.home() == home);
            }
        }
    }
}
