//! What is explored, room by room.

mod channel;
mod executor;
mod guests;
mod hands;
mod house;
mod idle;
mod lifo;
mod litmus;
mod oneshot;
mod park;
mod presence;
mod reactor;
mod readiness;
mod ring;
mod ring_alone;
mod ring_batch;
mod ring_close;
mod ring_force;
mod ring_gone;
mod ring_handle;
mod ring_marks;
mod ring_sole;
mod slab;
mod slab_end;
mod task;
mod task_alone;
mod task_end;
mod task_join;
mod waits;
mod wake_cell;

use crate::explore::Model;

pub(crate) use litmus::check as check_the_checker;

/// Every model.
pub(crate) fn all() -> Vec<Model> {
    let rooms = [
        ring::MODELS,
        ring_alone::MODELS,
        ring_batch::MODELS,
        ring_close::MODELS,
        ring_force::MODELS,
        ring_gone::MODELS,
        ring_handle::MODELS,
        ring_marks::MODELS,
        ring_sole::MODELS,
        wake_cell::MODELS,
        park::MODELS,
        idle::MODELS,
        lifo::MODELS,
        presence::MODELS,
        task::MODELS,
        task_alone::MODELS,
        task_end::MODELS,
        task_join::MODELS,
        slab::MODELS,
        slab_end::MODELS,
        executor::MODELS,
        guests::MODELS,
        readiness::MODELS,
        reactor::MODELS,
        channel::MODELS,
        oneshot::MODELS,
    ];
    rooms.concat()
}
