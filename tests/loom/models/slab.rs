//! Slots and permits: none given twice, none lost, what was left in a slot is seen.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::Note;
use super::house::{Counted, Stage, Watched};
use crate::explore::{Model, Role, together};
use crate::task::{Colony, JoinHandle, Readied, Schedule, TaskRef};

pub(crate) const MODELS: &[Model] = &[
    Model::new("slab: slots from hand to hand", &[4800, 33000], hand_to_hand),
    Model::new("slab: a magazine against a thread outside", &[2300, 1100], magazine_outside),
    Model::new("slab: two magazines", &[960, 960], two_magazines),
    Model::new("slab: permits of two threads", &[120, 120], permits).preemptions(None),
    Model::new("slab: a hoard against a thread outside", &[9300, 1500], hoard),
    Model::new("slab: two spawns, then a walk", &[110, 110], two_spawns),
    Model::new("slab: spawn against walk", &[19, 36], spawn_walk).preemptions(Some(3)),
    Model::new("slab: stale waker against new tasks", &[8, 8], stale_waker),
    Model::new("slab: large futures and outputs", &[21, 84], large).preemptions(None),
];

/// Its tasks are run by who spawned them.
pub(crate) struct Nowhere;

impl Schedule for Nowhere {
    fn schedule(&self, _: TaskRef, _: Readied) {}
}

/// Shared behind loom's back.
pub(crate) type Shared = Arc<Colony<Nowhere>>;

/// Where somebody lives, behind loom's back.
type Lived = Note<Vec<TaskRef>>;

struct Touch(Watched);

impl Future for Touch {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0.touch();
        Poll::Ready(())
    }
}

fn colony(tasks_max: usize, workers: usize) -> Shared {
    Arc::new(Colony::new(tasks_max, workers, Nowhere))
}

/// Spawns and runs a task; `false` at `tasks_max`.
fn come_and_go(colony: &Shared, lived: &Lived) -> bool {
    let Ok((task, handle)) = colony.slab().spawn(Touch(Watched::new())) else {
        return false;
    };
    let twice = lived.get().contains(&task);
    assert!(!twice, "a slot is given twice");
    lived.get().push(task);
    drop(handle);
    lived.get().retain(|other| *other != task);
    // SAFETY: it was spawned here, and is run once.
    unsafe { task.run() };
    true
}

fn outside(colony: &Shared, lived: &Lived, times: usize) -> Role {
    let (colony, lived) = (colony.clone(), lived.clone());
    Box::new(move || (0..times).for_each(|_| assert!(come_and_go(&colony, &lived), "refused")))
}

fn inside(colony: &Shared, lived: &Lived, times: usize) -> Role {
    within(colony, outside(colony, lived, times))
}

fn within(colony: &Shared, work: Role) -> Role {
    let magazine = colony.slab().magazine();
    Box::new(move || {
        magazine.enter(work);
        magazine.flush();
    })
}

/// So many live at once, and no more.
fn all_are_there(colony: &Shared, tasks_max: usize) {
    assert_eq!(colony.slab().tasks_alive(), 0, "a permit is lost");
    let alive: Vec<_> =
        (0..tasks_max).map(|_| colony.slab().spawn(Touch(Watched::new()))).collect();
    assert!(alive.iter().all(Result::is_ok), "a permit is lost");
    assert_eq!(colony.slab().tasks_alive(), tasks_max);
    let more = colony.slab().spawn(Touch(Watched::new()));
    assert!(more.is_err(), "a permit too many");
    for (task, handle) in alive.into_iter().flatten() {
        drop(handle);
        // SAFETY: it was spawned here, and is run once.
        unsafe { task.run() };
    }
}

fn hand_to_hand(turn: usize) {
    let (colony, lived) = (colony(2, 0), Note::new(Vec::new()));
    assert!(come_and_go(&colony, &lived));
    together(turn, [outside(&colony, &lived, 2), outside(&colony, &lived, 1)]);
    all_are_there(&colony, 2);
}

fn magazine_outside(turn: usize) {
    let (colony, lived) = (colony(4, 0), Note::new(Vec::new()));
    together(turn, [inside(&colony, &lived, 2), outside(&colony, &lived, 1)]);
    all_are_there(&colony, 4);
}

fn two_magazines(turn: usize) {
    let (colony, lived) = (colony(4, 2), Note::new(Vec::new()));
    together(turn, [inside(&colony, &lived, 2), inside(&colony, &lived, 1)]);
    all_are_there(&colony, 4);
}

