//! The task's state word against a table of its own, written from the room's diagram.

use proptest::prelude::*;

use crate::cases;
use crate::task::snapshot::{Begun, Completed, Ended, Offered, Snapshot, Woken};
use crate::task::snapshot::{CLOSED, COMPLETED, JOIN, JOIN_WAKER, RUNNING, SCHEDULED};
use crate::task::state::State;

#[derive(Clone, Copy, Debug)]
enum Step {
    Wake,
    Close,
    Begin,
    /// Whether the task yields.
    EndPoll(bool),
    Complete,
    CompleteDetached,
    TookWaker,
    OfferWaker,
    WithdrawWaker,
    Seize,
    DropJoin,
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
    /// The join waker's place is the completion's.
    waits: bool,
    home: u8,
    references: usize,
}

impl Task {
    fn new(home: u8) -> (Self, State) {
        let (state, place) = (State::new(), Place::Scheduled);
        assert!(state.load().is_dead(), "nobody lives there");
        state.publish(Snapshot::NEW);
        state.set_home(home);
        let task = Self { place, closed: false, join: true, waits: false, home, references: 0 };
        (task, state)
    }

    fn is_dead(self) -> bool {
        let held = self.join || self.waits || self.references > 0;
        self.place == Place::Completed && !held
    }

    fn is_running(self) -> bool {
        matches!(self.place, Place::Running | Place::RunningWoken)
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
        let completed = self.place == Place::Completed;
        match step {
            Step::Seize => true,
            // A reference comes from the poll, from another, or from the join handle.
            Step::AddReference => self.is_running() || self.references > 0 || self.join,
            Step::Wake | Step::Close => self.references > 0 || self.join || self.is_running(),
            Step::Begin => self.place == Place::Scheduled,
            Step::EndPoll(_) => self.is_running(),
            // Whoever was told to cancel completes, nobody else may.
            Step::Complete => self.is_running(),
            Step::CompleteDetached => self.is_running() && !self.join,
            Step::TookWaker => completed && self.waits,
            Step::OfferWaker => self.join && !self.waits,
            Step::WithdrawWaker => self.join && self.waits,
            Step::DropJoin => self.join && completed == self.waits,
            Step::DropReference => self.references > 0,
        }
    }

    /// Takes the step on both, and compares what they say must be done now.
    fn step(&mut self, state: &State, step: Step) {
        let before = state.load();
        match step {
            Step::Wake => {
                let (snapshot, woken) = before.wake();
                assert_eq!(state.wake(), woken);
                assert_eq!(woken, self.woken());
                assert!(snapshot.has(SCHEDULED));
            }
            Step::Close => {
                let woken = self.woken();
                self.closed = true;
                assert_eq!(before.close().1, woken);
                assert_eq!(state.close(), woken);
            }
            Step::Begin => {
                self.place = Place::Running;
                let begun = if self.closed { Begun::Cancel } else { Begun::Poll };
                assert_eq!((before.begin().1, state.begin()), (begun, begun));
            }
            Step::EndPoll(yields) => {
                let (place, ended) = match (self.closed, self.place) {
                    (true, same) => (same, Ended::Cancel),
                    (false, Place::RunningWoken) => (Place::Scheduled, Ended::Enqueue),
                    (false, _) if yields => (Place::Scheduled, Ended::Enqueue),
                    (false, _) => (Place::Idle, Ended::Idle),
                };
                self.place = place;
                let told = (before.end_poll(yields).1, state.end_poll(yields));
                assert_eq!(told, (ended, ended));
            }
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
            ends => self.end(state, ends),
        }
    }

    /// The steps of the end, and of who waits for it.
    fn end(&mut self, state: &State, step: Step) {
        let before = state.load();
        match step {
            Step::Complete => {
                let completed = match (self.join, self.waits) {
                    (false, _) => Completed::NoJoin,
                    (true, true) => Completed::WakeJoin,
                    (true, false) => Completed::Handed,
                };
                if self.join {
                    self.place = Place::Completed;
                }
                let told = (before.complete().1, state.complete());
                assert_eq!(told, (completed, completed));
            }
            Step::CompleteDetached => {
                self.place = Place::Completed;
                assert_eq!(state.complete_detached(), self.is_dead());
            }
            Step::TookWaker => {
                self.waits = false;
                assert_eq!(state.took_waker(), self.is_dead());
            }
            Step::OfferWaker => {
                let completed = self.place == Place::Completed;
                let offered = if completed { Offered::Completed } else { Offered::Waits };
                self.waits = !completed;
                assert_eq!(state.offer_waker(), offered);
            }
            Step::WithdrawWaker => {
                let completed = self.place == Place::Completed;
                self.waits = completed;
                assert_eq!(state.withdraw_waker(), !completed);
            }
            Step::DropJoin => {
                self.join = false;
                assert!(state.drop_join_at(before), "nobody else moved the word");
            }
            other => panic!("{other:?} is no step of the end"),
        }
    }

    fn check(self, snapshot: Snapshot) {
        let said = format!("{self:?} is {snapshot:?}");
        match self.place {
            // After completion a wake may still leave its bit: it means nothing any more.
            Place::Completed => assert!(snapshot.has(COMPLETED), "{said}"),
            place => {
                let scheduled = matches!(place, Place::Scheduled | Place::RunningWoken);
                assert_eq!(snapshot.has(SCHEDULED), scheduled, "{said}");
                assert!(!snapshot.has(COMPLETED), "{said}");
            }
        }
        if self.is_dead() {
            assert!(snapshot.is_dead(), "{said}");
            return;
        }
        assert_eq!(snapshot.has(RUNNING), self.is_running(), "{said}");
        assert_eq!(snapshot.has(CLOSED), self.closed, "{said}");
        assert_eq!(snapshot.has(JOIN), self.join, "{said}");
        assert_eq!(snapshot.has(JOIN_WAKER), self.waits, "{said}");
        assert_eq!(snapshot.home(), self.home, "{said}");
        assert_eq!(snapshot.references(), self.references, "{said}");
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Wake),
        1 => Just(Step::Close),
        6 => Just(Step::Begin),
        6 => any::<bool>().prop_map(Step::EndPoll),
        1 => Just(Step::Complete),
        1 => Just(Step::CompleteDetached),
        2 => Just(Step::TookWaker),
        2 => Just(Step::OfferWaker),
        1 => Just(Step::WithdrawWaker),
        1 => Just(Step::Seize),
        1 => Just(Step::DropJoin),
        2 => Just(Step::AddReference),
        2 => Just(Step::DropReference),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_word_follows_the_diagram(home in any::<u8>(), steps in steps()) {
        let (mut task, state) = Task::new(home);
        task.check(state.load());
        for step in steps {
            if task.is_dead() {
                break;
            }
            if task.allows(step) {
                task.step(&state, step);
                task.check(state.load());
            }
        }
    }

    /// Who leaves a completed cell last frees it, in whichever order they go.
    #[test]
    fn the_last_of_a_completed_cell_frees_it(references in 0..4_usize, before in 0..4_usize) {
        let (_, state) = Task::new(0);
        (0..references).for_each(|_| state.add_reference());
        assert_eq!(state.begin(), Begun::Poll);
        assert_eq!(state.complete(), Completed::Handed);
        let before = before.min(references);
        (0..before).for_each(|_| assert!(!state.drop_reference()));
        assert_eq!(state.drop_join_completed(), before == references);
        (before..references).for_each(|left| {
            assert_eq!(state.drop_reference(), left + 1 == references);
        });
        assert!(state.load().is_dead());
    }
}
