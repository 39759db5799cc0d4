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
                assert_eq!(snapshot, state.load());
            }
            Step::Close => {
                let woken = self.woken();
                self.closed = true;
                assert_eq!(state.close(), woken);
                assert_eq!(before.close(), (state.load(), woken));
            }
            Step::Begin => {
                self.place = Place::Running;
                let begun = if self.closed { Begun::Cancel } else { Begun::Poll };
                assert_eq!(state.begin(), begun);
                assert_eq!(before.begin(), (state.load(), begun));
            }
            Step::EndPoll(yields) => {
                let (place, ended) = match (self.closed, self.place) {
                    (true, same) => (same, Ended::Cancel),
                    (false, Place::RunningWoken) => (Place::Scheduled, Ended::Enqueue),
                    (false, _) if yields => (Place::Scheduled, Ended::Enqueue),
                    (false, _) => (Place::Idle, Ended::Idle),
                };
                self.place = place;
                assert_eq!(state.end_poll(yields), ended);
                assert_eq!(before.end_poll(yields), (state.load(), ended));
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
                assert_eq!(state.wants_output(), self.join);
                assert_eq!(state.complete(), completed);
                assert_eq!(before.complete(), (state.load(), completed));
            }
            Step::CompleteDetached => {
                self.place = Place::Completed;
                assert_eq!(state.complete_detached(), self.is_dead());
                let (after, dead) = before.complete_detached();
                assert_eq!((after.has(RUNNING), dead), (false, self.is_dead()));
            }
            Step::TookWaker => {
                self.waits = false;
                assert_eq!(state.took_waker(), self.is_dead());
                assert_eq!(before.took_waker(), (state.load(), self.is_dead()));
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
                assert!(before.withdraw_waker().is_none_or(|after| after == state.load()));
            }
            Step::DropJoin => {
                self.join = false;
                assert!(state.drop_join_at(before), "nobody else moved the word");
                assert_eq!(before.drop_join(), (state.load(), self.is_dead()));
            }
            other => panic!("{other:?} is no step of the end"),
        }
    }

    fn check(self, state: &State) {
        let (snapshot, home) = (state.load(), state.home());
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
        let alone = !(self.join || self.waits || self.references > 0);
        assert_eq!(snapshot.is_alone(), alone, "{said}");
        assert_eq!(snapshot.is_dead(), self.is_dead(), "{said}");
        if self.is_dead() {
            return;
        }
        let apart = alone && !self.closed;
        let told = (snapshot.is_queued_alone(), snapshot.is_running_alone());
        let queued = apart && self.place == Place::Scheduled;
        assert_eq!(told, (queued, apart && self.place == Place::Running), "{said}");
        assert_eq!(snapshot.has(RUNNING), self.is_running(), "{said}");
        assert_eq!(snapshot.has(CLOSED), self.closed, "{said}");
        assert_eq!(snapshot.has(JOIN), self.join, "{said}");
        assert_eq!(snapshot.has(JOIN_WAKER), self.waits, "{said}");
        assert_eq!((snapshot.home(), home), (self.home, self.home), "{said}");
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
        task.check(&state);
        for step in steps {
            if task.is_dead() {
                break;
            }
            if task.allows(step) {
                task.step(&state, step);
                task.check(&state);
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

#[test]
fn who_moves_in_and_whose_handle_goes_at_once() {
    let state = State::new();
    state.publish(Snapshot::JOB);
    let job = state.load();
    assert!(job.has(RUNNING) && job.has(JOIN) && !job.has(!(RUNNING | JOIN)));
    state.publish(Snapshot::NEW);
    assert!(state.drop_join_new() && !state.load().has(JOIN) && state.load().has(SCHEDULED));
    assert!(!state.drop_join_new(), "it has gone");
    assert_eq!(state.begin(), Begun::Poll);
    assert!(state.complete_detached() && state.load().is_dead());
    state.publish(Snapshot::NEW);
    assert_eq!(state.begin(), Begun::Poll);
    assert!(!state.drop_join_new(), "the task runs");
    let before = state.load();
    state.add_reference();
    assert!(!state.drop_join_at(before), "the word has moved");
}

#[test]
fn references_are_many() {
    let (_, state) = Task::new(0xff);
    (0..20_000).for_each(|_| state.add_reference());
    assert_eq!((state.load().references(), state.load().home()), (20_000, 0xff));
    (0..20_000).for_each(|_| assert!(!state.drop_reference()));
}
