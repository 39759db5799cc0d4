//! Guests of an executor: a place is one thread's at a time, and what a guest leaves is ended.

use loom::sync::Arc;

use super::hands::Note;
use crate::executor::policy::Stealing;
use crate::executor::staff::Staff;
use crate::explore::{Model, Role, together};
use crate::sync::UnsafeCell;

pub(crate) const MODELS: &[Model] = &[
    Model::new("guests: two take places", &[430, 430], places).preemptions(Some(3)),
    Model::new("guests: one spawns, one closes", &[23, 52], spawn_close),
];

const PLACES: usize = 4;

/// What a guest does at its place; orders nothing by itself.
type Desks = Arc<[UnsafeCell<usize>; PLACES]>;

fn guest(staff: &Staff<Stealing>, desks: &Desks) -> Role {
    let (staff, desks) = (staff.clone(), desks.clone());
    Box::new(move || {
        for _ in 0..2 {
            let Some(place) = staff.take_place() else {
                panic!("no place, though four are there for two");
            };
            // SAFETY: loom checks that nobody else is there.
            desks[place].with_mut(|desk| unsafe { *desk += 1 });
            staff.leave_place(place);
        }
    })
}

fn places(turn: usize) {
    let staff = Staff::new(0, 1);
    let desks: Desks = Arc::new(std::array::from_fn(|_| UnsafeCell::new(0)));
    together(turn, [guest(&staff, &desks), guest(&staff, &desks)]);
    let all: Vec<_> = (0..PLACES).map_while(|_| staff.take_place()).collect();
    assert_eq!(all, [0, 1, 2, 3], "a place is lost");
    assert_eq!(staff.take_place(), None, "a place too many");
}

/// The guest has spawned a task and goes, while another thread closes.
fn spawn_close(turn: usize) {
    let (staff, handle) = (Staff::<Stealing>::new(0, 1), Note::new(None));
    let (lodging, closing, note) = (staff.clone(), staff.clone(), handle.clone());
    let lodge: Role = Box::new(move || {
        lodging.lodge(|| {
            let handle = lodging.spawn(std::future::pending::<()>());
            *note.get() = handle;
            true
        });
    });
    together(turn, [lodge, Box::new(move || closing.close())]);
    let handle = handle.get().take();
    staff.check_ended(handle);
}