/// One of two may be refused, while the other lives.
fn permits(turn: usize) {
    let (colony, lived) = (colony(1, 0), Note::new(Vec::new()));
    let come = |colony: &Shared| -> Role {
        let (colony, lived) = (colony.clone(), lived.clone());
        Box::new(move || {
            if come_and_go(&colony, &lived) {
                assert!(lived.get().len() <= 1, "two live at once");
            }
        })
    };
    together(turn, [come(&colony), come(&colony)]);
    all_are_there(&colony, 1);
}

/// The worker hoards what there is; who is refused makes it give back.
fn hoard(turn: usize) {
    let (colony, lived) = (colony(1, 1), Note::new(Vec::new()));
    let maybe = |times: usize| -> Role {
        let (own, note) = (colony.clone(), lived.clone());
        Box::new(move || (0..times).for_each(|_| _ = come_and_go(&own, &note)))
    };
    together(turn, [within(&colony, maybe(2)), maybe(2)]);
    all_are_there(&colony, 1);
}

fn spawn(colony: &Shared, handles: &Note<Vec<JoinHandle<()>>>) -> Role {
    let (own, note) = (colony.clone(), handles.clone());
    Box::new(move || {
        let Ok((task, handle)) = own.slab().spawn(pending::<()>()) else {
            panic!("no permit, though two are free");
        };
        // SAFETY: it was spawned here, and there is no queue.
        unsafe { task.set_home(7) };
        // SAFETY: the handle keeps it alive.
        assert_eq!(unsafe { task.home() }, 7);
        note.get().push(handle);
    })
}

fn end(colony: &Shared) {
    // SAFETY: nobody runs tasks here, and one walk is over before the next.
    unsafe { colony.slab().shut_down_all() };
}

fn all_end(colony: &Shared, handles: &Note<Vec<JoinHandle<()>>>) {
    end(colony);
    let handles = std::mem::take(&mut *handles.get());
    let all = handles.iter().all(JoinHandle::is_finished);
    assert!(all, "the walk passed a task by");
    drop(handles);
    all_are_there(colony, 2);
}

fn two_spawns(turn: usize) {
    let (colony, handles) = (colony(2, 0), Note::new(Vec::new()));
    together(turn, [spawn(&colony, &handles), spawn(&colony, &handles)]);
    all_end(&colony, &handles);
}

/// The walk ends tasks as shutdown does: either it sees the task whole, or not at all.
fn spawn_walk(turn: usize) {
    let (colony, handles) = (colony(2, 0), Note::new(Vec::new()));
    let own = colony.clone();
    let walk: Role = Box::new(move || end(&own));
    together(turn, [spawn(&colony, &handles), walk]);
    all_end(&colony, &handles);
}

/// A slot whose old task still has a waker is nobody else's.
fn stale_waker(turn: usize) {
    let mut stage = Stage::new(2, 1);
    stage.event(1)();
    stage.finish();
    let Some(colony) = stage.colony.clone() else {
        panic!("no owner");
    };
    drop(stage.handle.take());
    let stale = stage.event(1);
    let come: Role = Box::new(move || {
        // It has a permit only once the old one's is back.
        if let Ok((task, handle)) = colony.slab().spawn(Touch(Watched::new())) {
            drop(handle);
            // SAFETY: it was spawned here, and is run once.
            unsafe { task.run() };
        }
    });
    together(turn, [stale, come]);
    assert!(!stage.house.run_once(), "a stale waker queued a task");
    stage.check(1);
}

/// Ready at once, with what does not fit into a slot.
struct Large([usize; 100], Counted, Option<Counted>);

impl Future for Large {
    type Output = ([usize; 100], Option<Counted>);

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.1.touch();
        Poll::Ready((self.0, self.2.take()))
    }
}

fn large(turn: usize) {
    let colony = colony(1, 0);
    let drops = Arc::new(AtomicUsize::new(0));
    let (future, output) = (Counted::new(&drops), Some(Counted::new(&drops)));
    let Ok((task, handle)) = colony.slab().spawn(Large([3; 100], future, output)) else {
        panic!("no permit");
    };
    // SAFETY: it was spawned here, and is run once.
    let run: Role = Box::new(move || unsafe { task.run() });
    together(turn, [run, Box::new(move || drop(handle))]);
    assert_eq!(drops.load(Ordering::Relaxed), 2, "drops of future and output");
    all_are_there(&colony, 1);
}
