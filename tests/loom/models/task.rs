//! Waking and running: no wake-up is lost, no task queued twice, no two polls at once.

use loom::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::Waker;

use super::house::{Stage, output};
use crate::explore::{Model, Role, together};

pub(crate) const MODELS: &[Model] = &[
    Model::new("task: wake against run", &[35, 40], wake_run).preemptions(None).stale(&[48, 52]),
    Model::new("task: first run against wake", &[1800, 570], wake_queued)
        .preemptions(None)
        .stale(&[4800, 1300]),
    Model::new("task: two wakes against runs", &[1300, 4000, 3900], two_wakes).preemptions(Some(3)),
    Model::new("task: two wakes, each runs it", &[24000, 24000], wake_and_run)
        .preemptions(None)
        .stale(&[62000, 62000]),
    Model::new("task: wake by reference, then by value", &[1800, 2200], wake_twice)
        .preemptions(None),
    Model::new("task: shutdown after the last poll", &[8, 8], shut_down_after_poll)
        .preemptions(None),
    Model::new("task: shutdown against wake", &[200, 75], shut_down_wake)
        .preemptions(None)
        .stale(&[860, 210]),
];

fn ends_well(mut stage: Stage) {
    stage.finish();
    let mut handle = stage.handle.take();
    let ended = handle.as_mut().map(output);
    assert!(matches!(ended, Some(Ok(_))), "the output is lost");
    drop(ended);
    drop(handle);
    stage.check(1);
}

fn wake_run(turn: usize) {
    let mut stage = Stage::new(1, 1);
    let wake = stage.event(1);
    together(turn, [wake, stage.worker(2)]);
    ends_well(stage);
}

/// The task stands in the queue already, by a wake that brought nothing.
fn wake_queued(turn: usize) {
    let mut stage = Stage::new(2, 1);
    stage.wakers.pop().into_iter().for_each(Waker::wake);
    let wake = stage.event(1);
    together(turn, [wake, stage.worker(2)]);
    ends_well(stage);
}

fn two_wakes(turn: usize) {
    let mut stage = Stage::new(2, 3);
    let (first, second) = (stage.event(1), stage.event(2));
    together(turn, [first, second, stage.worker(2)]);
    ends_well(stage);
}

/// Two threads that each wake and then work: the polls must be ordered by the state word alone.
fn wake_and_run(turn: usize) {
    let mut stage = Stage::new(2, 3);
    let both = |wake: Role, work: Role| -> Role {
        Box::new(move || {
            wake();
            work();
        })
    };
    let first = stage.event(1);
    let second = stage.event(2);
    together(turn, [both(first, stage.worker(2)), both(second, stage.worker(2))]);
    ends_well(stage);
}

fn wake_twice(turn: usize) {
    let mut stage = Stage::new(1, 3);
    let (events, waker) = (stage.events.clone(), stage.wakers.pop());
    let wake: Role = Box::new(move || {
        events.fetch_or(1, Ordering::Relaxed);
        waker.iter().for_each(Waker::wake_by_ref);
        events.fetch_or(2, Ordering::Relaxed);
        waker.into_iter().for_each(Waker::wake);
    });
    together(turn, [wake, stage.worker(3)]);
    ends_well(stage);
}

/// Ends the task and looks at what is left of it.
fn ends_cancelled(mut stage: Stage) {
    let mut handle = stage.handle.take();
    let ended = handle.as_mut().map(output);
    assert!(matches!(&ended, Some(Err(error)) if error.is_cancelled()), "not cancelled");
    drop(ended);
    drop(handle);
    stage.check(0);
}

/// The worker has ended, and only a relaxed flag says so: the last poll is seen all the same.
fn shut_down_after_poll(turn: usize) {
    let mut stage = Stage::new(1, 1);
    stage.wakers.pop().into_iter().for_each(Waker::wake);
    let ended = Arc::new(AtomicUsize::new(0));
    let (work, flag) = (stage.worker(1), ended.clone());
    let work: Role = Box::new(move || {
        work();
        flag.store(1, Ordering::Relaxed);
    });
    let shut_down = stage.shut_down();
    let shut_down: Role = Box::new(move || {
        if ended.load(Ordering::Relaxed) == 1 {
            shut_down();
        }
    });
    together(turn, [work, shut_down]);
    stage.shut_down()();
    ends_cancelled(stage);
}

/// A waker may come while the task is shut down, and queue what nobody will run.
fn shut_down_wake(turn: usize) {
    let mut stage = Stage::new(1, 1);
    let wake = stage.event(1);
    together(turn, [wake, stage.shut_down()]);
    ends_cancelled(stage);
}
