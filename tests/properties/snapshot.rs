//! The task's state word against a table of its own, written from the room's diagram.

use proptest::prelude::*;

use crate::cases;
use crate::task::state::{Begun, Completed, Ended, Snapshot, State, Woken};

#[derive(Clone, Copy, Debug)]
enum Step {
    Wake,
    Close,
    Begin,
    EndPoll,
    Complete,
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
    references: usize,
}

impl Task {
    const NEW: Self = Self {
        place: Place::Scheduled,
        closed: false,
        join: true,
        references: 2,
    };

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
        match step {
            Step::Wake | Step::Close | Step::AddReference | Step::Seize => true,
            Step::Begin => self.place == Place::Scheduled,
            Step::EndPoll => self.is_running(),
            // Whoever was told to cancel completes, nobody else may.
            Step::Complete => self.is_running(),
            Step::DropJoin => self.join,
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
                assert!(snapshot.is_scheduled());
            }
            Step::Close => {
                let woken = self.woken();
                self.closed = true;
                assert_eq!(before.close().1, woken);
                assert_eq!(state.close(), woken);
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
            Step::EndPoll => {
                let (place, ended) = match (self.closed, self.place) {
                    (true, same) => (same, Ended::Cancel),
                    (false, Place::RunningWoken) => (Place::Scheduled, Ended::Enqueue),
                    (false, _) => (Place::Idle, Ended::Idle),
                };
                self.place = place;
                assert_eq!((before.end_poll().1, state.end_poll()), (ended, ended));
            }
            Step::Complete => {
                self.place = Place::Completed;
                let owner = if self.join {
                    Completed::WakeJoin
                } else {
                    Completed::DropOutput
                };
                assert_eq!((before.complete().1, state.complete()), (owner, owner));
            }
            Step::Seize => {
                let free = matches!(self.place, Place::Idle | Place::Scheduled);
                if free {
                    (self.place, self.closed) = (Place::Running, true);
                }
                assert_eq!((before.seize().is_some(), state.seize()), (free, free));
            }
            Step::DropJoin => {
                self.join = false;
                let completed = self.place == Place::Completed;
                assert_eq!(
                    (before.drop_join().1, state.drop_join()),
                    (completed, completed)
                );
            }
            Step::AddReference => {
                self.references += 1;
                state.add_reference();
            }
            Step::DropReference => {
                self.references -= 1;
                assert_eq!(state.drop_reference(), self.references == 0);
            }
        }
    }

    fn check(self, snapshot: Snapshot) {
        let said = format!("{self:?} is {snapshot:?}");
        match self.place {
            // After completion a wake may still leave its bit: it means nothing any more.
            Place::Completed => assert!(snapshot.is_completed(), "{said}"),
            place => {
                let scheduled = matches!(place, Place::Scheduled | Place::RunningWoken);
                assert_eq!(snapshot.is_scheduled(), scheduled, "{said}");
                assert!(!snapshot.is_completed(), "{said}");
            }
        }
        assert_eq!(snapshot.is_running(), self.is_running(), "{said}");
        assert_eq!(snapshot.is_closed(), self.closed, "{said}");
        assert_eq!(snapshot.has_join(), self.join, "{said}");
        assert_eq!(snapshot.references(), self.references, "{said}");
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Wake),
        1 => Just(Step::Close),
        6 => Just(Step::Begin),
        6 => Just(Step::EndPoll),
        1 => Just(Step::Complete),
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
    fn the_word_follows_the_diagram(steps in steps()) {
        let state = State::new();
        let mut task = Task::NEW;
        task.check(state.load());
        for step in steps {
            if task.references == 0 {
                break;
            }
            if task.allows(step) {
                task.step(&state, step);
                task.check(state.load());
            }
        }
    }
}
